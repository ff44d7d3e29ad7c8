/// The bytes of an array of `sizes` with elements of `width` bytes; nil if no machine can count them, or a size is negative.
func byteCount(ofSizes sizes: [Int], width: Int) -> Int? {
  var count = width
  for size in sizes {
    let (product, overflow) = count.multipliedReportingOverflow(by: size)
    guard size >= 0, !overflow else { return nil }
    count = product
  }
  return count
}
