import Foundation
import MartletTestSupport

/// The `train` program, as its users run it.
struct Program {
  /// Where the program is.
  static var path: String { Bundle.main.bundleURL.appendingPathComponent("train").path }

  struct Outcome {
    let status: Int32
    let wasKilled: Bool
    let output: String
    let errors: String
  }

  /// Runs the program in `folder`, whose `Datasets` is the only one that it can find.
  static func run(_ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:]) throws
    -> Outcome
  {
    try start(arguments, in: folder, environment: environment).outcome()
  }

  /// Runs the program, and types Ctrl-C as soon as `isTime` says so of what it wrote to standard error.
  static func interrupt(
    _ arguments: [String], in folder: TemporaryFolder, when isTime: (String) -> Bool
  ) throws -> Outcome {
    let running = try start(arguments, in: folder, environment: [:])
    // Long before this, something is wrong.
    let deadline = ContinuousClock.now + .seconds(120)
    while running.process.isRunning, ContinuousClock.now < deadline,
      !isTime(String(decoding: try fileBytes(running.errors), as: UTF8.self))
    {
      Thread.sleep(forTimeInterval: 0.01)
    }
    running.process.interrupt()
    return try running.outcome()
  }

  private struct Running {
    let process: Process
    let output: String
    let errors: String

    func outcome() throws -> Outcome {
      process.waitUntilExit()
      func text(_ path: String) throws -> String { String(decoding: try fileBytes(path), as: UTF8.self) }
      return Outcome(
        status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
        output: try text(output), errors: try text(errors))
    }
  }

  private static func start(
    _ arguments: [String], in folder: TemporaryFolder, environment: [String: String]
  ) throws -> Running {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files rather than pipes: nothing can fill up and stand still.
    let name = UUID().uuidString
    let output = try folder.write([], "\(name).out")
    let errors = try folder.write([], "\(name).err")
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return Running(process: process, output: output, errors: errors)
  }
}
