import ArgumentParser
import Martlet
import Kernels

/// What meeting and starting cost.
struct ThreadsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "threads", abstract: "The barrier of a thread team, the start of a run, and the making of plans.")

  func run() throws {
    let meetings = 1000
    print("threads  start and end of a run  one meeting  starting the team")
    for count in Set([1, 2, ThreadTeam.processorCount]).sorted() {
      let team = ThreadTeam(threadCount: count)
      let empty = median((0..<9).map { _ in secondsEach(for: 0.02) { team.run(Meetings(count: 0)) } })
      let meeting = median((0..<9).map { _ in secondsEach(for: 0.02) { team.run(Meetings(count: meetings)) } })
      let start = median((0..<9).map { _ in seconds { _ = ThreadTeam(threadCount: count) } })
      print(
        row(
          [
            "\(count)", number(empty * 1e6, digits: 2) + " µs",
            number((meeting - empty) / Double(meetings) * 1e6, digits: 2) + " µs",
            number(start * 1e6, digits: 1) + " µs",
          ], widths: [7, 23, 11, 17]))
    }
    for network in BenchmarkNetwork.allCases {
      let time = median(
        try (0..<5).map { _ in
          var failure: (any Error)?
          let time = seconds {
            do {
              _ = try TrainingPlan(
                Network(network.model, inputShape: network.inputShape), batchSize: network.batchSizes[0],
                loss: CrossEntropy(),
                optimizer: SGD(learningRate: 0.001, momentum: 0.9), seed: 1)
            } catch {
              failure = error
            }
          }
          if let failure { throw failure }
          return time
        })
      print(
        "making a plan for \(network.rawValue), batch \(network.batchSizes[0]): \(number(time * 1e3, digits: 2)) ms")
    }
  }
}

private struct Meetings: TeamWork {
  let count: Int

  func run(as member: TeamMember) { for _ in 0..<count { member.waitForAll() } }
}
