/// The ten drawn shapes: each a signed distance, negative inside, over a square of ±1.
///
/// Distances are exact or nearly so within a pixel of the edge, which is all that drawing needs. Only +, −, ×, ÷ and
/// square roots are used: the same seed gives the same bytes on every machine.
enum ShapeKind: Int, CaseIterable, Sendable {
  case circle, square, triangle, diamond, cross, ring, star, crescent, hourglass, tee

  var name: String {
    switch self {
    case .circle: "circle"
    case .square: "square"
    case .triangle: "triangle"
    case .diamond: "diamond"
    case .cross: "cross"
    case .ring: "ring"
    case .star: "star"
    case .crescent: "crescent"
    case .hourglass: "hourglass"
    case .tee: "tee"
    }
  }

  /// The distance from (x, y), y downwards, to the shape's edge.
  @inline(__always)
  func distance(_ x: Float, _ y: Float) -> Float {
    switch self {
    case .circle: return length(x, y) - 0.8
    case .square: return box(x, y, 0.72, 0.72)
    case .triangle:
      // Three half-planes: the base, and two sides of slope 2.
      return max(y - 0.65, (abs(x) * 2 - y - 0.95) * 0.447_213_6)
    case .diamond: return (abs(x) + abs(y) * 0.8 - 0.85) * 0.780_868_8
    case .cross: return min(box(x, y, 0.26, 0.85), box(x, y, 0.85, 0.26))
    case .ring: return abs(length(x, y) - 0.62) - 0.2
    case .star: return star(abs(x), -y)
    case .crescent: return max(length(x, y) - 0.85, 0.68 - length(x - 0.42, y + 0.1))
    case .hourglass: return max((abs(x) - abs(y) * 0.85 - 0.08) * 0.761_939_2, abs(y) - 0.78)
    case .tee: return min(box(x, y + 0.52, 0.8, 0.26), box(x, y - 0.12, 0.26, 0.78))
    }
  }

  @inline(__always)
  private func length(_ x: Float, _ y: Float) -> Float { (x * x + y * y).squareRoot() }

  @inline(__always)
  private func box(_ x: Float, _ y: Float, _ halfWidth: Float, _ halfHeight: Float) -> Float {
    max(abs(x) - halfWidth, abs(y) - halfHeight)
  }

  /// A five-pointed star, for x ≥ 0 and y upwards. Two reflections bring each point to the wedge around the upper tip,
  /// where the edge that is left runs from the tip, (0, 0.95), to the notch at radius 0.42, (0.247, 0.340).
  @inline(__always)
  private func star(_ x: Float, _ y: Float) -> Float {
    var (x, y) = (x, y)
    // The axes of symmetry through the notches at −18° and 54°, by their normals.
    reflect(&x, &y, 0.309_017, 0.951_056_5)
    reflect(&x, &y, -0.809_017, 0.587_785_25)
    return abs(x) * 0.927_01 + (y - 0.95) * 0.375_03
  }

  /// Brings (x, y) to that side of the line through the origin to which the normal points.
  @inline(__always)
  private func reflect(_ x: inout Float, _ y: inout Float, _ normalX: Float, _ normalY: Float) {
    let side = min(0, x * normalX + y * normalY)
    x -= 2 * side * normalX
    y -= 2 * side * normalY
  }
}
