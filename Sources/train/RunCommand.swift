import ArgumentParser
import Martlet
import MartletData
import MartletReports
import MartletTraining

/// `train run`: one network, as PyTorch's tutorial trains it.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Train one network, and test it.")

  @Option(help: "The kind of label.")
  var labels: LabelMode = .hard

  @OptionGroup var options: TrainingOptions

  func validate() throws {
    try options.check(for: [labels])
    if options.logEvery != nil && options.quiet && options.metrics == nil {
      throw ValidationError("--log-every has no effect with --quiet and without --metrics.")
    }
  }

  func run() throws {
    try reportingFailures {
      for path in [options.save, options.metrics, options.pseudo.saveSoftLabels] {
        if let path { try FileWriting.checkWritable(path) }
      }
      let images = try options.datasets()
      var recipes = RecipeMaker(images: images)
      let recipe = try recipes.recipe(labels.rawValue, options, for: labels)
      // Opened, and so emptied, only once all inputs are read.
      var observer = try RunObserver(
        style: options.quiet ? .quiet : .tutorial, namesTrials: false, labels: [recipe.name: labels],
        metricsPath: options.metrics)
      let trial = Trial(recipe.name, seed: options.seed)
      let team = ThreadTeam(threadCount: options.threads ?? recipe.usefulThreadCount)
      let signals = Interruption.start()
      defer { withExtendedLifetime(signals) {} }
      let result: TrialResult
      do {
        result = try recipe.run(
          seed: options.seed, training: images.training, test: images.test, team: team,
          logEvery: options.reportInterval,
          shouldStop: { Interruption.isWanted }
        ) { event in
          switch event {
          case .trained(_, let trained):
            if let save = options.save { try FileWriting.write(Safetensors.bytes(of: trained.parameters), to: save) }
          case .softLabels(_, _, let rows):
            if let path = options.pseudo.saveSoftLabels {
              try SoftLabels.write(rows, classCount: images.training.classCount, to: path)
            }
          default: break
          }
          try observer.observe(trial, event)
        }
      } catch let stopped as TrainingStopped {
        observer.clear()
        try keep(stopped)
        throw ExitCode(Interruption.status)
      }
      if !options.quiet { print("Finished Training") }
      if options.epochs > 0 { warnOfNaN(result, labels: labels) }
      print(TutorialLog.accuracy(result.evaluation, split: images.test.split))
      if let views = TutorialLog.views(result) { print(views) }
    }
  }

  /// Writes the weights of a training that was ended, and says how to go on.
  private func keep(_ stopped: TrainingStopped) throws {
    let place = String(format: "%.2f", stopped.epochs)
    let what = stopped.isTeacher ? "The teacher was" : "Training was"
    guard let save = options.save, !stopped.isTeacher else {
      standardError(
        "\(what) ended after \(place) epochs. Nothing is kept\(stopped.isTeacher ? "" : ": there was no --save").")
      return
    }
    try FileWriting.write(Safetensors.bytes(of: stopped.parameters), to: save)
    standardError(
      "\(what) ended after \(place) of \(options.epochs * options.pseudo.rounds) epochs. The weights so far are in \(save); --init \(save) starts from "
        + "them, with a new order of images and without the optimizer's state.")
  }
}
