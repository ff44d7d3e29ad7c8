/// As much padding as keeps the size, for a convolution of stride 1, as PyTorch's `padding='same'`: where it is odd, the larger
/// part is below and on the right.
public enum SamePadding: Sendable, Hashable {
  /// An output as large as the input.
  case same
}
