/// What stands around an image where a convolution or a padding layer looks past its edge.
public enum PaddingMode: Sendable, Hashable, CaseIterable {
  /// Zeros.
  case zeros
  /// The image mirrored at its outermost pixels, which are not repeated: c b | a b c | b a.
  case reflect
  /// The outermost pixels, repeated.
  case replicate
  /// The other side of the image.
  case circular

  /// The place in a side of `length` that the place `index`, which may lie outside, is a copy of; −1 for a zero.
  @inline(__always)
  func source(_ index: Int, length: Int) -> Int {
    if index >= 0 && index < length { return index }
    return switch self {
    case .zeros: -1
    case .reflect: index < 0 ? -index : 2 * length - 2 - index
    case .replicate: index < 0 ? 0 : length - 1
    case .circular: index < 0 ? index + length : index - length
    }
  }

  /// The widest border that a side of `length` can have.
  public func widestBorder(length: Int) -> Int {
    switch self {
    case .zeros, .replicate: .max
    case .reflect: length - 1
    case .circular: length
    }
  }
}
