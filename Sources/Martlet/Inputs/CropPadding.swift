import Kernels
import Requirements

/// What is around an image, where a change of it looks beyond its border.
public enum CropPadding: Sendable, Hashable {
  /// Pixels of one value, 0…1; 0 is black. As in torchvision, this is a value before normalisation. Where inputs do not say how
  /// they were normalised, it is a value of the inputs themselves.
  case constant(Float)
  /// The image itself, mirrored at its outermost pixels, which are not repeated.
  case reflect
}

extension CropPadding {
  /// Black.
  public static let zeros = CropPadding.constant(0)

  /// Moves an image in place: what was at (y, x) is then at (y + down, x + right).
  ///
  /// - Parameters:
  ///   - image: (channels, height, width).
  ///   - context: what is known of the image.
  ///   - down: by how many pixels; below 0 it is up.
  ///   - right: by how many pixels; below 0 it is left.
  package func move(_ image: inout MutableSpan<Float>, _ context: AugmentationContext, down: Int, right: Int) {
    guard down != 0 || right != 0 else { return }
    let (height, width) = (context.height, context.width)
    // The rows and columns that stay inside; what is outside of them comes from the padding.
    let lines = max(0, down)..<max(max(0, down), height + min(0, down))
    let columns = max(0, right)..<max(max(0, right), width + min(0, right))
    let size = height * width
    for channel in 0..<context.channelCount {
      let first = channel * size
      let isInside = !lines.isEmpty && !columns.isEmpty
      if isInside {
        // A plane moves as one run: what goes past the end of a line lands in columns that are overwritten below.
        let offset = down * width + right
        Kernel.move(&image, first + max(0, -offset)..<first + size - max(0, offset), to: first + max(0, offset))
      }
      switch self {
      case .constant(let value):
        let value = context.normalized(value, channel: channel)
        func fill(_ rows: Range<Int>, _ columns: Range<Int>) {
          let rows = channel * height + rows.lowerBound..<channel * height + rows.upperBound
          Kernel.fill(&image, rows: rows, columns: columns, width: width, with: value)
        }
        guard isInside else {
          fill(0..<height, 0..<width)
          continue
        }
        fill(0..<lines.lowerBound, 0..<width)
        fill(lines.upperBound..<height, 0..<width)
        fill(lines, 0..<columns.lowerBound)
        fill(lines, columns.upperBound..<width)
      case .reflect:
        require(
          2 * abs(down) < height && 2 * abs(right) < width,
          "An image of \(height)×\(width) cannot be reflected over \(abs(down)) rows and \(abs(right)) columns.")
        for line in lines { Self.reflect(&image, first + line * width, columns, width) }
        for line in 0..<height where !lines.contains(line) {
          let source = line < lines.lowerBound ? 2 * lines.lowerBound - line : 2 * (lines.upperBound - 1) - line
          Kernel.move(&image, first + source * width..<first + (source + 1) * width, to: first + line * width)
        }
      }
    }
  }

  /// Mirrors what is in `columns` of the line from `start` on into its other columns.
  private static func reflect(_ image: inout MutableSpan<Float>, _ start: Int, _ columns: Range<Int>, _ width: Int) {
    for column in 0..<columns.lowerBound { image[start + column] = image[start + 2 * columns.lowerBound - column] }
    for column in columns.upperBound..<width {
      image[start + column] = image[start + 2 * (columns.upperBound - 1) - column]
    }
  }
}
