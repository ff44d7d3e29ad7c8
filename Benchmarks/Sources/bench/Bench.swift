import ArgumentParser

@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures Martlet. Build it with -c release; the numbers mean nothing otherwise.",
    subcommands: [StepsCommand.self, KernelsCommand.self, LabelsCommand.self, ThreadsCommand.self])
}
