import Requirements

/// A picture of many images at once: rows of `columns` images, each enlarged, with a gap between them.
public enum ContactSheet {
  /// The bytes of a PNG file that shows the images at `indices`.
  ///
  /// - Parameters:
  ///   - dataset: images of one or three channels.
  ///   - indices: which ones, row by row.
  ///   - columns: images in a row.
  ///   - magnification: the side of the square that one pixel becomes.
  public static func png(
    of dataset: Dataset, indices: [Int], columns: Int, magnification: Int = 2, gap: Int = 4
  ) -> [UInt8] {
    require(!indices.isEmpty && columns >= 1, "A contact sheet needs images and columns.")
    let (channels, height, width) = (dataset.imageShape[0], dataset.imageShape[1], dataset.imageShape[2])
    let (cellHeight, cellWidth) = (height * magnification + gap, width * magnification + gap)
    let rows = (indices.count + columns - 1) / columns
    let (sheetWidth, sheetHeight) = (columns * cellWidth + gap, rows * cellHeight + gap)
    var sheet = [UInt8](repeating: 255, count: sheetWidth * sheetHeight * 3)
    for (place, index) in indices.enumerated() {
      let (top, left) = (gap + place / columns * cellHeight, gap + place % columns * cellWidth)
      for y in 0..<height * magnification {
        for x in 0..<width * magnification {
          for channel in 0..<3 {
            let source =
              (index * channels + min(channel, channels - 1)) * height * width + y / magnification * width
              + x / magnification
            sheet[((top + y) * sheetWidth + left + x) * 3 + channel] = dataset.pixels[source]
          }
        }
      }
    }
    return PNG.bytes(width: sheetWidth, height: sheetHeight, pixels: sheet)
  }
}
