import Martlet
import MartletTraining
import Testing

@Suite("Examples of networks by name")
struct ModelExamples {
  @Test("Models.lenet")
  func lenet() throws {
    let network = try Network(Models.lenet(), inputShape: [1, 28, 28])
    print(network.parameterCount)  // 61706
    #expect(network.parameterCount == 61706)
  }

  @Test("Models.vgg")
  func vgg() throws {
    let network = try Network(Models.vgg(widths: [8, 16]), inputShape: [3, 32, 32])
    print(network.outputShape)  // (10,)
    #expect(network.outputShape == [10])
  }

  @Test("Models.resnet")
  func resnet() throws {
    let network = try Network(Models.resnet(depth: 20), inputShape: [3, 32, 32])
    print(network.parameters[5].name)  // layer1.0.conv1.weight
    #expect(network.parameters[5].name == "layer1.0.conv1.weight")
  }

  @Test("Models.resnet9")
  func resnet9() throws {
    let network = try Network(Models.resnet9(width: 8), inputShape: [3, 32, 32])
    print(network.outputShape)  // (10,)
    #expect(network.outputShape == [10])
  }

  @Test("Models.speedrun")
  func speedrun() throws {
    let network = try Network(Models.speedrun(widths: [8, 16, 16]), inputShape: [3, 32, 32])
    print(network.outputShape)  // (10,)
    #expect(network.outputShape == [10])
  }

  @Test("Whitening")
  func whitening() throws {
    let shape: Shape = [3, 32, 32]
    var recipe = Recipe("whitened", network: try Network(Models.speedrun(widths: [8, 8, 8]), inputShape: shape))
    recipe.whitening = Whitening("whiten.weight", imageCount: 100)
    recipe.configuration.groups = [ParameterGroup(.named("whiten.weight"), isFrozen: true)]
    #expect(recipe.whitening?.epsilon == 5e-4)
  }

  @Test("Choice")
  func choice() throws {
    struct Filter: Choosable {
      let name: String
      let parameters: [ChoiceParameter]
    }
    let radius = ChoiceParameter("radius", .number(default: 2, .aboveZero), "how far it reaches, in pixels")
    let filters = [Filter(name: "blur", parameters: [radius]), Filter(name: "mirror", parameters: [])]
    let choice = try Choice("blur:radius=3.5", "filter", among: filters)
    print(choice.entry.name, choice.arguments.number("radius"))  // blur 3.5
    #expect(choice.entry.name == "blur" && choice.arguments.number("radius") == 3.5)
  }
}
