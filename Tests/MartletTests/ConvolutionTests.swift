import Martlet
import MartletTestSupport
import Testing

@Suite("Shortcuts")
struct ShortcutTests {
  private let model = Sequential {
    Conv2d(2, 3, kernelSize: 3, padding: 1)
    Residual {
      Conv2d(3, 4, kernelSize: 3, stride: 2, padding: 1, bias: false)
      BatchNorm2d(4)
      ReLU()
      Conv2d(4, 4, kernelSize: 1)
    } shortcut: {
      Conv2d(3, 4, kernelSize: 1, stride: 2, bias: false)
      BatchNorm2d(4)
    }
    ReLU()
    Residual {
      Conv2d(4, 7, kernelSize: 3, stride: 2, padding: 1)
    } shortcut: {
      SubsamplingShortcut(7)
    }
    ReLU()
    AdaptiveAvgPool2d(1)
    Flatten()
    Linear(7, 3)
  }

  @Test("loss and gradients with projections and subsampling agree with PyTorch\'s to 1e-5", arguments: [1, 2, 3])
  func fixture(threads: Int) throws {
    let fixtures: [ResidualFixture] = try Fixture.load("shortcuts.json", from: .module)
    let reference = try #require(fixtures.first)
    let network = try Network(model, inputShape: [2, 6, 6])
    var parameters = Parameters(of: network, seed: 0)
    for (name, values) in reference.initial { parameters[name] = values.floats }
    var plan = TrainingPlan(
      network, batchSize: 4, loss: CrossEntropy(), optimizer: SGD(learningRate: 0), parameters: parameters,
      team: ThreadTeam(threadCount: threads), keepsGradients: true)
    let result = plan.step(
      Batch(
        inputs: DenseInputs(reference.input.floats, shape: [2, 6, 6]),
        targets: try .classIndices(reference.targets.integers, classCount: 3)))
    #expect(abs(result.loss - reference.loss) <= 1e-5 * reference.loss)
    for (name, expected) in reference.gradients {
      #expect(relativeError(plan.gradients[name], expected.doubles) <= 1e-5, "\(name)")
    }
  }

  @Test("a shortcut that does not fit is told in a sentence")
  func mistakes() {
    func sentence(_ model: some Model) -> String {
      do { _ = try Network(model, inputShape: [4, 6, 6]) } catch { return error.description }
      return ""
    }
    #expect(
      sentence(
        Sequential {
          Residual {
            Conv2d(4, 8, kernelSize: 1)
          } shortcut: {
            Conv2d(4, 6, kernelSize: 1)
          }
        }) == "0: Values of shape (6, 6, 6) and (8, 6, 6) cannot be added; both must have one shape.")
    #expect(
      sentence(Sequential { SubsamplingShortcut(3) })
        == "0: A shortcut to 3 channels takes (channels, height, width) with as many channels at most, but its input is "
        + "(4, 6, 6).")
  }
}

@Suite("Groups and borders")
struct ConvolutionOptionTests {
  private func sentence(_ layer: some Layer, _ shape: Shape) -> String {
    do { _ = try layer.outputShape(for: shape) } catch { return error.description }
    return ""
  }

  @Test("borders that are too wide are told in sentences, and possible ones are not")
  func borders() {
    #expect(
      sentence(Conv2d(2, 2, kernelSize: 3, padding: 3, paddingMode: .reflect), [2, 3, 5])
        == "Padding by reflect cannot be wider than 2 above and below an image of 3×5, and 4 on its sides.")
    #expect(sentence(CircularPad2d(5), [2, 5, 4]).contains("cannot be wider than 5"))
    #expect(sentence(CircularPad2d(4), [2, 5, 4]).isEmpty && sentence(ReflectionPad2d(3), [2, 5, 4]).isEmpty)
    #expect(sentence(ReplicationPad2d(40), [2, 1, 1]).isEmpty && sentence(ZeroPad2d(40), [2, 1, 1]).isEmpty)
    #expect(sentence(ZeroPad2d(1), [5]) == "Padding takes (channels, height, width), but its input is (5,).")
  }

  @Test("fans of convolutions in groups are those of one group")
  func fans() throws {
    let layer = Conv2d(8, 8, kernelSize: 3, groups: 8)
    let parameters = try Parameters(of: Network(layer, inputShape: [8, 5, 5]), seed: 1)
    #expect(parameters.shape(of: "weight") == [8, 1, 3, 3])
    let (weight, bias) = (parameters["weight"].map(abs), parameters["bias"].map(abs))
    #expect((weight.max() ?? 0) <= 1 / 3 && (weight.max() ?? 0) > 0.3 && (bias.max() ?? 0) <= 1 / 3)
    #expect((bias.max() ?? 0) > 1 / Float(72).squareRoot())
  }
}
