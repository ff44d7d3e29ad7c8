public import Martlet

/// Where the labels of an experiment come from, and what becomes of them.
public struct LabelSettings: Sendable {
  /// Where the distributions of `soft` come from.
  public enum Source: Sendable {
    /// The data set's own.
    case dataset
    /// Given rows, (training images, classCount), such as those of a file.
    case rows([Float])
    /// The softmax of a teacher with these weights.
    case teacher(Parameters)
    /// The softmax of teachers that are trained on the hard labels first, in the same way as the student.
    ///
    /// With two folds or more, the labelled images are cut into as many parts. Each teacher learns from all parts but one, and its
    /// opinion is asked on that one, so that no image is labelled by a network that saw its label. Images without a label get the
    /// mean of all teachers' distributions.
    case trainedTeacher(folds: Int = 1)
  }

  /// ε of `smooth`.
  public var smoothing: Float = 0.1
  /// Where the distributions of `soft` come from.
  public var soft = Source.dataset
  /// What a teacher's logits are divided by.
  public var temperature: Float = 1
  /// A teacher's passes over its images; nil for as many as the student's.
  public var teacherEpochs: Int?
  /// Which training images keep their labels. `hard` and `smooth` train on those alone; `soft` trains on those and on the
  /// soft labels of the rest.
  public var labelled = LabelledSubset.all
  /// What becomes of a teacher's opinion before `soft` learns from it.
  public var pseudoLabelling = PseudoLabelling()
  /// A class whose images no loss looks at, as far as their labels are known, and no test counts.
  public var ignoreIndex: Int?

  /// All labels are known, and `soft` is the data set's own distributions.
  public init(soft: Source = .dataset) { self.soft = soft }
}
