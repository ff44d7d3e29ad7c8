import MartletTraining
import Requirements

/// One number of a trial, with its name, so that tables, pages and files all say the same.
public struct Measure: Sendable {
  /// What a number is.
  public enum Unit: Sendable, Hashable {
    /// A share, 0…1, shown as a percentage.
    case share
    /// A number without a unit.
    case number
    /// Seconds.
    case seconds
    /// Images a second.
    case rate
    /// Bytes, shown as megabytes.
    case bytes
  }

  /// What it is called in files: `calibration_error`.
  public let key: String
  /// What it is called on a page: `calibration error`.
  public let title: String
  /// What it is.
  public let unit: Unit
  /// What it means, in a sentence.
  public let meaning: String
  /// Whether more of it is better; nil if neither more nor less is.
  public let isMoreBetter: Bool?
  private let read: @Sendable (MeasuredTrial) -> Double?

  /// Its value; nil where it is not known, or makes no sense.
  public func value(of trial: MeasuredTrial) -> Double? { read(trial) }

  private init(
    _ key: String, _ title: String, _ unit: Unit, isMoreBetter: Bool?, _ meaning: String,
    _ read: @escaping @Sendable (MeasuredTrial) -> Double?
  ) {
    self.key = key
    self.title = title
    self.unit = unit
    self.isMoreBetter = isMoreBetter
    self.meaning = meaning
    self.read = read
  }

  /// How well the test images are answered.
  public static let quality: [Measure] = [
    Measure(
      "accuracy", "test accuracy", .share, isMoreBetter: true, "Test images whose most likely class is the label."
    ) {
      $0.evaluation.accuracy
    },
    Measure(
      "plain_accuracy", "accuracy, one view", .share, isMoreBetter: true,
      "The same for the images as they are, where the network is shown several views of each."
    ) {
      $0.result.plainAccuracy
    },
    Measure(
      "top5_accuracy", "top-5 accuracy", .share, isMoreBetter: true,
      "Test images whose label is among the five most likely classes."
    ) {
      $0.evaluation.topAccuracy(5)
    },
    Measure(
      "loss", "test NLL", .number, isMoreBetter: false, "Mean negative log-likelihood of the test labels, in nats."
    ) {
      $0.evaluation.loss
    },
    Measure(
      "brier_score", "Brier score", .number, isMoreBetter: false,
      "Mean squared distance of the probabilities from the one-hot label, 0 to 2."
    ) {
      $0.evaluation.brierScore
    },
    Measure(
      "calibration_error", "calibration error", .number, isMoreBetter: false,
      "Mean distance of confidence from accuracy over 15 bins of equal width."
    ) { $0.evaluation.calibrationError },
    Measure(
      "calibration_error_equal_mass", "calibration error, equal mass", .number, isMoreBetter: false,
      "The same over 15 bins with as many images each."
    ) { $0.evaluation.calibration(.equalMass).expectedError },
    Measure(
      "maximum_calibration_error", "largest calibration error", .number, isMoreBetter: false,
      "The largest such distance in a bin of equal width."
    ) { $0.evaluation.calibration(.equalWidth).maximumError },
    Measure(
      "true_cross_entropy", "cross-entropy to truth", .number, isMoreBetter: false,
      "Mean cross-entropy to the images' true distributions, in nats."
    ) { $0.evaluation.trueCrossEntropy },
    Measure(
      "true_kl_divergence", "KL to truth", .number, isMoreBetter: false,
      "Mean KL divergence from the images' true distributions, in nats."
    ) { $0.evaluation.trueDivergence },
  ]

  /// What a temperature does, fitted on the first half of the test images and measured on the second.
  public static let temperature: [Measure] = [
    Measure(
      "temperature", "temperature", .number, isMoreBetter: nil,
      "Fitted on the first half of the test images; above 1, the network is overconfident."
    ) {
      $0.temperature?.temperature
    },
    Measure(
      "loss_before_temperature", "NLL before", .number, isMoreBetter: false,
      "On the second half of the test images, as the network answers."
    ) {
      $0.temperature?.before.loss
    },
    Measure(
      "loss_after_temperature", "NLL after", .number, isMoreBetter: false,
      "On the second half, with the logits divided by the temperature."
    ) {
      $0.temperature?.after.loss
    },
    Measure(
      "calibration_error_before_temperature", "calibration error before", .number, isMoreBetter: false,
      "On the second half, as the network answers."
    ) {
      $0.temperature?.before.calibrationError
    },
    Measure(
      "calibration_error_after_temperature", "calibration error after", .number, isMoreBetter: false,
      "On the second half, with the logits divided by the temperature."
    ) {
      $0.temperature?.after.calibrationError
    },
  ]

  /// What was learnt from.
  public static let training: [Measure] = [
    Measure(
      "training_loss", "training loss", .number, isMoreBetter: nil,
      "Mean over the last epoch, of the arm's own loss: not comparable across losses."
    ) {
      $0.result.trainingLoss
    },
    Measure(
      "pseudo_label_share", "pseudo-labels used", .share, isMoreBetter: nil,
      "Pseudo-labels that reach the threshold, in the last round."
    ) {
      $0.result.pseudoLabels.map { Double($0.confident) / Double($0.count) }
    },
    Measure(
      "pseudo_label_accuracy", "pseudo-labels right", .share, isMoreBetter: true,
      "Those of them whose most probable class is the label that the image has, which --label-noise may have made wrong."
    ) {
      $0.result.pseudoLabels?.accuracy
    },
  ]

  /// How well the images are answered that were held out of the training.
  public static let validation: [Measure] = [
    Measure(
      "validation_accuracy", "validation accuracy", .share, isMoreBetter: true,
      "Of the training images that were held out, with the weights that were tested."
    ) {
      $0.result.validation?.accuracy
    },
    Measure(
      "validation_loss", "validation NLL", .number, isMoreBetter: false,
      "Mean negative log-likelihood of their labels, in nats."
    ) {
      $0.result.validation?.loss
    },
    Measure(
      "validation_epoch", "epochs of the weights", .number, isMoreBetter: nil,
      "The epoch after which the weights were taken that were tested."
    ) {
      $0.result.validation.map { Double($0.epoch) }
    },
  ]

  /// What the training cost.
  public static let cost: [Measure] = [
    Measure(
      "seconds", "seconds", .seconds, isMoreBetter: false,
      "Time in training steps, without teachers, loading and tests."
    ) {
      $0.result.cost.seconds
    },
    Measure(
      "teacher_seconds", "teacher's seconds", .seconds, isMoreBetter: false, "Time in training steps of the teachers."
    ) {
      $0.result.cost.teacherSeconds
    },
    Measure("images_per_second", "images/s", .rate, isMoreBetter: true, "Images that training steps took in a second.")
    {
      $0.result.cost.images > 0 ? $0.result.cost.imagesPerSecond : nil
    },
    Measure(
      "plan_bytes", "memory", .bytes, isMoreBetter: false,
      "Memory of the training plan: weights, optimizer, activations, gradients."
    ) {
      Double($0.result.cost.planBytes)
    },
    Measure(
      "peak_bytes", "peak memory", .bytes, isMoreBetter: false,
      "The most memory that the program had used when the trial ended, with data sets and all trials so far."
    ) { Double($0.result.cost.peakBytes) },
  ]

  /// All of them.
  public static let all = quality + temperature + training + validation + cost

  /// The measure of that key.
  static func named(_ key: String) -> Measure {
    guard let measure = all.first(where: { $0.key == key }) else { fail("There is no measure '\(key)'.") }
    return measure
  }

  /// A value of this measure as people read it, without its unit.
  public func text(_ value: Double) -> String {
    switch unit {
    case .share: fixed(value * 100, 2)
    case .number: fixed(value, 4)
    case .seconds: fixed(value, 2)
    case .rate: value.isFinite ? grouped(Int(value.rounded())) : fixed(value, 0)
    case .bytes: fixed(value / 1e6, 1)
    }
  }

  /// What stands behind the last number of a cell.
  public var suffix: String {
    switch unit {
    case .share: " %"
    case .bytes: " MB"
    case .number, .seconds, .rate: ""
    }
  }

  /// One value as it is, several as mean ± standard deviation.
  public func text(_ summary: Summary) -> String {
    text(summary.mean) + (summary.deviation.map { " ± \(text($0))" } ?? "") + suffix
  }

  /// A difference of two values, with its interval if there is one: `+1.25 [−0.50, +3.00] %`.
  public func text(_ difference: PairedDifference) -> String {
    guard let interval = difference.interval else { return signed(difference.mean) + suffix }
    return
      "\(signed(difference.mean)) [\(signed(interval.lowerBound)), \(signed(interval.upperBound))]\(suffix)"
  }

  private func signed(_ value: Double) -> String {
    guard !value.isNaN else { return text(value) }
    let digits = text(abs(value))
    // What rounds to nothing has no sign.
    return digits.allSatisfy { $0 == "0" || $0 == "." } ? digits : (value < 0 ? "−" : "+") + digits
  }
}
