public import MartletData

/// What a recipe's network learns from: the labels, and what becomes of them.
public struct LabelSettings: Sendable {
  /// What an image's target is.
  public indirect enum Source: Sendable {
    /// Its class index.
    case hard
    /// Its class index, of whose weight the share `by` goes to all classes alike.
    case smoothed(by: Float)
    /// The data set's own distribution.
    case dataset
    /// Given rows, (training images, classCount), such as those of a file.
    case rows([Float])
    /// The distribution that a teacher predicts.
    case teacher(Classifier)
    /// The distribution that teachers predict which are trained first, by a recipe of their own. Trials of a comparison share a
    /// teacher if their teachers' recipes are the same, and so are their seeds; a trial of that recipe is the teacher itself. For that,
    /// losses, optimizers and augmentations of one's own have to be `Hashable`.
    ///
    /// With two folds or more, the teacher's labelled images are cut into as many parts. Each teacher learns from all parts but
    /// one, and predicts that one, so that no image is labelled by a network that saw its label. Images without a label get the
    /// mean of all teachers' distributions.
    case trainedTeacher(Recipe, folds: Int = 1)

    /// Whether targets are distributions that come from elsewhere than the labels.
    var isSoft: Bool {
      switch self {
      case .hard, .smoothed: false
      case .dataset, .rows, .teacher, .trainedTeacher: true
      }
    }
  }

  /// Label noise and its seed.
  public struct Noise: Sendable, Hashable {
    /// What becomes of labels.
    public var kind: LabelNoise
    /// What it is drawn from, whatever the trial's seed.
    public var seed: UInt64

    /// Noise of one kind.
    public init(_ kind: LabelNoise, seed: UInt64 = 0) {
      self.kind = kind
      self.seed = seed
    }
  }

  /// What an image's target is.
  public var source: Source
  /// Which training images keep their labels. Networks that learn from labels train on those alone; others train on those and on
  /// the soft labels of the rest.
  public var labelled = LabelledSubset.all
  /// Labels that are made wrong on purpose; the data set's distributions, which would give them away, are then gone.
  public var noise: Noise?
  /// What a teacher's logits are divided by.
  public var temperature: Float = 1
  /// What becomes of soft labels before a student learns from them.
  public var pseudoLabelling = PseudoLabelling()
  /// A class whose images losses leave out, as far as their labels are known, and tests do not count.
  public var ignoreIndex: Int?

  /// All labels are known; by default they are class indices.
  public init(_ source: Source = .hard) { self.source = source }

  /// The students in a row.
  var rounds: Int { source.isSoft ? pseudoLabelling.rounds : 1 }
}
