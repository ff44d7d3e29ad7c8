import Martlet
import Testing

@Suite("Examples of activations, layer normalisation and dropout of channels")
struct ActivationExamples {
  @Test("activations keep the shape")
  func shapes() throws {
    print(LeakyReLU(negativeSlope: 0.1).outputShape(for: [6, 28, 28]))  // (6, 28, 28)
    #expect(LeakyReLU(negativeSlope: 0.1).outputShape(for: [6, 28, 28]) == [6, 28, 28])
    print(GELU(approximation: .tanh).outputShape(for: [64]))  // (64,)
    #expect(GELU(approximation: .tanh).outputShape(for: [64]) == [64])
    print(SiLU().outputShape(for: [64]))  // (64,)
    #expect(SiLU().outputShape(for: [64]) == [64])
    print(Tanh().outputShape(for: [64]))  // (64,)
    #expect(Tanh().outputShape(for: [64]) == [64])
    print(Sigmoid().outputShape(for: [64]))  // (64,)
    #expect(Sigmoid().outputShape(for: [64]) == [64])
    print(Softplus(beta: 2).outputShape(for: [64]))  // (64,)
    #expect(Softplus(beta: 2).outputShape(for: [64]) == [64])
  }

  @Test("Scale")
  func scale() throws {
    let model = Sequential {
      Linear(512, 10, bias: false)
      Scale(1 / 9)
    }
    print(try Network(model, inputShape: [512]).outputShape)  // (10,)
    #expect(try Network(model, inputShape: [512]).outputShape == [10])
  }

  @Test("LayerNorm")
  func layerNorm() throws {
    let layer = LayerNorm([64])
    print(try layer.outputShape(for: [64]), try layer.outputShape(for: [10, 64]))  // (64,) (10, 64)
    #expect(try layer.outputShape(for: [64]) == [64] && layer.outputShape(for: [10, 64]) == [10, 64])
  }

  @Test("Dropout2d")
  func dropout2d() throws {
    print(try Dropout2d(0.25).outputShape(for: [16, 8, 8]))  // (16, 8, 8)
    #expect(try Dropout2d(0.25).outputShape(for: [16, 8, 8]) == [16, 8, 8])
  }
}
