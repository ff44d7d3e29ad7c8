/// The rows and columns that are added at each edge of an image.
struct EdgePadding: Sendable, Hashable {
  let top: Int
  let bottom: Int
  let left: Int
  let right: Int

  /// Why an image cannot have this border, as a sentence, or nil if it can.
  func problem(_ mode: PaddingMode, height: Int, width: Int) -> String? {
    let widest = (mode.widestBorder(length: height), mode.widestBorder(length: width))
    if max(top, bottom) <= widest.0 && max(left, right) <= widest.1 { return nil }
    return "Padding by \(mode) cannot be wider than \(widest.0) above and below an image of \(height)×\(width), and "
      + "\(widest.1) on its sides."
  }
}
