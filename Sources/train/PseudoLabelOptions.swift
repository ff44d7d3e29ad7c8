import ArgumentParser
import MartletTraining

extension PseudoLabelling.Kind: ExpressibleByArgument {}
extension PseudoLabelling.Mean: ExpressibleByArgument {}

/// Which images keep their labels, by the word for it.
enum LabelledChoice: String, ExpressibleByArgument, CaseIterable {
  case balanced, random, first

  /// `count` images, chosen in this way.
  func subset(_ count: Int) -> LabelledSubset {
    switch self {
    case .balanced: .balanced(count)
    case .random: .random(count)
    case .first: .first(count)
    }
  }
}

/// What becomes of a teacher's distributions, and how much they count.
struct PseudoLabelOptions: ParsableArguments {
  /// `2:5`, two times in epochs.
  struct Ramp: ExpressibleByArgument {
    let range: ClosedRange<Float>

    init?(argument: String) {
      let words = argument.split(separator: ":", omittingEmptySubsequences: false).map { Float($0) ?? -1 }
      guard words.count == 2, words[0] >= 0, words[1] >= words[0], words[1].isFinite else { return nil }
      range = words[0]...words[1]
    }

    init(_ range: ClosedRange<Float>) { self.range = range }

    var defaultValueDescription: String { "\(range.lowerBound):\(range.upperBound)" }
  }

  @Option(help: "What an image is given: the teacher's distribution, or its most probable class.")
  var pseudoLabels: PseudoLabelling.Kind = .soft

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Below this probability of its most probable class, an image contributes no gradient.", valueName: "p"))
  var confidence: Float?

  @Option(help: "What the mean then divides by: all images with pseudo-labels, or the confident ones.")
  var confidenceMean: PseudoLabelling.Mean = .all

  @Option(parsing: .unconditional, help: ArgumentHelp("How much pseudo-labels count (default: 1).", valueName: "α"))
  var unlabelledWeight: Float?

  @Option(
    help: ArgumentHelp(
      "Pseudo-labels count nothing for T1 epochs, and then more and more until T2.", valueName: "T1:T2"))
  var ramp: Ramp?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Beside a batch of labelled images, a step takes N with pseudo-labels, each with a mean of their own (default: both mixed).",
      valueName: "n"))
  var unlabelledBatchSize: Int?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Students in a row, each the next one's teacher.", valueName: "n"))
  var rounds = 1

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "A student goes on with the weights of the one before, instead of starting anew.")
  var keepWeights = false

  @Option(
    help: ArgumentHelp(
      "Where to write the soft labels of all training images; 'compare' puts arm and seed into the name.",
      valueName: "file.npy"))
  var saveSoftLabels: String?

  /// Refuses values that make no sense.
  func check() throws {
    if let confidence, !(0...1).contains(confidence) {
      throw ValidationError("--confidence must be from 0 to 1, not \(confidence).")
    }
    if confidenceMean != .all && confidence == nil { throw ValidationError("--confidence-mean is for --confidence.") }
    if let unlabelledWeight, !(0...1e6).contains(unlabelledWeight) {
      throw ValidationError("--unlabelled-weight must be from 0 to 1000000, not \(unlabelledWeight).")
    }
    if let unlabelledBatchSize, !(1...65536).contains(unlabelledBatchSize) {
      throw ValidationError("--unlabelled-batch-size must be from 1 to 65536, not \(unlabelledBatchSize).")
    }
    guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 1000, not \(rounds).") }
    if keepWeights && rounds == 1 { throw ValidationError("--keep-weights is for --rounds above 1.") }
  }

  /// The settings that the flags ask for.
  var settings: PseudoLabelling {
    var settings = PseudoLabelling()
    settings.kind = pseudoLabels
    settings.threshold = confidence ?? 0
    settings.mean = confidenceMean
    settings.weight = unlabelledWeight ?? 1
    settings.ramp = ramp?.range ?? 0...0
    settings.rounds = rounds
    settings.keepsWeights = keepWeights
    settings.unlabelledBatchSize = unlabelledBatchSize
    return settings
  }
}
