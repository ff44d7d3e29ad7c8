import Foundation
import Martlet
import MartletTestSupport
import Testing

/// One layer with whole-number inputs, and what PyTorch makes of it.
struct LayerFixture: Decodable, Sendable, CustomTestStringConvertible {
  struct Description: Decodable, Sendable {
    let kind: String
    let inputChannels: Int?
    let outputChannels: Int?
    let inputFeatures: Int?
    let outputFeatures: Int?
    let kernelSize: [Int]?
    let stride: [Int]?
    let padding: [Int]?
    let dilation: [Int]?
    let bias: Bool?
    let numFeatures: Int?
    let numGroups: Int?
    let numChannels: Int?
    let eps: Float?
    let momentum: Float?
    let affine: Bool?
    let countIncludePad: Bool?
    let outputSize: [Int]?

    private func size(_ pair: [Int]?) -> Size2d { Size2d(height: pair?[0] ?? 1, width: pair?[1] ?? 1) }

    func layer() throws -> any Layer {
      switch kind {
      case "Conv2d":
        Conv2d(
          try #require(inputChannels), try #require(outputChannels), kernelSize: size(kernelSize),
          stride: size(stride), padding: size(padding), dilation: size(dilation), bias: bias ?? true)
      case "Linear":
        Linear(try #require(inputFeatures), try #require(outputFeatures), bias: bias ?? true)
      case "MaxPool2d": MaxPool2d(size(kernelSize), stride: size(stride), padding: size(padding))
      case "ReLU": ReLU()
      case "BatchNorm2d":
        BatchNorm2d(
          try #require(numFeatures), epsilon: try #require(eps), momentum: try #require(momentum),
          affine: try #require(affine as Bool?))
      case "BatchNorm1d":
        BatchNorm1d(
          try #require(numFeatures), epsilon: try #require(eps), momentum: try #require(momentum),
          affine: try #require(affine as Bool?))
      case "GroupNorm":
        GroupNorm(
          groups: try #require(numGroups), channels: try #require(numChannels), epsilon: try #require(eps),
          affine: try #require(affine as Bool?))
      case "AvgPool2d":
        AvgPool2d(
          size(kernelSize), stride: size(stride), padding: size(padding),
          countsPadding: try #require(countIncludePad as Bool?))
      case "AdaptiveAvgPool2d": AdaptiveAvgPool2d(size(outputSize))
      default: throw Unknown(kind: kind)
      }
    }
  }

  struct Unknown: Error { let kind: String }

  let name: String
  let layer: Description
  let rows: Int
  let inputShape: [Int]
  let outputShape: [Int]
  let input: Numbers
  let parameters: [String: Numbers]
  let output: Numbers
  let outputGradient: Numbers
  let inputGradient: Numbers
  let gradients: [String: Numbers]

  var testDescription: String { name }

  static let all: [LayerFixture] = (try? Fixture.load("layers.json", from: .module)) ?? []
}

@Suite("Layers agree with PyTorch")
struct LayerFixtureTests {
  @Test("the fixtures are there")
  func fixturesAreThere() { #expect(LayerFixture.all.count == 27) }

  @Test("forward, input gradient and parameter gradients are exact on whole numbers", arguments: LayerFixture.all)
  func exact(fixture: LayerFixture) throws {
    let runner = try LayerRunner(fixture.layer.layer(), inputShape: Shape(fixture.inputShape), rows: fixture.rows)
    #expect(runner.outputShape == Shape(fixture.outputShape))
    #expect(Set(runner.specifications.map(\.name)) == Set(fixture.parameters.keys))
    let parameters = runner.specifications.flatMap { fixture.parameters[$0.name]?.floats ?? [] }
    let (input, outputGradient) = (fixture.input.floats, fixture.outputGradient.floats)

    #expect(relativeError(runner.forward(input: input, parameters: parameters), fixture.output.doubles) == 0)
    #expect(
      relativeError(
        runner.backward(input: input, parameters: parameters, outputGradient: outputGradient),
        fixture.inputGradient.doubles) == 0)
    for (index, specification) in runner.specifications.enumerated() {
      let expected = try #require(fixture.gradients[specification.name]).doubles
      let gradient = runner.gradient(
        ofParameter: index, input: input, parameters: parameters, outputGradient: outputGradient)
      #expect(relativeError(gradient, expected) == 0, "\(specification.name)")
    }
  }

  @Test("a gradient does not depend on how its units are shared out", arguments: LayerFixture.all, [1, 2, 3, 5])
  func unitsAreIndependent(fixture: LayerFixture, unitsAtOnce: Int) throws {
    let runner = try LayerRunner(fixture.layer.layer(), inputShape: Shape(fixture.inputShape), rows: fixture.rows)
    let source = RandomSource(seed: 9)
    let input = fixture.input.floats.indices.map { source.stream("input").uniform(at: $0) - 0.5 }
    let outputGradient = fixture.outputGradient.floats.indices.map { source.stream("gradient").uniform(at: $0) - 0.5 }
    let parameters = runner.specifications.flatMap { fixture.parameters[$0.name]?.floats ?? [] }
    for index in runner.specifications.indices {
      let whole = runner.gradient(
        ofParameter: index, input: input, parameters: parameters, outputGradient: outputGradient)
      let parts = runner.gradient(
        ofParameter: index, input: input, parameters: parameters, outputGradient: outputGradient,
        unitsAtOnce: unitsAtOnce)
      #expect(whole == parts)
    }
  }
}
