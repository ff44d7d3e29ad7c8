import ArgumentParser
import Foundation
import MartletData

/// Reading compressed images, against what `gzip -dc` does with the same files.
struct ReadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read",
    abstract: "CIFAR-10's gzipped training files: into a data set, and through gzip -dc to nowhere.")

  @Argument(help: "The folder with data_batch_1.bin.gz to data_batch_5.bin.gz.")
  var folder: String

  @Option(help: "How often both are measured, in turn; medians are printed.")
  var rounds = 7

  func run() throws {
    let paths = (1...5).map { "\(folder)/data_batch_\($0).bin.gz" }
    var own: [Double] = []
    var other: [Double] = []
    var bytes = 0
    for _ in 0..<rounds {
      let start = ContinuousClock.now
      let dataset = try DatasetCatalog.cifar10.load(.train, from: folder)
      own.append((ContinuousClock.now - start) / .seconds(1))
      bytes = dataset.count * 3073
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["gzip", "-dc"] + paths
      process.standardOutput = FileHandle.nullDevice
      let begin = ContinuousClock.now
      try process.run()
      process.waitUntilExit()
      other.append((ContinuousClock.now - begin) / .seconds(1))
    }
    let speed = { (times: [Double]) in Double(bytes) / median(times) / 1e6 }
    print("into a data set: \(number(speed(own))) MB/s, \(number(median(own), digits: 3)) s")
    print("gzip -dc:        \(number(speed(other))) MB/s, \(number(median(other), digits: 3)) s")
    print("ratio:           \(number(median(zip(other, own).map { $0 / $1 }), digits: 2))")
  }
}
