import Martlet

/// What there is to say about a loss that can be asked for by name.
public struct LossDescription: Choosable {
  /// The name: `focal`.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// Its value for one row. x: logits, t: target, p: softmax(x), w: class weights.
  public let formula: String
  /// Where it comes from.
  public let reference: String
  /// What to know before it is compared with cross-entropy.
  public let notes: [String]
  /// What can be chosen.
  public let parameters: [ChoiceParameter]
  /// Whether it weighs classes.
  public let takesClassWeights: Bool
  /// Whether the network must end in log-probabilities.
  let needsLogProbabilities: Bool
  /// Makes the loss.
  let make: @Sendable (ChoiceArguments, _ classWeights: [Float]?) -> any Loss

  init(
    _ name: String, _ summary: String, formula: String, reference: String, notes: [String] = [],
    parameters: [ChoiceParameter] = [],
    takesClassWeights: Bool = false, needsLogProbabilities: Bool = false,
    make: @escaping @Sendable (ChoiceArguments, _ classWeights: [Float]?) -> any Loss
  ) {
    self.name = name
    self.summary = summary
    self.formula = formula
    self.reference = reference
    self.notes = notes
    self.parameters = parameters
    self.takesClassWeights = takesClassWeights
    self.needsLogProbabilities = needsLogProbabilities
    self.make = make
  }
}

extension ChoiceArguments {
  /// The denominator, for losses that let it be chosen.
  var denominator: MeanDenominator { MeanDenominator(rawValue: word("denominator")) ?? .matchingPyTorch }
}
