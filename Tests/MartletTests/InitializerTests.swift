import MartletTestSupport
import Testing

@testable import Martlet

/// What PyTorch and numpy say about first values.
private struct InitializerFixture: Decodable {
  struct Range: Decodable {
    let kind: String
    let mode: String?
    let function: String
    let slope: Double
    let shape: [Int]
    let gain: Double
    let uniform: Double
    let normal: Double

    var nonlinearity: Nonlinearity? {
      switch function {
      case "linear": .linear
      case "sigmoid": .sigmoid
      case "tanh": .tanh
      case "relu": .relu
      case "leaky_relu": .leakyReLU(slope: slope)
      case "selu": .selu
      default: nil
      }
    }
  }

  struct Dirac: Decodable {
    let shape: [Int]
    let groups: Int
    let ones: [Int]
  }

  struct Whitening: Decodable {
    let shape: [Int]
    let kernel: [Int]
    let images: [Float]
    let weight: [Double]
  }

  let ranges: [Range]
  let diracs: [Dirac]
  let whitening: Whitening

  static func load() throws -> InitializerFixture { try Fixture.load("initializers.json", from: .module) }
}

/// (mean, deviation).
private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
  let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
  let square = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  return (mean, (square / Double(values.count)).squareRoot())
}

@Suite("Initialisers")
struct InitializerTests {
  private let source = RandomSource(seed: 11).stream("weight")

  @Test("normal numbers have the moments and the distribution function of the normal distribution")
  func normal() {
    let count = 200_000
    let values = (0..<count).map { source.normal(at: $0) }
    // Four standard deviations of each estimate.
    // The means of x, x², x³ and x⁴ are 0, 1, 0 and 3.
    func mean(_ exponent: Int) -> Double {
      values.reduce(0.0) { sum, x in sum + (0..<exponent).reduce(1.0) { product, _ in product * x } } / Double(count)
    }
    #expect(abs(mean(1)) < 0.009 && abs(mean(2) - 1) < 0.0127 && abs(mean(3)) < 0.035 && abs(mean(4) - 3) < 0.088)
    for (bound, probability) in [(-1.6449, 0.05), (-0.6745, 0.25), (0, 0.5), (1.0, 0.8413), (2.3263, 0.99)] {
      let found = Double(values.count { $0 <= bound }) / Double(count)
      #expect(abs(found - probability) < 0.0045, "\(bound)")
    }
    // Neighbours share a block of random words, and are independent all the same.
    let products = (0..<count - 1).reduce(0.0) { $0 + values[$1] * values[$1 + 1] } / Double(count)
    #expect(abs(products) < 0.009)
  }

  @Test("uniform numbers stay in their range and fill it, normal ones have their mean and deviation")
  func ranges() {
    let shape: Shape = [100, 100, 2]
    let uniform = Initializer.uniform(from: -0.5, to: 1.5).values(shape, from: source)
    #expect(uniform.allSatisfy { $0 >= -0.5 && $0 < 1.5 } && abs(moments(uniform).mean - 0.5) < 0.02)
    #expect(abs(moments(uniform).deviation - 2 / 12.0.squareRoot()) < 0.01)
    let normal = moments(Initializer.normal(mean: 3, deviation: 0.25).values(shape, from: source))
    #expect(abs(normal.mean - 3) < 0.01 && abs(normal.deviation - 0.25) < 0.005)
    #expect(Initializer.constant(0.5).values([7], from: source) == Array(repeating: 0.5, count: 7))
  }

  @Test("PyTorch's default weights are what they always were")
  func standard() {
    let shape: Shape = [4, 3, 2, 2]
    #expect(Initializer.fanIn.values(shape, from: source) == Initializer.fanIn(12).values(shape, from: source))
    let bound = 1 / Float(12).squareRoot()
    #expect(
      Initializer.fanIn.values(shape, from: source) == (0..<48).map { (source.uniform(at: $0) * 2 - 1) * bound })
  }

  @Test("Kaiming and Xavier draw from the ranges that PyTorch draws from")
  func variance() throws {
    let cases = try InitializerFixture.load().ranges
    #expect(cases.count == 28)
    for range in cases {
      let nonlinearity = try #require(range.nonlinearity)
      #expect(abs(nonlinearity.gain - range.gain) < 1e-12)
      let mode = range.mode == "fan_out" ? FanMode.fanOut : .fanIn
      let isKaiming = range.kind == "kaiming"
      let shape = Shape(range.shape)
      let uniform: Initializer =
        isKaiming ? .kaimingUniform(mode: mode, nonlinearity: nonlinearity) : .xavierUniform(gain: nonlinearity.gain)
      let normal: Initializer =
        isKaiming ? .kaimingNormal(mode: mode, nonlinearity: nonlinearity) : .xavierNormal(gain: nonlinearity.gain)
      // The random numbers are the source's own, scaled.
      let bound = uniform.values(shape, from: source).enumerated().map { index, value in
        Double(value) / Double(source.uniform(at: index) * 2 - 1)
      }
      #expect(bound.allSatisfy { abs($0 - range.uniform) < 1e-6 * range.uniform }, "\(range)")
      let deviation = normal.values(shape, from: source).enumerated().map { Double($1) / source.normal(at: $0) }
      #expect(deviation.allSatisfy { abs($0 - range.normal) < 1e-6 * range.normal }, "\(range)")
    }
  }

  @Test(
    "orthogonal matrices have orthogonal rows or columns, and are Q of a QR decomposition with a positive diagonal of R",
    arguments: [[6, 3, 3, 3], [17, 9], [5, 5], [1, 4], [4, 1]])
  func orthogonal(sizes: [Int]) {
    let shape = Shape(sizes)
    let values = Initializer.orthogonal(gain: 1.5).values(shape, from: source).map(Double.init)
    let (rows, columns) = (shape[0], shape.count / shape[0])
    let (count, length) = (min(rows, columns), max(rows, columns))
    func position(_ vector: Int, _ element: Int) -> Int {
      rows <= columns ? vector * columns + element : element * columns + vector
    }
    for i in 0..<count {
      for j in 0..<count {
        let product = (0..<length).reduce(0) { $0 + values[position(i, $1)] * values[position(j, $1)] }
        #expect(abs(product - (i == j ? 2.25 : 0)) < 1e-6)
        // What was drawn, along Q: R, which is triangular.
        let element = (0..<length).reduce(0) { $0 + source.normal(at: position(i, $1)) * values[position(j, $1)] }
        #expect(j > i ? abs(element) < 1e-5 : j < i || element > 0)
      }
    }
  }

  @Test("dirac weights have their ones where PyTorch's are, and pass images through")
  func dirac() throws {
    for dirac in try InitializerFixture.load().diracs {
      let values = Initializer.dirac(groups: dirac.groups).values(Shape(dirac.shape), from: source)
      #expect(values.indices.filter { values[$0] != 0 } == dirac.ones && values.allSatisfy { $0 == 0 || $0 == 1 })
    }
    let layer = Conv2d(3, 5, kernelSize: 3, padding: 1, weight: .dirac(), bias: false)
    let parameters = try Parameters(of: Network(layer, inputShape: [3, 4, 6]), seed: 3)
    let image = (0..<72).map { source.uniform(at: $0) }
    let output = try LayerRunner(layer, inputShape: [3, 4, 6], rows: 1).forward(
      input: image, parameters: parameters.values)
    #expect(Array(output[..<72]) == image && output[72...].allSatisfy { $0 == 0 })
  }

  @Test("with others than zeros, dirac weights are identities first and those others behind")
  func diracAndOthers() {
    let shape: Shape = [5, 2, 3, 3]
    let values = Initializer.dirac(others: .fanIn).values(shape, from: source)
    let (plain, identity) = (
      Initializer.fanIn.values(shape, from: source), Initializer.dirac().values(shape, from: source)
    )
    #expect(Array(values[..<36]) == Array(identity[..<36]) && Array(values[36...]) == Array(plain[36...]))
    // Fewer outputs than inputs: identities alone.
    let narrow = Initializer.dirac(others: .fanIn).values([2, 5, 3, 3], from: source)
    #expect(narrow == Initializer.dirac().values([2, 5, 3, 3], from: source))
  }

  @Test("layers hand their initialisers on, and have PyTorch's defaults")
  func layers() throws {
    func values(_ layer: some Layer, _ shape: Shape) throws -> Parameters {
      try Parameters(of: Network(Sequential { layer.named("layer") }, inputShape: shape), seed: 2)
    }
    let stream = RandomSource(seed: 2)
    let convolution = try values(
      Conv2d(2, 3, kernelSize: 2, weight: .normal(), bias: .constant(0.25)), [2, 4, 4])
    #expect(
      convolution["layer.weight"] == Initializer.normal().values([3, 2, 2, 2], from: stream.stream("layer.weight")))
    #expect(convolution["layer.bias"] == [0.25, 0.25, 0.25])
    let linear = try values(Linear(6, 3, weight: .orthogonal(), bias: .uniform(from: 0, to: 1)), [6])
    #expect(linear["layer.weight"] == Initializer.orthogonal().values([3, 6], from: stream.stream("layer.weight")))
    #expect(
      linear["layer.bias"] == Initializer.uniform(from: 0, to: 1).values([3], from: stream.stream("layer.bias")))
    #expect(try values(BatchNorm2d(3, weight: .constant(0)), [3, 4, 4])["layer.weight"] == [0, 0, 0])
    #expect(try values(BatchNorm1d(2, weight: .constant(0.5)), [2])["layer.weight"] == [0.5, 0.5])
    let plain = try values(Conv2d(2, 3, kernelSize: 2), [2, 4, 4])
    #expect(plain["layer.weight"] == Initializer.fanIn(8).values([3, 2, 2, 2], from: stream.stream("layer.weight")))
    #expect(plain["layer.bias"] == Initializer.fanIn(8).values([3], from: stream.stream("layer.bias")))
  }
}

@Suite("Whitening")
struct WhiteningTests {
  private func whitened(
    _ fixture: InitializerFixture.Whitening, channels: Int
  ) throws -> (weight: [Float], size: Int) {
    let kernel = Size2d(height: fixture.kernel[0], width: fixture.kernel[1])
    let layer = Conv2d(fixture.shape[0], channels, kernelSize: kernel)
    let images = DenseInputs(fixture.images, shape: Shape(fixture.shape))
    var parameters = try Parameters(of: Network(layer, inputShape: Shape(fixture.shape)), seed: 1)
    try parameters.whiten("weight", with: images)
    return (parameters["weight"], fixture.shape[0] * kernel.height * kernel.width)
  }

  @Test("agrees with numpy up to signs, which are fixed, and has the negatives behind")
  func numpy() throws {
    let fixture = try InitializerFixture.load().whitening
    let (weight, size) = try whitened(fixture, channels: 24)
    for vector in 0..<size {
      let found = weight[vector * size..<(vector + 1) * size]
      let expected = fixture.weight[vector * size..<(vector + 1) * size]
      let sign: Double = (expected.max() ?? 0) >= -(expected.min() ?? 0) ? 1 : -1
      #expect(relativeError(Array(found), expected.map { $0 * sign }) < 1e-5)
    }
    #expect(weight[(size * size)...].elementsEqual(weight[..<(size * size)].map { -$0 }))
  }

  @Test("whitened patches have a covariance of λ / (λ + ε)")
  func covariance() throws {
    let fixture = try InitializerFixture.load().whitening
    let (weight, size) = try whitened(fixture, channels: 12 * 2)
    let shape = Shape(fixture.shape)
    let layer = Conv2d(2, 24, kernelSize: Size2d(height: 2, width: 3), bias: false)
    let output = try LayerRunner(layer, inputShape: shape, rows: 5).forward(input: fixture.images, parameters: weight)
    let positions = 4 * 4
    for i in 0..<size {
      for j in 0..<size {
        var sum = 0.0
        for row in 0..<5 {
          for position in 0..<positions {
            sum +=
              Double(output[(row * 24 + i) * positions + position])
              * Double(output[(row * 24 + j) * positions + position])
          }
        }
        let covariance = sum / Double(5 * positions)
        // The smallest eigenvalue of the patches is some 0.08.
        #expect(i == j ? covariance > 0.99 && covariance < 1 : abs(covariance) < 1e-5)
      }
    }
  }

  @Test("with fewer output channels, the largest eigenvalues and their negatives are left")
  func fewer() throws {
    let fixture = try InitializerFixture.load().whitening
    let (all, size) = try whitened(fixture, channels: 24)
    let (few, _) = try whitened(fixture, channels: 5)
    #expect(few[..<(3 * size)] == all[..<(3 * size)])
    #expect(few[(3 * size)...].elementsEqual(all[..<(2 * size)].map { -$0 }))
  }

  @Test("what does not fit is told in a sentence")
  func mistakes() throws {
    let network = try Network(Conv2d(2, 17, kernelSize: 2), inputShape: [2, 5, 5])
    var parameters = Parameters(of: network, seed: 1)
    func sentence(_ name: String, _ shape: Shape, count: Int = 1, value: Float = 1, _ examples: Range<Int>? = nil)
      -> String
    {
      let images = DenseInputs(Array(repeating: value, count: count * shape.count), shape: shape)
      do {
        try parameters.whiten(name, with: images, examples: examples)
      } catch { return error.description }
      return ""
    }
    #expect(sentence("wait", [2, 5, 5]) == "There is no parameter 'wait'.")
    #expect(sentence("bias", [2, 5, 5]) == "bias has shape (17,), and cannot be whitened by images (2, 5, 5).")
    #expect(
      sentence("weight", [3, 5, 5]) == "weight has shape (17, 2, 2, 2), and cannot be whitened by images (3, 5, 5).")
    #expect(
      sentence("weight", [2, 5, 5])
        == "weight has 17 output channels, but patches of 8 elements whiten 16 at most.")
    parameters = try Parameters(of: Network(Conv2d(2, 16, kernelSize: 2), inputShape: [2, 5, 5]), seed: 1)
    let before = parameters
    #expect(sentence("weight", [2, 5, 5], 0..<2) == "Examples 0..<2 of 1 cannot whiten anything.")
    #expect(sentence("weight", [2, 5, 5], value: .nan) == "The images have elements that are not finite.")
    #expect(parameters == before)
    #expect(sentence("weight", [2, 5, 5]).isEmpty && parameters != before)
  }

  @Test("eigenvectors of a matrix with equal eigenvalues, of a diagonal one and of one element")
  func eigenvectors() {
    let single = SymmetricEigenvectors(of: [-4], size: 1)
    #expect(single.values == [-4] && single.vectors == [1])
    let diagonal = SymmetricEigenvectors(of: [1, 0, 0, 0, 3, 0, 0, 0, 2], size: 3)
    #expect(diagonal.values == [3, 2, 1] && diagonal.vectors == [0, 1, 0, 0, 0, 1, 1, 0, 0])
    // Ones everywhere: 4, and 0 three times.
    let ones = SymmetricEigenvectors(of: Array(repeating: 1, count: 16), size: 4)
    #expect(abs(ones.values[0] - 4) < 1e-14 && ones.values[1...].allSatisfy { abs($0) < 1e-14 })
    #expect(ones.vectors[..<4].allSatisfy { abs($0 - 0.5) < 1e-14 })
  }
}
