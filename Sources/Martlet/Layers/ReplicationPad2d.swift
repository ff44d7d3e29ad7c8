import Kernels

/// Images with a border of their outermost pixels, as PyTorch's `nn.ReplicationPad2d`.
///
/// Input (rows, channels, height, width), output (rows, channels, top + height + bottom, left + width + right).
///
/// ```swift
/// print(try ReplicationPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]))  // (3, 5, 8)
/// ```
public struct ReplicationPad2d: PaddingLayer, Hashable {
  let padding: EdgePadding
  var mode: PaddingMode { .replicate }
  var layout = ImageLayout.channelsFirst

  /// A border of `padding` rows above and below, and columns on the left and on the right.
  public init(_ padding: Size2d) {
    self.init(left: padding.width, right: padding.width, top: padding.height, bottom: padding.height)
  }

  /// A border of that many columns and rows on each side.
  public init(left: Int, right: Int, top: Int, bottom: Int) {
    padding = EdgePadding(top: top, bottom: bottom, left: left, right: right)
    checkSettings()
  }
}
