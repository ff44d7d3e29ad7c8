import ArgumentParser
import Martlet
import MartletData
import MartletReports
import MartletTraining

/// `train evaluate`: how well saved weights do.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Test saved weights: accuracy, also of each class, loss, calibration; confusions and a temperature.")

  @Argument(help: ArgumentHelp("The weights.", valueName: "file.safetensors"))
  var weights: String

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Network") var model: ModelOptions

  @Option(help: "Which images: 'test' or 'train'.")
  var split: DatasetCatalog.Split = .test

  @Option(help: "Test with several views of each image: mirrored, and moved by a pixel as well.")
  var tta: TestTimeAugmentation = .none

  @Option(parsing: .unconditional, help: ArgumentHelp("Test on the first N images only.", valueName: "n"))
  var limit: Int?

  @Option(parsing: .unconditional, help: ArgumentHelp("Threads (default: one for each processor).", valueName: "n"))
  var threads: Int?

  @Flag(help: "Print how often the images of each class were taken for each other class.")
  var confusion = false

  @Flag(help: "Fit a temperature on the first half of the images, and say what it does to the second half.")
  var fitTemperature = false

  @Option(help: ArgumentHelp("Where to write the result as a JSON object.", valueName: "file.jsonl"))
  var metrics: String?

  func validate() throws {
    try data.check()
    try model.check()
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, not \(limit).") }
    if fitTemperature && tta != .none {
      throw ValidationError("--fit-temperature is for images as they are: it does not go with --tta.")
    }
    if metrics == weights { throw ValidationError("--metrics names the file of the weights.") }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
    }
  }

  func run() throws {
    try reportingFailures {
      let dataset = try data.load(split, limit: limit)
      let normalization = try data.normalization(for: dataset.imageShape)
      try tta.check(dataset.imageShape)
      let network = try model.network(inputShape: dataset.imageShape, classCount: dataset.classCount)
      let threadCount = threads ?? ThreadTeam.processorCount
      try checkMemory(
        InferencePlan.memorySize(of: network, batchSize: min(256, dataset.count), threadCount: threadCount))
      if fitTemperature && dataset.count < 2 {
        throw UsageError(description: "--fit-temperature takes two images at least, not \(dataset.count).")
      }
      let parameters = try Safetensors.read(path: weights, like: Parameters(of: network, seed: 0))
      let classifier = Classifier(network, parameters: parameters, normalization: normalization)
      let team = ThreadTeam(threadCount: threadCount)
      let evaluation = Evaluation(of: classifier, on: dataset, views: tta, team: team)
      let plainAccuracy = tta == .none ? nil : Evaluation(of: classifier, on: dataset, team: team).accuracy
      if let metrics {
        try MetricsFile(path: metrics).append(
          MetricsLine.evaluate(evaluation, split: split.rawValue, views: tta, plainAccuracy: plainAccuracy))
      }
      print(TutorialLog.accuracy(evaluation, split: split.rawValue))
      if let plainAccuracy { print(TutorialLog.views(tta, plainAccuracy: plainAccuracy)) }
      print(TutorialLog.measures(evaluation))
      print(TutorialLog.classAccuracies(evaluation, classNames: dataset.classNames))
      if confusion { print("\n" + TutorialLog.confusion(evaluation, classNames: dataset.classNames)) }
      if fitTemperature {
        print("\n" + TutorialLog.temperature(TemperatureTrial(of: classifier, on: dataset, team: team)))
      }
    }
  }
}

extension DatasetCatalog.Split: ExpressibleByArgument {}
