import Martlet
import MartletTraining
import Testing

@Suite("Examples of normalisation, dropout, pooling, branches, augmentation and AdamW")
struct NormalisationExamples {
  @Test("BatchNorm2d")
  func batchNorm2d() throws {
    let block = Sequential {
      Conv2d(3, 16, kernelSize: 3, padding: 1, bias: false)
      BatchNorm2d(16)
      ReLU()
    }
    print(try Network(block, inputShape: [3, 32, 32]).outputShape)  // (16, 32, 32)
    #expect(try Network(block, inputShape: [3, 32, 32]).outputShape == [16, 32, 32])
  }

  @Test("BatchNorm1d")
  func batchNorm1d() throws {
    let layer = BatchNorm1d(120)
    print(try layer.outputShape(for: [120]))  // (120,)
    #expect(try layer.outputShape(for: [120]) == [120])
  }

  @Test("GroupNorm")
  func groupNorm() throws {
    let layer = GroupNorm(groups: 4, channels: 16)
    print(try layer.outputShape(for: [16, 8, 8]))  // (16, 8, 8)
    #expect(try layer.outputShape(for: [16, 8, 8]) == [16, 8, 8])
  }

  @Test("Dropout")
  func dropout() throws {
    let model = Sequential {
      Linear(784, 800)
      ReLU()
      Dropout(0.5)
      Linear(800, 10)
    }
    print(try Network(model, inputShape: [784]).outputShape)  // (10,)
    #expect(try Network(model, inputShape: [784]).outputShape == [10])
  }

  @Test("average pooling")
  func averagePooling() throws {
    print(try AvgPool2d(2).outputShape(for: [6, 28, 28]))  // (6, 14, 14)
    #expect(try AvgPool2d(2).outputShape(for: [6, 28, 28]) == [6, 14, 14])
    print(try AdaptiveAvgPool2d(1).outputShape(for: [512, 7, 7]))  // (512, 1, 1)
    #expect(try AdaptiveAvgPool2d(1).outputShape(for: [512, 7, 7]) == [512, 1, 1])
  }

  @Test("Concatenation")
  func concatenation() throws {
    let branches = Concatenation {
      Conv2d(8, 4, kernelSize: 1)
      Conv2d(8, 12, kernelSize: 3, padding: 1)
    }
    print(try Network(branches, inputShape: [8, 6, 6]).outputShape)  // (16, 6, 6)
    #expect(try Network(branches, inputShape: [8, 6, 6]).outputShape == [16, 6, 6])
  }

  @Test("a network's summary")
  func summary() throws {
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let summary = network.summary(batchSize: 4)
    print(summary.operations[0].kind, summary.phases.count)  // Conv2d + ReLU + MaxPool2d 9
    #expect(summary.operations[0].kind == "Conv2d + ReLU + MaxPool2d" && summary.phases.count == 9)
  }

  @Test("AdamW")
  func adamW() {
    let optimizer = AdamW(learningRate: 0.001, weightDecay: 0.05)
    print(optimizer.slots)  // ["exp_avg", "exp_avg_sq"]
    #expect(optimizer.slots == ["exp_avg", "exp_avg_sq"])
  }

  @Test("Mixup")
  func mixup() {
    var configuration = TrainingConfiguration()
    configuration.mixup = Mixup(alpha: 0.2)
    #expect(configuration.mixup?.alpha == 0.2)
  }

  @Test("CutMix")
  func cutmix() {
    var configuration = TrainingConfiguration()
    configuration.cutmix = CutMix(alpha: 1)
    #expect(configuration.cutmix == CutMix())
  }
}
