import Martlet

/// All that varies in one image of `shapes`.
struct ShapeRecipe {
  /// One shape, and the other one of a blend; the same twice in a clear image.
  let first: ShapeKind
  let second: ShapeKind
  /// The first shape's share of the blend, and its probability: a multiple of 1/64, 1 in a clear image.
  let firstShare: Float
  /// The hard label, drawn from the distribution.
  let label: Int

  private let centerX: Float
  private let centerY: Float
  private let scale: Float
  /// Cosine and sine of the angle.
  private let turnX: Float
  private let turnY: Float
  private let figure: Surface
  private let ground: Surface
  private let noiseSeed: UInt32
  private let noiseStrength: Float

  /// A colour and a texture.
  private struct Surface {
    /// Red, green and blue, 0…1.
    let color: SIMD3<Float>
    /// 0 plain, 1 stripes, 2 checks, 3 a slope.
    let texture: Int
    /// The texture's direction and period in pixels.
    let directionX: Float
    let directionY: Float
    let strength: Float

    /// The brightness factor at a pixel.
    @inline(__always)
    func shade(_ x: Float, _ y: Float) -> Float {
      let (along, across) = (x * directionX + y * directionY, y * directionX - x * directionY)
      switch texture {
      case 1: return 1 - strength * wave(along)
      case 2: return 1 - strength * (wave(along) > 0.5 ? wave(across) : 1 - wave(across))
      case 3: return 1 - strength * min(1, max(0, along * 0.25 + 0.5))
      default: return 1
      }
    }

    /// A triangle wave of period 1 between 0 and 1.
    @inline(__always)
    private func wave(_ x: Float) -> Float {
      let part = x - x.rounded(.down)
      return part < 0.5 ? part * 2 : 2 - part * 2
    }
  }

  /// The recipe out of an image's own random numbers.
  init(_ source: RandomSource) {
    var next = 0
    func uniform(_ low: Float, _ high: Float) -> Float {
      defer { next += 1 }
      return low + (high - low) * source.uniform(at: next)
    }
    func pick(_ count: Int) -> Int { min(count - 1, Int(uniform(0, Float(count)))) }
    /// Cosine and sine of a random angle of at most 2·atan(`reach`), without trigonometry.
    func turn(_ reach: Float) -> (Float, Float) {
      let t = uniform(-reach, reach)
      return ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t))
    }

    let kinds = ShapeKind.allCases
    let firstIndex = pick(kinds.count)
    let isBlend = uniform(0, 1) < Shapes.ambiguousShare
    // Another class than the first: one to nine places on.
    let secondIndex = isBlend ? (firstIndex + 1 + pick(kinds.count - 1)) % kinds.count : firstIndex
    let blend = (uniform(0.2, 0.8) * 64).rounded(.down) / 64
    first = kinds[firstIndex]
    second = kinds[secondIndex]
    firstShare = isBlend ? blend : 1
    label = uniform(0, 1) < firstShare ? firstIndex : secondIndex

    scale = uniform(8.5, 13)
    let room = 15.5 - scale * 0.9
    centerX = 15.5 + uniform(-room, room)
    centerY = 15.5 + uniform(-room, room)
    (turnX, turnY) = turn(0.13)

    let light = SIMD3(uniform(0.55, 1), uniform(0.55, 1), uniform(0.55, 1))
    let dark = SIMD3(uniform(0, 0.45), uniform(0, 0.45), uniform(0, 0.45))
    let isLightOnDark = uniform(0, 1) < 0.5
    func surface(_ color: SIMD3<Float>) -> Surface {
      let (directionX, directionY) = turn(1)
      let period = uniform(4, 9)
      return Surface(
        color: color, texture: pick(4), directionX: directionX / period, directionY: directionY / period,
        strength: uniform(0.1, 0.35))
    }
    figure = surface(isLightOnDark ? light : dark)
    ground = surface(isLightOnDark ? dark : light)
    noiseSeed = source.word(at: 63) | 1
    noiseStrength = uniform(4, 24)
  }

  /// Writes the image, (3, side, side), to `pixels` from `start` on.
  func draw(into pixels: inout [UInt8], at start: Int) {
    let side = Shapes.side
    let plane = side * side
    var noise = noiseSeed
    for row in 0..<side {
      for column in 0..<side {
        let (x, y) = (Float(column) - centerX, Float(row) - centerY)
        let (u, v) = ((x * turnX + y * turnY) / scale, (y * turnX - x * turnY) / scale)
        var distance = first.distance(u, v)
        if second != first { distance = distance * firstShare + second.distance(u, v) * (1 - firstShare) }
        // The share of the pixel inside the edge.
        let cover = min(1, max(0, 0.5 - distance * scale))
        let color =
          figure.color * (cover * figure.shade(x, y)) + ground.color * ((1 - cover) * ground.shade(x, y))
        for channel in 0..<3 {
          // Marsaglia's 32-bit xorshift: noise needs speed more than quality.
          noise ^= noise << 13
          noise ^= noise >> 17
          noise ^= noise << 5
          let grain = (Float(noise >> 8) * 0x1p-24 - 0.5) * noiseStrength
          let value = min(255, max(0, (color[channel] * 255 + grain).rounded()))
          pixels[start + channel * plane + row * side + column] = UInt8(value)
        }
      }
    }
  }
}
