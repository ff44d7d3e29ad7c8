import Requirements

/// Writes pictures as PNG files. Source: <https://www.w3.org/TR/png-3/>
public enum PNG {
  /// The bytes of an 8-bit RGB picture.
  ///
  /// - Parameter pixels: (height, width, 3).
  public static func bytes(width: Int, height: Int, pixels: [UInt8]) -> [UInt8] {
    require(width >= 1 && height >= 1, "A picture must be at least 1×1, not \(width)×\(height).")
    require(pixels.count == width * height * 3, "A picture of \(width)×\(height) needs three bytes a pixel.")
    var rows: [UInt8] = []
    rows.reserveCapacity(height * (width * 3 + 1))
    for y in 0..<height {
      // Filter 1: each byte less the same channel of the pixel to its left.
      rows.append(1)
      let row = pixels[y * width * 3..<(y + 1) * width * 3]
      for index in row.indices {
        rows.append(index - row.startIndex < 3 ? row[index] : row[index] &- row[index - 3])
      }
    }
    let header = ByteOrder.big.bytes(UInt32(width)) + ByteOrder.big.bytes(UInt32(height)) + [8, 2, 0, 0, 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
      + chunk("IDAT", Deflater.compress(rows, wrapper: .zlib)) + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
    let named = Array(name.utf8) + body
    return ByteOrder.big.bytes(UInt32(body.count)) + named + ByteOrder.big.bytes(Deflater.checksum(named))
  }
}
