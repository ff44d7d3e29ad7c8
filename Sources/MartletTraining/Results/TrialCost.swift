/// What a trial's training cost.
public struct TrialCost: Sendable, Hashable, Codable {
  /// The time in training steps, without that of teachers, of loading and of tests; with that of validation, which decides what is
  /// trained.
  public let seconds: Double
  /// The time in training steps of the teachers, also where another trial had them trained.
  public let teacherSeconds: Double
  /// The images that the steps took, each as often as it was taken.
  public let images: Int
  /// The memory of the training plan, in bytes: weights, optimizer, activations and gradients. Data sets come on top.
  public let planBytes: Int
  /// The most memory that the program had used when the trial ended, in bytes: all trials so far, and data sets.
  public let peakBytes: Int

  /// Training speed in images a second.
  public var imagesPerSecond: Double { Double(images) / seconds }

  /// A cost.
  public init(seconds: Double, teacherSeconds: Double, images: Int, planBytes: Int, peakBytes: Int) {
    self.seconds = seconds
    self.teacherSeconds = teacherSeconds
    self.images = images
    self.planBytes = planBytes
    self.peakBytes = peakBytes
  }
}
