import KernelCore
import Martlet
import MartletTestSupport
import Testing

@testable import Kernels

@Suite("Normalisation, average pooling and Adam agree with naive ones, and write nothing else")
struct ChannelKernelTests {
  /// Rows, channels and positions: fewer and more than a register holds.
  private static let sizes = [(1, 1, 1), (3, 5, 1), (2, 8, 9), (4, 17, 6), (5, 3, 33), (7, 33, 4), (2, 40, 16)]

  private static func values(_ count: Int, _ name: String) -> [Float] {
    let source = RandomSource(seed: 31).stream(name)
    return (0..<count).map { source.uniform(at: $0) * 4 - 1 }
  }

  /// The elements of one channel, by their places.
  private static func places(_ geometry: ChannelGeometry, _ channel: Int) -> [Int] {
    (0..<geometry.rows).flatMap { row in
      (0..<geometry.positions).map { position in
        geometry.layout == .channelsLast
          ? (row * geometry.positions + position) * geometry.channels + channel
          : (row * geometry.channels + channel) * geometry.positions + position
      }
    }
  }

  private static func isClose(_ found: Float, _ expected: Double, _ scale: Double) -> Bool {
    abs(Double(found) - expected) <= 1e-5 * max(1, scale)
  }

  @Test("sums and affine functions of channels, in both layouts", arguments: sets, sizes)
  func channels(set: KernelSet, size: (rows: Int, channels: Int, positions: Int)) {
    for layout in [ImageLayout.channelsFirst, .channelsLast] {
      let geometry = ChannelGeometry(
        rows: size.rows, channels: size.channels, positions: size.positions, layout: layout)
      let (channels, count) = (size.channels, geometry.count)
      let (x, g) = (Self.values(count, "x"), Self.values(count, "g"))
      let coefficients = (0..<4).map { Self.values(channels, "c\($0)") }
      var (moments, sums) = (Guarded(2 * channels), Guarded(2 * channels))
      var (scratch, otherScratch) = (Guarded(2 * channels), Guarded(2 * channels))
      var (output, gradient) = (Guarded(count), Guarded(count))
      surrounded(x) { x in
        surrounded(g) { g in
          surrounded(coefficients[0]) { offsets in
            moments.withPointer { moments in
              scratch.withPointer { set.channelMoments(x, geometry, moments, moments + channels, $0) }
            }
            sums.withPointer { sums in
              otherScratch.withPointer {
                set.channelGradientSums(g, x, geometry, offsets, sums, sums + channels, $0)
              }
            }
            surrounded(coefficients[1]) { scales in
              surrounded(coefficients[2]) { slopes in
                surrounded(coefficients[3]) { shifts in
                  output.withPointer { set.channelAffine(x, geometry, offsets, scales, shifts, .rectifier, $0) }
                  gradient.withPointer {
                    set.channelAffineGradient(g, x, geometry, offsets, scales, slopes, shifts, $0)
                  }
                }
              }
            }
          }
        }
      }
      #expect(moments.isIntact && sums.isIntact && scratch.isIntact && otherScratch.isIntact)
      #expect(output.isIntact && gradient.isIntact)
      for channel in 0..<channels {
        let places = Self.places(geometry, channel)
        let values = places.map { Double(x[$0]) }
        let mean = values.reduce(0, +) / Double(values.count)
        let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        #expect(Self.isClose(moments.values[channel], mean, 1))
        #expect(Self.isClose(moments.values[channels + channel], square, square))
        let c = coefficients.map { Double($0[channel]) }
        let slopes = places.map { Double(g[$0]) }
        let weighted = zip(slopes, values).reduce(0) { $0 + $1.0 * ($1.1 + c[0]) }
        let scale = Double(values.count) * 10
        #expect(Self.isClose(sums.values[channel], slopes.reduce(0, +), scale))
        #expect(Self.isClose(sums.values[channels + channel], weighted, scale))
        for (place, (value, slope)) in zip(places, zip(values, slopes)) {
          #expect(Self.isClose(output.values[place], max(0, (value + c[0]) * c[1] + c[3]), 10))
          #expect(Self.isClose(gradient.values[place], slope * c[1] + (value + c[0]) * c[2] + c[3], 10))
        }
      }
    }
  }

  @Test(
    "an activation behind a channel's affine function has the same bits in both layouts, and those of the two by themselves",
    arguments: sets, ActivationCase.all)
  func activations(set: KernelSet, activation: ActivationCase) {
    for size in Self.sizes {
      let count = size.0 * size.1 * size.2
      let channels = size.1
      let coefficients = (0..<3).map { Self.values(channels, "c\($0)") }
      let first = ChannelGeometry(rows: size.0, channels: channels, positions: size.2, layout: .channelsFirst)
      let last = ChannelGeometry(rows: size.0, channels: channels, positions: size.2, layout: .channelsLast)
      func run(_ geometry: ChannelGeometry, _ activation: Activation, _ x: [Float], _ g: [Float]) -> [[Float]] {
        var output = Guarded(count)
        var gradient = Guarded(count)
        surrounded(x) { x in
          surrounded(coefficients[0]) { offsets in
            surrounded(coefficients[1]) { scales in
              surrounded(coefficients[2]) { shifts in
                output.withPointer { set.channelAffine(x, geometry, offsets, scales, shifts, activation, $0) }
                gradient.withPointer { target in
                  for (index, value) in g.enumerated() { target[index] = value }
                  set.channelActivationGradient(x, geometry, offsets, scales, shifts, activation, target)
                }
              }
            }
          }
        }
        #expect(output.isIntact && gradient.isIntact)
        return [output.values, gradient.values]
      }
      let (x, g) = (Self.values(count, "x"), Self.values(count, "g"))
      let expected = run(first, activation.activation, x, g)
      // Where the elements of one layout are in the other.
      var places = [Int](repeating: 0, count: count)
      for channel in 0..<channels {
        for (a, b) in zip(Self.places(first, channel), Self.places(last, channel)) { places[b] = a }
      }
      let found = run(last, activation.activation, places.map { x[$0] }, places.map { g[$0] })
      for (found, expected) in zip(found, expected) {
        #expect(found.map(\.bitPattern) == places.map { expected[$0].bitPattern })
      }
      let affine = run(first, .identity, x, g)[0]
      var (values, slopes) = (Guarded(count), Guarded(count))
      surrounded(affine) { affine in
        values.withPointer { set.activate(activation.activation, affine, $0, count) }
        surrounded(g) { g in slopes.withPointer { set.activateGradient(activation.activation, affine, g, $0, count) } }
      }
      #expect(values.values.map(\.bitPattern) == expected[0].map(\.bitPattern))
      #expect(slopes.values.map(\.bitPattern) == expected[1].map(\.bitPattern))
    }
  }

  @Test("moments of blocks are put together as if there were one", arguments: sets, [1, 7, 8, 19])
  func blocks(set: KernelSet, channels: Int) {
    let rows = [3, 1, 4, 2]
    let x = Self.values(10 * channels, "x")
    var sums: [Float] = []
    var first = 0
    for count in rows {
      let geometry = ChannelGeometry(rows: count, channels: channels, positions: 1, layout: .channelsFirst)
      var (part, scratch) = (Guarded(2 * channels), Guarded(2 * channels))
      surrounded(Array(x[first * channels..<(first + count) * channels])) { x in
        part.withPointer { part in
          scratch.withPointer { set.channelMoments(x, geometry, part, part + channels, $0) }
        }
      }
      sums += part.values
      first += count
    }
    var (combined, added) = (Guarded(2 * channels), Guarded(2 * channels))
    surrounded(sums) { sums in
      combined.withPointer { set.combineMoments(sums, rows, 4, channels, $0, $0 + channels) }
      added.withPointer { set.addBlocks(sums, 4, 2 * channels, $0) }
    }
    #expect(combined.isIntact && added.isIntact)
    for channel in 0..<channels {
      let values = (0..<10).map { Double(x[$0 * channels + channel]) }
      let mean = values.reduce(0, +) / 10
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10
      #expect(Self.isClose(combined.values[channel], mean, 1))
      #expect(Self.isClose(combined.values[channels + channel], variance, 1))
    }
    for index in 0..<2 * channels {
      let expected = (0..<4).reduce(0.0) { $0 + Double(sums[$1 * 2 * channels + index]) }
      #expect(Self.isClose(added.values[index], expected, 10))
    }
  }

  @Test("average pooling of whole numbers", arguments: sets)
  func averagePooling(set: KernelSet) {
    // (input, kernel, stride, padding): the last windows end inside, at the edge, and with the padding.
    for (height, width, kernel, stride, padding) in [
      (4, 5, 2, 2, 0), (7, 19, 3, 2, 1), (5, 6, 4, 1, 2), (9, 33, 2, 3, 1),
    ] {
      for counts in [true, false] {
        func windows(_ size: Int) -> AverageWindows {
          AverageWindows(
            input: size, output: (size + 2 * padding - kernel) / stride + 1, kernel: kernel, stride: stride,
            padding: padding)
        }
        let geometry = AveragePoolingGeometry(
          channels: 3, vertical: windows(height), horizontal: windows(width), countsPadding: counts)
        let x = integers(2 * geometry.inputCount, "x")
        let dy = integers(2 * geometry.outputCount, "dy")
        var (y, dx) = (Guarded(2 * geometry.outputCount), Guarded(2 * geometry.inputCount))
        surrounded(x) { x in y.withPointer { set.averagePoolForward(geometry, 2, x, $0) } }
        surrounded(dy) { dy in dx.withPointer { set.averagePoolBackward(geometry, 2, dy, $0) } }
        var expected = [Double](repeating: 0, count: 2 * geometry.inputCount)
        let (outputHeight, outputWidth) = (geometry.vertical.output, geometry.horizontal.output)
        for index in 0..<2 * geometry.outputCount {
          let (plane, row, column) = (
            index / (outputHeight * outputWidth), index / outputWidth % outputHeight, index % outputWidth
          )
          var (sum, inside, padded) = (0.0, [Int](), 0)
          for y in row * stride - padding..<row * stride - padding + kernel {
            for x0 in column * stride - padding..<column * stride - padding + kernel {
              if y < height + padding && x0 < width + padding { padded += 1 }
              guard (0..<height).contains(y), (0..<width).contains(x0) else { continue }
              inside.append((plane * height + y) * width + x0)
              sum += Double(x[(plane * height + y) * width + x0])
            }
          }
          let divisor = Double(counts ? padded : inside.count)
          #expect(Self.isClose(y.values[index], sum / divisor, 4))
          for place in inside { expected[place] += Double(dy[index]) / divisor }
        }
        #expect(zip(dx.values, expected).allSatisfy { Self.isClose($0, $1, 4) })
        #expect(y.isIntact && dx.isIntact)
      }
    }
  }

  @Test("Adam's update, in any number of elements", arguments: sets, [1, 7, 8, 30])
  func adam(set: KernelSet, count: Int) {
    let (start, slopes) = (Self.values(count, "p"), Self.values(count, "g"))
    var (parameters, state) = (start, [Float](repeating: 0.5, count: 2 * count))
    parameters.withUnsafeMutableBufferPointer { parameters in
      state.withUnsafeMutableBufferPointer { state in
        surrounded(slopes) { slopes in
          guard let p = parameters.baseAddress, let s = state.baseAddress else { return }
          set.adam(
            AdamArguments(
              kept: 0.99, beta1: 0.9, beta2: 0.99, stepSize: 0.1, rootCorrection: 0.5, epsilon: 1e-3, parameters: p,
              gradient: slopes, averages: s, squares: s + count, count: count))
        }
      }
    }
    for index in 0..<count {
      let g = Double(slopes[index])
      let (m, v) = (0.45 + 0.1 * g, 0.495 + 0.01 * g * g)
      #expect(Self.isClose(state[index], m, 1) && Self.isClose(state[count + index], v, 1))
      #expect(Self.isClose(parameters[index], Double(start[index]) * 0.99 - 0.1 * m / (v.squareRoot() / 0.5 + 1e-3), 1))
    }
  }
}
