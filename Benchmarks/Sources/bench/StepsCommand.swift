import ArgumentParser
import Martlet

/// Whole training steps.
struct StepsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steps", abstract: "Training steps: images a second, GFLOP/s, and percent of the measured peak.")

  @Option(help: "Networks, with commas between them.", transform: { try list($0) { BenchmarkNetwork(rawValue: $0) } })
  var network: [BenchmarkNetwork] = [.tutorial, .mlp, .vgg]

  @Option(help: "Batch sizes, with commas; by default each network's own.", transform: { try list($0) { Int($0) } })
  var batch: [Int] = []

  @Option(help: "Numbers of threads, with commas.", transform: { try list($0) { Int($0) } })
  var threads: [Int] = [1, 2]

  @Option(help: "How often all cells are measured, one after the other; medians are printed.")
  var rounds = 7

  @Option(help: "Seconds for one measurement.")
  var seconds = 0.2

  @Flag(help: "Print every single measurement, one JSON object a line.")
  var raw = false

  func run() throws {
    let cells = network.flatMap { network in
      (batch.isEmpty ? network.batchSizes : batch).flatMap { size in
        threads.map { StepCell(network: network, batchSize: size, threads: $0) }
      }
    }
    let teams = Dictionary(uniqueKeysWithValues: Set(threads).map { ($0, ThreadTeam(threadCount: $0)) })
    let examples = Dictionary(
      uniqueKeysWithValues: Set(network).map {
        ($0, Examples(shape: $0.inputShape, classCount: 10, count: max(1024, cells.map(\.batchSize).max() ?? 0)))
      })
    var speeds = Array(repeating: [Double](), count: cells.count)
    var peaks: [Int: [Double]] = [:]
    for _ in 0..<rounds {
      for (count, team) in teams { peaks[count, default: []].append(measurePeak(team)) }
      for (index, cell) in cells.enumerated() {
        guard let examples = examples[cell.network], let team = teams[cell.threads] else { continue }
        let result = try cell.measure(examples, team, seconds: seconds)
        speeds[index].append(result.speed)
        if raw {
          print(
            #"{"network": "\#(cell.network)", "batch": \#(cell.batchSize), "threads": \#(cell.threads), "#
              + #""images_per_second": \#(result.speed), "loss": \#(result.loss), "steps": \#(result.steps), "#
              + #""operations_per_image": \#(Int(cell.network.operations))}"#)
        }
      }
    }
    if raw { return }
    print("instruction set: \(InstructionSet.current.rawValue), processors: \(ThreadTeam.processorCount)")
    for count in threads.sorted() {
      print("multiply-add peak with \(count) threads: \(number(median(peaks[count] ?? []) / 1e9, digits: 1)) GFLOP/s")
    }
    let widths = [8, 5, 7, 10, 8, 7, 9]
    print(row(["network", "batch", "threads", "images/s", "GFLOP/s", "of peak", "µs/image"], widths: widths))
    for (index, cell) in cells.enumerated() {
      let speed = median(speeds[index])
      let operations = speed * cell.network.operations
      let share = operations / median(peaks[cell.threads] ?? [])
      print(
        row(
          [
            cell.network.rawValue, "\(cell.batchSize)", "\(cell.threads)", number(speed),
            number(operations / 1e9, digits: 1), number(share * 100) + " %", number(1e6 / speed, digits: 1),
          ], widths: widths))
    }
  }
}

/// One network at one batch size and number of threads.
struct StepCell {
  let network: BenchmarkNetwork
  let batchSize: Int
  let threads: Int

  /// Images a second, and the last step's loss.
  func measure(
    _ examples: Examples, _ team: ThreadTeam, seconds duration: Double
  ) throws -> (speed: Double, loss: Double, steps: Int) {
    var plan = try TrainingPlan(
      Network(network.model, inputShape: network.inputShape), batchSize: batchSize, loss: CrossEntropy(),
      optimizer: SGD(learningRate: 0.001, momentum: 0.9), seed: 1, team: team)
    var step = 0
    var loss = 0.0
    let time = secondsEach(for: duration) {
      loss = plan.step(examples.batch(step, size: batchSize)).loss
      step += 1
    }
    return (Double(batchSize) / time, loss, step)
  }
}

/// Reads `text` as a list with commas.
func list<Element>(_ text: String, _ read: (String) -> Element?) throws -> [Element] {
  try text.split(separator: ",").map { part in
    guard let element = read(String(part)) else { throw ValidationError("'\(part)' is not known here.") }
    return element
  }
}
