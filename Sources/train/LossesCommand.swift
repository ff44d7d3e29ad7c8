import ArgumentParser
import MartletReports
import MartletTraining

/// `train losses`: what can be minimised.
struct LossesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "losses", abstract: "List the losses, with their formulas, parameters and sources.")

  @Argument(help: "One of them alone.")
  var name: String?

  func validate() throws {
    guard let name else { return }
    do throws(ChoiceError) {
      _ = try LossSelection(name)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    try reportingFailures {
      let chosen = try name.map { [try LossSelection($0).entry] }
      print(LossList.text(chosen ?? LossCatalog.all))
    }
  }
}
