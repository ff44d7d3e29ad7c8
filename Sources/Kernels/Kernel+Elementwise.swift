import KernelCore
import Requirements

extension Kernel {
  /// Sets `columns` of `gradient` to 0 where `input` is 0 or less; both are (rows, width).
  public static func rectifyGradient(
    rows: Int, width: Int, columns: Range<Int>, input: Span<Float>, gradient: inout MutableSpan<Float>
  ) {
    require(
      input.count == rows * width && gradient.count == input.count, "Input and gradient must be (\(rows), \(width)).")
    require(columns.lowerBound >= 0 && columns.upperBound <= width, "Columns \(columns) of \(width).")
    let isWhole = columns.count == width
    var (source, target) = (input.pointer + columns.lowerBound, gradient.pointer + columns.lowerBound)
    for _ in 0..<(isWhole ? 1 : rows) {
      set.rectifyGradient(source, UnsafePointer(target), target, isWhole ? rows * width : columns.count)
      source += width
      target += width
    }
  }

  /// `output = a + b`, all of one size, and 0 where that is below 0 if it `rectifies`.
  public static func add(
    _ a: Span<Float>, _ b: Span<Float>, rectifies: Bool = false, into output: inout MutableSpan<Float>
  ) {
    require(a.count == b.count && a.count == output.count, "Summands must have one size.")
    if rectifies { return set.addRectified(a.pointer, b.pointer, output.pointer, a.count) }
    set.add(a.pointer, b.pointer, output.pointer, a.count)
  }

  /// `sum += values`, of one size.
  public static func accumulate(_ values: Span<Float>, into sum: inout MutableSpan<Float>) {
    require(values.count == sum.count, "Summands must have one size.")
    let target = sum.pointer
    set.add(UnsafePointer(target), values.pointer, target, values.count)
  }

  /// `values *= factor`.
  public static func scale(_ values: inout MutableSpan<Float>, by factor: Float) {
    let target = values.pointer
    set.scale(UnsafePointer(target), factor, target, values.count)
  }

  /// `target += share · (values − target)` at the elements of `target` from `start` on.
  public static func blend(
    _ values: Span<Float>, share: Float, into target: inout MutableSpan<Float>, at start: Int
  ) {
    require(start >= 0 && start + values.count <= target.count, "\(values.count) values do not fit at \(start).")
    set.blend(values.pointer, share, target.pointer + start, values.count)
  }

  /// Limits `values` to −`limit`…`limit`.
  public static func clamp(_ values: inout MutableSpan<Float>, to limit: Float) {
    require(limit >= 0, "Values cannot be limited to \(limit).")
    set.clamp(values.pointer, limit, values.count)
  }

  /// Copies `input` to `output`, of one size.
  public static func copy(_ input: Span<Float>, into output: inout MutableSpan<Float>) {
    require(input.count == output.count, "Source and destination must have one size.")
    output.pointer.update(from: input.pointer, count: input.count)
  }

  /// `output = byte · scale + offset` at the elements `range` of both, which have one size.
  public static func normalize(
    _ bytes: Span<UInt8>, _ range: Range<Int>, scale: Float, offset: Float, into output: inout MutableSpan<Float>
  ) {
    require(bytes.count == output.count, "Input and output must have one size.")
    require(range.lowerBound >= 0 && range.upperBound <= bytes.count, "Elements \(range) of \(bytes.count).")
    set.normalize(
      bytes.pointer + range.lowerBound, scale, offset, output.pointer + range.lowerBound, range.count)
  }
}
