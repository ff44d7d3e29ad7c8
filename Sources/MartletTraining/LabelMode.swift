/// The kinds of label that are compared.
public enum LabelMode: String, Sendable, CaseIterable, Codable {
  /// Class indices.
  case hard
  /// Class indices, smoothed: each label gives some of its weight to all classes alike.
  case smooth
  /// One distribution an image.
  case soft
}
