import Martlet
import MartletData
import MartletTraining
import Testing

/// Makes an image up to a tenth stronger or weaker.
struct RandomGain: Augmentation {
  func apply(to image: inout MutableSpan<Float>, context: AugmentationContext) {
    let factor = 0.9 + 0.2 * context.random.uniform(at: 0)
    for i in image.indices { image[i] *= factor }
  }
}

@Suite("Examples of augmentation")
struct AugmentationExamples {
  @Test("AugmentedInputs")
  func augmentedInputs() {
    let images = DenseInputs([1, 2, 3, 4], shape: [1, 2, 2])
    let augmented = AugmentedInputs(images, [RandomHorizontalFlip(), RandomCrop(padding: 1)])
    print(augmented.count, augmented.inputShape)  // 1 (1, 2, 2)
    #expect(augmented.count == 1 && augmented.inputShape == [1, 2, 2])
  }

  @Test("an augmentation of one's own")
  func ownAugmentation() {
    var image: [Float] = [1, 2]
    var span = image.mutableSpan
    let view = View(1, of: 0, random: RandomSource(seed: 1))
    RandomGain().apply(to: &span, context: AugmentationContext(shape: [1, 1, 2], view: view))
    #expect(image[1] == 2 * image[0] && image[0] >= 0.9 && image[0] < 1.1)
  }

  @Test("RandomHorizontalFlip")
  func randomHorizontalFlip() {
    print(RandomHorizontalFlip().probability)  // 0.5
    #expect(RandomHorizontalFlip().probability == 0.5)
  }

  @Test("AlternatingHorizontalFlip")
  func alternatingHorizontalFlip() {
    var configuration = TrainingConfiguration()
    configuration.augmentations = [AlternatingHorizontalFlip(), RandomCrop(padding: 2, mode: .reflect)]
    #expect(configuration.augmentations.count == 2)
  }

  @Test("RandomCrop")
  func randomCrop() {
    print(RandomCrop(padding: 4).padding, RandomCrop(padding: 2, mode: .reflect).mode)  // 4 reflect
    #expect("\(RandomCrop(padding: 4).padding) \(RandomCrop(padding: 2, mode: .reflect).mode)" == "4 reflect")
  }

  @Test("Cutout")
  func cutout() {
    print(Cutout(size: 8).size)  // 8
    #expect(Cutout(size: 8).size == 8)
  }

  @Test("RandomErasing")
  func randomErasing() {
    print(RandomErasing(probability: 0.25).scale)  // 0.02...0.33
    #expect("\(RandomErasing(probability: 0.25).scale)" == "0.02...0.33")
  }

  @Test("ColorJitter")
  func colorJitter() {
    let jitter = ColorJitter(brightness: 0.4, contrast: 0.2)
    print(jitter.brightness, jitter.contrast)  // 0.4 0.2
    #expect(jitter.brightness == 0.4 && jitter.contrast == 0.2)
  }

  @Test("TestTimeAugmentation")
  func testTimeAugmentation() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let classifier = Classifier(network, parameters: Parameters(of: network, seed: 1))
    let logits = classifier.logits(for: Shapes.make(.test, count: 5), views: .flip)
    print(logits.count, TestTimeAugmentation.flipAndShift.viewCount)  // 50 6
    #expect(logits.count == 50 && TestTimeAugmentation.flipAndShift.viewCount == 6)
  }

  @Test("ValidationSplit")
  func validationSplit() {
    var configuration = TrainingConfiguration()
    configuration.epochs = 50
    configuration.validation = ValidationSplit(share: 0.1, patience: 5)
    #expect(configuration.validation?.keepsBest == true)
  }
}
