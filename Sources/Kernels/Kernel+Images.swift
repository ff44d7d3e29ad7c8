import KernelCore
import Requirements

/// Changes of images in place. Each is one pass over a few kilobytes, which the compiler makes vectors of by itself.
extension Kernel {
  /// Reverses each row of `values`, (rows, width).
  public static func mirror(_ values: inout MutableSpan<Float>, width: Int) {
    require(width >= 1 && values.count % width == 0, "\(values.count) values are no rows of \(width).")
    let half = width / 2
    var row = values.pointer
    for _ in 0..<values.count / width {
      // What is written must be known to be something else than what is read, so the halves go through a register.
      var (left, right) = (0, width - SIMD8<Float>.scalarCount)
      while left + SIMD8<Float>.scalarCount <= half {
        let first = UnsafeRawPointer(row + left).loadUnaligned(as: SIMD8<Float>.self)
        let last = UnsafeRawPointer(row + right).loadUnaligned(as: SIMD8<Float>.self)
        UnsafeMutableRawPointer(row + left).storeBytes(of: last.reversed, as: SIMD8<Float>.self)
        UnsafeMutableRawPointer(row + right).storeBytes(of: first.reversed, as: SIMD8<Float>.self)
        left += SIMD8<Float>.scalarCount
        right -= SIMD8<Float>.scalarCount
      }
      while left < half {
        let first = row[left]
        row[left] = row[width - 1 - left]
        row[width - 1 - left] = first
        left += 1
      }
      row += width
    }
  }

  /// Copies `range` of `values` to the elements from `start` on, which may overlap with it.
  public static func move(_ values: inout MutableSpan<Float>, _ range: Range<Int>, to start: Int) {
    check(range, values.count)
    check(start..<start + range.count, values.count)
    let base = values.pointer
    (base + start).update(from: base + range.lowerBound, count: range.count)
  }

  /// Sets `columns` of `rows` to `value`; `values` is (rows, width).
  public static func fill(
    _ values: inout MutableSpan<Float>, rows: Range<Int>, columns: Range<Int>, width: Int, with value: Float
  ) {
    check(rows.lowerBound * width..<rows.upperBound * width, values.count)
    check(columns, width)
    var row = values.pointer + rows.lowerBound * width + columns.lowerBound
    for _ in 0..<rows.count {
      // A few elements: going on by pointers costs less than getting ready for vectors.
      var place = row
      let end = row + columns.count
      while place < end {
        place.pointee = value
        place += 1
      }
      row += width
    }
  }

  /// Copies `columns` of `rows` from `input`; both are (rows, width), of one size.
  public static func copy(
    _ input: Span<Float>, rows: Range<Int>, columns: Range<Int>, width: Int, into output: inout MutableSpan<Float>
  ) {
    require(input.count == output.count, "Source and destination must have one size.")
    check(rows.lowerBound * width..<rows.upperBound * width, output.count)
    check(columns, width)
    var start = rows.lowerBound * width + columns.lowerBound
    for _ in 0..<rows.count {
      (output.pointer + start).update(from: input.pointer + start, count: columns.count)
      start += width
    }
  }

  /// `value · factor + offset` in place of each of `range`, but no less than `minimum` and no more than `maximum`. A NaN stays one.
  public static func rescale(
    _ values: inout MutableSpan<Float>, _ range: Range<Int>, by factor: Float, plus offset: Float, minimum: Float,
    maximum: Float
  ) {
    check(range, values.count)
    let base = values.pointer
    for index in range {
      let value = base[index] * factor + offset
      let raised = value < minimum ? minimum : value
      base[index] = raised > maximum ? maximum : raised
    }
  }

  /// The sum of `range` of `values`, in double precision.
  public static func sum(_ values: Span<Float>, _ range: Range<Int>) -> Double {
    check(range, values.count)
    let base = values.pointer
    var sums = SIMD4<Double>.zero
    var index = range.lowerBound
    while index + SIMD4<Double>.scalarCount <= range.upperBound {
      sums += SIMD4<Double>(UnsafeRawPointer(base + index).loadUnaligned(as: SIMD4<Float>.self))
      index += SIMD4<Double>.scalarCount
    }
    var sum = sums.sum()
    while index < range.upperBound {
      sum += Double(base[index])
      index += 1
    }
    return sum
  }

  private static func check(_ range: Range<Int>, _ count: Int) {
    require(range.lowerBound >= 0 && range.upperBound <= count, "Elements \(range) of \(count).")
  }
}

extension SIMD8<Float> {
  fileprivate var reversed: Self { Self(self[7], self[6], self[5], self[4], self[3], self[2], self[1], self[0]) }
}
