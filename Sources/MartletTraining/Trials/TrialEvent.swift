/// What happens in a trial.
public enum TrialEvent: Sendable {
  /// Training starts, of the network itself or of its teacher.
  case start(Trial, isTeacher: Bool, imageCount: Int)
  /// Something about the training.
  case training(TrainingEvent)
  /// The soft labels of a round, (training images, classCount), after hardening.
  case softLabels(Trial, round: Int, rows: [Float])
  /// A point of the learning curve.
  case point(Trial, CurvePoint)
  /// The trained network, before it is measured.
  case trained(Trial, Classifier)
  /// What came out.
  case result(TrialResult)
}
