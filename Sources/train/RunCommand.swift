import ArgumentParser
import MartletData
import MartletReports
import MartletTraining

extension LabelMode: ExpressibleByArgument {}

/// `train run`: one network, as PyTorch's tutorial trains it.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Train one network, and test it.")

  @Option(help: "The kind of label.")
  var labels: LabelMode = .hard

  @OptionGroup var options: TrainingOptions

  func validate() throws { try options.validate(for: [labels]) }

  func run() throws {
    try reportingFailures {
      if let save = options.save { try FileWriting.checkWritable(save) }
      var observer = try RunObserver(style: options.quiet ? .quiet : .tutorial, metricsPath: options.metrics)
      var experiment = try options.experiment(for: [labels])
      let result = try experiment.run(Experiment.Arm(labels: labels, seed: options.seed)) { try observer.observe($0) }
      if let save = options.save { try FileWriting.write(Safetensors.bytes(of: result.parameters), to: save) }
      if !options.quiet { print("Finished Training") }
      print(TutorialLog.accuracy(result.evaluation, split: experiment.test.split))
    }
  }
}
