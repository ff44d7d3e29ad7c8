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

  func validate() throws {
    try options.validate(for: [labels])
    if options.logEvery != nil && options.quiet && options.metrics == nil {
      throw ValidationError("--log-every has no effect with --quiet and without --metrics.")
    }
  }

  func run() throws {
    try reportingFailures {
      for path in [options.save, options.metrics] { if let path { try FileWriting.checkWritable(path) } }
      var experiment = try options.experiment()
      // Opened, and so emptied, only once all inputs are read.
      var observer = try RunObserver(
        style: options.quiet ? .quiet : .tutorial, namesArms: false, metricsPath: options.metrics)
      let result = try experiment.run(Experiment.Arm(labels: labels, seed: options.seed)) { event in
        if case .trained(_, let parameters) = event, let save = options.save {
          try FileWriting.write(Safetensors.bytes(of: parameters), to: save)
        }
        try observer.observe(event)
      }
      if !options.quiet { print("Finished Training") }
      if options.epochs > 0 { warnOfNaN(result) }
      print(TutorialLog.accuracy(result.evaluation, split: experiment.test.split))
    }
  }
}
