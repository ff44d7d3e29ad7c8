import Requirements

/// Images with pseudo-labels, which are trained on beside those with labels.
public struct UnlabelledImages: Sendable {
  /// Their positions among the inputs.
  public let examples: [Int]
  /// For each of them, whether its pseudo-label is confident enough to be trained on, (examples.count).
  public let isConfident: [Bool]
  /// How much they count.
  public let settings: PseudoLabelling

  /// The images at `examples`.
  public init(_ examples: [Int], isConfident: [Bool], settings: PseudoLabelling) {
    require(
      examples.count == isConfident.count,
      "There are \(examples.count) images with pseudo-labels, but it is known of \(isConfident.count) whether they are confident."
    )
    self.examples = examples
    self.isConfident = isConfident
    self.settings = settings
  }

  /// These images but for those that are held out.
  func without(_ heldOut: ValidationImages?) -> UnlabelledImages {
    guard let heldOut else { return self }
    let left = Set(heldOut.examples)
    let kept = examples.indices.filter { !left.contains(examples[$0]) }
    return UnlabelledImages(
      kept.map { examples[$0] }, isConfident: kept.map { isConfident[$0] }, settings: settings)
  }
}
