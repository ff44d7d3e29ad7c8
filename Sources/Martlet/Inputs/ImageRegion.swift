import Kernels
import Requirements

/// A rectangle of an image's pixels.
public struct ImageRegion: Sendable, Hashable {
  /// The rows, from the top.
  public var rows: Range<Int>
  /// The columns, from the left.
  public var columns: Range<Int>

  /// A rectangle of some rows and columns.
  public init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }

  /// The number of pixels.
  public var area: Int { rows.count * columns.count }

  /// Sets the region of all channels to `value`.
  func fill(_ image: inout MutableSpan<Float>, _ context: AugmentationContext, with value: Float) {
    let (height, width) = (context.height, context.width)
    for channel in 0..<context.channelCount {
      let lines = channel * height + rows.lowerBound..<channel * height + rows.upperBound
      Kernel.fill(&image, rows: lines, columns: columns, width: width, with: value)
    }
  }

  /// Copies the region of all channels from another image of that shape.
  func copy(from other: Span<Float>, to image: inout MutableSpan<Float>, _ shape: Shape) {
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    for line in stride(from: 0, to: shape.count / width, by: height) {
      Kernel.copy(
        other, rows: line + rows.lowerBound..<line + rows.upperBound, columns: columns, width: width, into: &image)
    }
  }

  /// Makes sure that an image of that shape has the region.
  func check(_ shape: Shape) {
    require(shape.rank >= 2, "Only images have regions, not inputs of shape \(shape).")
    require(
      rows.lowerBound >= 0 && rows.upperBound <= shape[shape.rank - 2] && columns.lowerBound >= 0
        && columns.upperBound <= shape[shape.rank - 1],
      "Rows \(rows) and columns \(columns) are no part of an image of shape \(shape).")
  }
}
