import Kernels

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

  var border: BorderMode {
    switch self {
    case .zeros: .zeros
    case .reflect: .reflect
    case .replicate: .replicate
    case .circular: .circular
    }
  }

  /// Why an image cannot have a border, as a sentence, or nil if it can.
  func problem(_ padding: EdgePadding, height: Int, width: Int) -> String? {
    let widest = (border.widestBorder(length: height), border.widestBorder(length: width))
    if max(padding.top, padding.bottom) <= widest.0 && max(padding.left, padding.right) <= widest.1 { return nil }
    return "Padding by \(self) cannot be wider than \(widest.0) above and below an image of \(height)×\(width), and "
      + "\(widest.1) on its sides."
  }
}

/// The rows and columns that are added at each edge of an image.
struct EdgePadding: Sendable, Hashable {
  let top: Int
  let bottom: Int
  let left: Int
  let right: Int
}

/// As much padding as keeps the size, for a convolution of stride 1, as PyTorch's `padding='same'`: where it is odd, the larger
/// part is below and on the right.
public enum SamePadding: Sendable, Hashable {
  /// An output as large as the input.
  case same
}
