import ArgumentParser
import MartletTestSupport
import Testing

@testable import Martlet
@testable import MartletTraining
@testable import train

@Suite("What flags can name")
struct CatalogTests {
  /// Every entry by its name alone, and again with all parameters as its usage shows them.
  private func texts<Value>(_ entries: [NamedEntry<Value>], separator: String = ",") -> [(plain: String, full: String)]
  {
    #expect(Set(entries.map(\.name)).count == entries.count)
    return entries.map { entry in
      let parameters = entry.parameters.compactMap { parameter in
        if case .word(let words) = parameter.kind { return "\(parameter.name)=\(words[0])" }
        return parameter.kind == .flag ? nil : parameter.usage
      }
      return (
        entry.name,
        ([entry.name] + [parameters.joined(separator: separator)]).filter { !$0.isEmpty }.joined(separator: ":")
      )
    }
  }

  @Test("every network takes images of 32×32 and of 28×28, and its defaults are what its usage says")
  func models() throws {
    for (plain, full) in texts(ModelCatalog.all) {
      for shape in [[3, 32, 32], [1, 28, 28]] as [Shape] {
        let network = try Network(ModelCatalog.model(plain)(shape, 7), inputShape: shape)
        #expect(network.outputShape == [7], "\(plain)")
        #expect(try Network(ModelCatalog.model(full)(shape, 7), inputShape: shape) == network, "\(full)")
      }
    }
    #expect(
      try Network(ModelCatalog.model("speedrun")([3, 32, 32], 10), inputShape: [3, 32, 32]).parameterCount > 1_900_000)
  }

  @Test("defaults of optimizers, schedules, slow weights and changes of images are what their usages say")
  func defaults() throws {
    let flags = OptimizerCatalog.Hyperparameters(
      learningRate: 0.1, weightDecay: nil, momentum: 0.9, usesNesterovMomentum: false)
    for (plain, full) in texts(OptimizerCatalog.all) {
      let (one, two) = (try OptimizerCatalog.optimizer(plain)(flags), try OptimizerCatalog.optimizer(full)(flags))
      #expect("\(one)" == "\(two)", "\(full)")
    }
    for (plain, full) in texts(ScheduleCatalog.all) {
      #expect(try "\(ScheduleCatalog.schedule(plain))" == "\(ScheduleCatalog.schedule(full))", "\(full)")
    }
    for (plain, full) in texts(LookaheadCatalog.all) {
      #expect(try LookaheadCatalog.lookahead(plain) == LookaheadCatalog.lookahead(full), "\(full)")
    }
    for (plain, full) in texts(AugmentationCatalog.all, separator: ":") {
      #expect(
        try "\(AugmentationCatalog.augmentations(plain))" == "\(AugmentationCatalog.augmentations(full))", "\(full)")
    }
  }

  @Test("texts become what they say")
  func values() throws {
    #expect(try ScheduleCatalog.schedule("cosine:end=0.1,warmup=2,from=0.5") is WarmupLR<CosineAnnealingLR>)
    let steps = try #require(
      try ScheduleCatalog.schedule("multi-step:at=0.5/0.75,unit=share,gamma=0.5") as? MultiStepLR)
    #expect(steps.milestones == [.share(0.5), .share(0.75)] && steps.gamma == 0.5)
    #expect((try ScheduleCatalog.schedule("step:20,steps") as? StepLR)?.length == .steps(20))
    let augmentations = try AugmentationCatalog.augmentations("alternating-flip,crop:2:reflect,flip:0.3")
    #expect(augmentations[0] is AlternatingHorizontalFlip)
    #expect(augmentations[1] as? RandomCrop == RandomCrop(padding: 2, mode: .reflect))
    #expect(augmentations[2] as? RandomHorizontalFlip == RandomHorizontalFlip(probability: 0.3))
    #expect(
      try GroupCatalog.groups("biases:decay=0; block1.*:rate=0.1;conv1:frozen;whiten.bias:epochs=3") == [
        ParameterGroup(.roles([.bias]), weightDecay: 0), ParameterGroup(.matching("block1.*"), learningRateFactor: 0.1),
        ParameterGroup(.named("conv1"), isFrozen: true),
        ParameterGroup(.named("whiten.bias"), schedule: UntilLR(.epochs(3))),
      ])
    let averaged = try TrainingOptions.parse(["--ema", "0.999"]).optimization.averaging
    #expect(averaged == .exponential(decay: 0.999))
    #expect(try TrainingOptions.parse(["--swa", "0.75"]).optimization.averaging == .stochastic(from: .share(0.75)))
  }

  @Test("are listed with every parameter, within 120 columns")
  func list() throws {
    let folder = try TemporaryFolder()
    let output = try Program.run(["catalog"], in: folder).output
    for flag in ["model", "optimizer", "schedule", "lookahead", "augment", "groups"] {
      #expect(output.contains("\n--\(flag): "), "\(flag)")
      let alone = try Program.run(["catalog", flag], in: folder)
      #expect(alone.status == 0 && alone.output.components(separatedBy: "\n--").count == 2)
    }
    for line in [
      "\nvgg: blocks of 3×3 ", "\n    widths=64/128/256: the channels of each block; whole numbers from 1 on\n",
      "\n    gamma=0.1: γ; 0 or more\n", "\n    unit=epochs|steps|share: ", "\n    mode=zeros|reflect: ",
      "\n    frozen: never changed\n", "\nmuon: ",
    ] {
      #expect(output.contains(line), "\(line)")
    }
    // What all schedules take comes once.
    #expect(output.components(separatedBy: "    warmup=0: ").count == 2)
    #expect(output.split(separator: "\n").filter { $0.count > 120 } == [])
  }
}
