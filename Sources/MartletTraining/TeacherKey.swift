import Martlet

/// All that a teacher depends on. Teachers of one key are one network.
struct TeacherKey: Hashable, Sendable {
  /// What can be compared as it is.
  struct Settings: Hashable, Sendable {
    /// With the teacher's seed and epochs.
    let configuration: TrainingConfiguration
    let network: NetworkKind
    let labelled: LabelledSubset
    let ignoreIndex: Int?
    /// The part of the labelled images that it does not see; nil if it sees all.
    let fold: Int?
    let foldCount: Int
    let imageShape: Shape
    let classCount: Int
  }

  let settings: Settings
  let loss: any Loss
  let outputLayer: (any Layer)?
  let pixels: [UInt8]
  let labels: [UInt8]
  let initialParameters: Parameters?

  static func == (first: TeacherKey, second: TeacherKey) -> Bool {
    // Arrays that are one in memory are not looked through.
    first.settings == second.settings && isEqual(first.loss, second.loss)
      && isEqual(first.outputLayer, second.outputLayer) && first.labels == second.labels
      && first.pixels == second.pixels && first.initialParameters == second.initialParameters
  }

  /// Whether two values are one; those that cannot say so are not.
  private static func isEqual(_ first: Any?, _ second: Any?) -> Bool {
    guard let first, let second else { return first == nil && second == nil }
    guard let first = first as? any Hashable, let second = second as? any Hashable else { return false }
    return AnyHashable(first) == AnyHashable(second)
  }

  /// Pixels would take long, and the settings tell nearly all keys apart.
  func hash(into hasher: inout Hasher) { hasher.combine(settings) }
}
