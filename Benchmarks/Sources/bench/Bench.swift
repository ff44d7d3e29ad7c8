import ArgumentParser
import Martlet

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures Martlet. Build it with -c release; the numbers mean nothing otherwise.",
    subcommands: [
      StepsCommand.self, KernelsCommand.self, LabelsCommand.self, AdditionsCommand.self, ThreadsCommand.self,
      ReadCommand.self,
      PeakCommand.self,
    ])
}

/// The processor's own limit.
struct PeakCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peak", abstract: "Operations a second of multiplying and adding in registers alone.")

  @Option(help: "The number of threads.")
  var threads = 1

  func run() { print(measurePeak(ThreadTeam(threadCount: threads))) }
}
