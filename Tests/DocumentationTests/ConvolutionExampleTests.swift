import Martlet
import Testing

@Suite("Examples of first values, whitening, pooling, shortcuts and convolutions")
struct ConvolutionExamples {
  @Test("Initializer")
  func initializer() throws {
    let model = Sequential {
      Conv2d(3, 64, kernelSize: 3, weight: .kaimingNormal(mode: .fanOut), bias: false)
      ReLU()
      Flatten()
      Linear(64 * 36, 10, weight: .xavierUniform(), bias: .constant(0)).named("last")
    }
    let parameters = try Parameters(of: Network(model, inputShape: [3, 8, 8]), seed: 1)
    print(parameters["last.bias"].allSatisfy { $0 == 0 })  // true
    #expect(parameters["last.bias"].allSatisfy { $0 == 0 })
  }

  @Test("dirac")
  func dirac() throws {
    let layer = Conv2d(2, 4, kernelSize: 3, padding: 1, weight: .dirac(others: .fanIn), bias: false)
    let parameters = try Parameters(of: Network(layer, inputShape: [2, 5, 5]), seed: 1)
    print(parameters["weight"][0..<9])  // [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    #expect(parameters["weight"][0..<9] == [0, 0, 0, 0, 1, 0, 0, 0, 0])
  }

  @Test("gain, and biases with first values")
  func gain() {
    print(Nonlinearity.tanh.gain)  // 1.6666666666666667
    #expect("\(Nonlinearity.tanh.gain)" == "1.6666666666666667")
    do {
      let layer = Linear(256, 10, weight: .xavierUniform(), bias: .constant(0))
      print(layer.hasBias)  // true
      #expect(layer.hasBias)
    }
    do {
      let layer = Conv2d(3, 64, kernelSize: 3, padding: 1, weight: .kaimingNormal(), bias: .constant(0))
      print(layer.hasBias)  // true
      #expect(layer.hasBias)
    }
  }

  @Test("normal numbers")
  func normal() {
    let source = RandomSource(seed: 1).stream("conv1.weight")
    print(source.normal(at: 0) == source.normal(at: 0))  // true
    #expect(source.normal(at: 0) == source.normal(at: 0))
  }

  @Test("whitening")
  func whitening() throws {
    let network = try Network(Conv2d(1, 8, kernelSize: 2).named("whitening"), inputShape: [1, 4, 4])
    let random = RandomSource(seed: 1)
    let images = DenseInputs((0..<160).map { random.uniform(at: $0) - 0.5 }, shape: [1, 4, 4])
    var parameters = Parameters(of: network, seed: 1)
    try parameters.whiten("whitening.weight", with: images)
    let weight = parameters["whitening.weight"]
    #expect(weight[..<16].elementsEqual(weight[16...].map { -$0 }))
  }

  @Test("AdaptiveMaxPool2d")
  func adaptiveMaxPool2d() throws {
    print(try AdaptiveMaxPool2d(1).outputShape(for: [256, 3, 3]))  // (256, 1, 1)
    #expect(try AdaptiveMaxPool2d(1).outputShape(for: [256, 3, 3]) == [256, 1, 1])
  }

  @Test("SubsamplingShortcut")
  func subsamplingShortcut() throws {
    let block = Residual {
      Conv2d(16, 32, kernelSize: 3, stride: 2, padding: 1, bias: false)
      BatchNorm2d(32)
      ReLU()
      Conv2d(32, 32, kernelSize: 3, padding: 1, bias: false)
      BatchNorm2d(32)
    } shortcut: {
      SubsamplingShortcut(32)
    }
    print(try Network(block, inputShape: [16, 32, 32]).outputShape)  // (32, 16, 16)
    #expect(try Network(block, inputShape: [16, 32, 32]).outputShape == [32, 16, 16])
  }

  @Test("Residual with a shortcut")
  func shortcut() throws {
    let larger = Residual {
      Conv2d(16, 32, kernelSize: 3, stride: 2, padding: 1, bias: false)
      BatchNorm2d(32)
    } shortcut: {
      Conv2d(16, 32, kernelSize: 1, stride: 2, bias: false)
      BatchNorm2d(32)
    }
    print(try Network(larger, inputShape: [16, 8, 8]).parameters[4].name)  // shortcut.0.weight
    #expect(try Network(larger, inputShape: [16, 8, 8]).parameters[5].name == "shortcut.0.weight")
  }

  @Test("convolution with .same, groups and a border")
  func convolutionOptions() throws {
    let layer = Conv2d(8, 8, kernelSize: 2, padding: .same, groups: 8, paddingMode: .reflect)
    print(try layer.outputShape(for: [8, 5, 5]))  // (8, 5, 5)
    #expect(try layer.outputShape(for: [8, 5, 5]) == [8, 5, 5])
  }

  @Test("padding layers")
  func padding() throws {
    print(try ZeroPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]))  // (3, 5, 8)
    #expect(try ZeroPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]) == [3, 5, 8])
    print(try ReflectionPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]))  // (3, 5, 8)
    #expect(try ReflectionPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]) == [3, 5, 8])
    print(try ReplicationPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]))  // (3, 5, 8)
    #expect(try ReplicationPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]) == [3, 5, 8])
    print(try CircularPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]))  // (3, 5, 8)
    #expect(try CircularPad2d(left: 1, right: 2, top: 0, bottom: 0).outputShape(for: [3, 5, 5]) == [3, 5, 8])
  }
}
