import ArgumentParser
import Martlet
import MartletData
import MartletReports
import MartletTraining

/// `train describe`: what a network is, before it is trained.
struct DescribeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "describe",
    abstract: "Show a network: layers, shapes, parameters, operations, memory, and what threads do in a step.")

  @Option(help: "The images whose shape and classes the network is for.")
  var dataset: DatasetCatalog = .shapes

  @OptionGroup(title: "Network") var model: ModelOptions

  @Option(
    name: .customLong("optimizer"),
    help: ArgumentHelp("The optimizer, which keeps some floats of each parameter.", valueName: "name:x=1,y"))
  var optimizerText = "sgd"

  @Option(parsing: .unconditional, help: ArgumentHelp("Images a step.", valueName: "n"))
  var batchSize = 4

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads, which each have memory of their own.", valueName: "n"))
  var threads = 1

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Clip the norm of all gradients together to this.", valueName: "x"))
  var clipNorm: Float?

  func validate() throws {
    try model.check()
    _ = try optimizer
    guard (1...65536).contains(batchSize) else {
      throw ValidationError("--batch-size must be from 1 to 65536, not \(batchSize).")
    }
    if let clipNorm, !clipNorm.isFinite || clipNorm <= 0 {
      throw ValidationError("--clip-norm must be a finite number above 0, not \(clipNorm).")
    }
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
    }
  }

  private var optimizer: any Optimizer {
    get throws {
      try OptimizerCatalog.optimizer(optimizerText)(
        .init(learningRate: 0.001, weightDecay: nil, momentum: 0.9, usesNesterovMomentum: false))
    }
  }

  func run() throws {
    try reportingFailures {
      let shape = dataset.imageShape
      let network = try model.network(inputShape: shape, classCount: dataset.classCount)
      let summary = network.summary(
        batchSize: batchSize, optimizer: try optimizer,
        threadCount: threads, clipsGradients: clipNorm != nil)
      print(NetworkTable.text(summary, inputShape: shape, batchSize: batchSize))
    }
  }
}
