import ArgumentParser
import MartletReports
import MartletTraining

/// `train losses`: what can be made small.
struct LossesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "losses", abstract: "List the losses, with their formulas, parameters and sources.")

  func run() throws {
    try reportingFailures { print(LossList.text(LossCatalog.all)) }
  }
}
