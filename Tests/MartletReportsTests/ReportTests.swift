import Foundation
import MartletData
import Testing

@testable import Martlet
@testable import MartletReports
@testable import MartletTraining

private func evaluation(hits: Int, of count: Int) -> Evaluation {
  var measures = Evaluation.Measures(classCount: 3)
  for index in 0..<count { measures.add(([2, 0, 0] as [Float]).span, label: index < hits ? 0 : 1) }
  return measures.evaluation
}

extension TrialResult {
  /// A result of which only the measures matter.
  static func example(_ recipe: String, seed: UInt64, loss: Double, _ evaluation: Evaluation) -> TrialResult {
    TrialResult(
      trial: Trial(recipe, seed: seed), trainingLoss: loss, curve: [], logits: [], evaluation: evaluation,
      cost: TrialCost(seconds: 1.5, teacherSeconds: 0, images: 30000, planBytes: 1_500_000, peakBytes: 2_000_000),
      pseudoLabels: nil)
  }
}

@Suite("Metrics lines")
struct MetricsLineTests {
  @Test("training and evaluation are JSON objects with the promised keys")
  func lines() throws {
    #expect(
      MetricsLine.train(epoch: 1, step: 2000, loss: 2.2117)
        == #"{"event":"train","epoch":1,"step":2000,"loss":2.2117}"#)
    let line = MetricsLine.evaluate(evaluation(hits: 3, of: 4), split: "test")
    #expect(line.hasPrefix(#"{"event":"evaluate","split":"test","accuracy":0.75,"loss":"#))
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    #expect(object?["accuracy"] as? Double == 0.75)
    #expect(object?["calibration_error"] is Double)
    #expect(object?["views"] == nil)
    let viewed = MetricsLine.evaluate(
      evaluation(hits: 3, of: 4), split: "test", views: .flipAndShift, plainAccuracy: 0.5)
    #expect(viewed.contains(#","views":6,"plain_accuracy":0.5,"calibration_error":"#))
  }

  @Test("arms and teachers are named where there are several")
  func arms() {
    let arm = Trial("soft", seed: 3)
    #expect(
      MetricsLine.train(epoch: 1, step: 5, loss: 1.5, trial: arm, labels: "soft", isTeacher: true)
        == #"{"event":"teacher","arm":"soft","labels":"soft","seed":3,"epoch":1,"step":5,"loss":1.5}"#)
    #expect(
      MetricsLine.train(epoch: 1, step: 5, loss: 1.5, trial: arm)
        == #"{"event":"train","arm":"soft","seed":3,"epoch":1,"step":5,"loss":1.5}"#)
  }

  @Test("NaN and infinity, which JSON does not have, become null")
  func notANumber() {
    #expect(MetricsLine.train(epoch: 1, step: 5, loss: .nan).hasSuffix(#""loss":null}"#))
  }
}

@Suite("The tutorial's lines")
struct TutorialLogTests {
  @Test("running losses are set as the tutorial sets them")
  func losses() {
    #expect(TutorialLog.loss(epoch: 1, step: 2000, mean: 2.2117) == "[1,  2000] loss: 2.212")
    #expect(TutorialLog.loss(epoch: 2, step: 12000, mean: 1.2919) == "[2, 12000] loss: 1.292")
  }

  @Test("percentages are those of whole numbers", arguments: [29, 57, 58, 100])
  func percentages(hits: Int) {
    #expect(TutorialLog.accuracy(evaluation(hits: hits, of: 100), split: "test").contains("100 test images: \(hits) %"))
  }

  @Test("measures, confusions and a temperature are told as they are")
  func measures() throws {
    let found = evaluation(hits: 5, of: 9)
    let text = TutorialLog.measures(found)
    #expect(text.hasPrefix("top-5 accuracy 100.00 %, Brier score ") && text.contains("(equal mass); largest in a bin"))
    #expect(!text.contains("true distributions"))
    #expect(
      TutorialLog.confusion(found, classNames: ["cat", "horse", "cow"]) == """
        is \\ taken for  cat  horse  cow
        ──────────────  ───  ─────  ───
        cat               5      0    0
        horse             4      0    0
        cow               0      0    0
        """)
  }

  @Test("accuracies as well")
  func accuracies() {
    let found = evaluation(hits: 5, of: 9)
    #expect(
      TutorialLog.accuracy(found, split: "test").hasPrefix(
        "Accuracy of the network on the 9 test images: 55 %\naccuracy 55.56 %, loss "))
    #expect(
      TutorialLog.classAccuracies(found, classNames: ["cat", "horse", "nothing"])
        == "Accuracy for class: cat   is 100.0 %\nAccuracy for class: horse is 0.0 %")
  }
}

@Suite("Tables")
struct TableTests {
  @Test("columns are as wide as their widest cell, numbers to the right")
  func columns() {
    var table = Table(["labels", "loss"])
    table.add(["hard", "1.2345"])
    table.add(["smooth, 0.1", "2"])
    #expect(
      table.text == """
        labels         loss
        ───────────  ──────
        hard         1.2345
        smooth, 0.1       2
        """)
  }

  private func result(_ recipe: String, seed: UInt64, loss: Double, hits: Int) throws -> TrialResult {
    .example(recipe, seed: seed, loss: loss, evaluation(hits: hits, of: 10))
  }

  @Test("one seed gives one value a cell, in the order of the results")
  func oneSeed() throws {
    let text = ComparisonTable.text([
      try result("smooth", seed: 1, loss: 1.25, hits: 6), try result("hard", seed: 1, loss: .nan, hits: 5),
    ])
    let lines = text.split(separator: "\n")
    #expect(lines.count == 4 && lines[0].hasPrefix("arm "))
    #expect(lines[2].hasPrefix("smooth") && lines[2].contains("1.2500") && lines[2].contains("60.00 %"))
    #expect(lines[3].hasPrefix("hard") && lines[3].contains(" nan "))
  }

  @Test("several seeds give mean ± sample standard deviation")
  func severalSeeds() throws {
    let text = ComparisonTable.text([
      try result("hard", seed: 1, loss: 1, hits: 5), try result("hard", seed: 2, loss: 2, hits: 7),
    ])
    #expect(text.contains("1.5000 ± 0.7071") && text.contains("60.00 ± 14.14 %"))
  }
}

@Suite("Differences between arms")
struct PairedTableTests {
  /// Ten images of one class, of which the first `hits` are recognised.
  private func result(_ recipe: String, seed: UInt64, hits: Int) -> TrialResult {
    var measures = Evaluation.Measures(classCount: 2)
    for index in 0..<10 { measures.add((index < hits ? [2, 0] : [0, 2] as [Float]).span, label: 0) }
    return .example(recipe, seed: seed, loss: 1, measures.evaluation)
  }

  @Test("one seed gives differences and a test, without intervals")
  func oneSeed() throws {
    let text = try #require(PairedTable.text([result("hard", seed: 3, hits: 9), result("soft", seed: 3, hits: 2)]))
    let cells = text.split(separator: "\n")[2]
    // Seven images that only the hard arm has right: 2 / 2⁷.
    #expect(cells.hasPrefix("soft − hard") && cells.contains("−70.00 %") && cells.contains("0 : 7"))
    #expect(cells.hasSuffix("0.0156") && text.contains("under seed 3.") && !text.contains("["))
  }

  @Test("several seeds are paired, and give intervals")
  func severalSeeds() throws {
    let text = try #require(
      PairedTable.text([
        result("hard", seed: 1, hits: 5), result("smooth", seed: 1, hits: 6), result("hard", seed: 2, hits: 4),
        result("smooth", seed: 2, hits: 5),
      ]))
    // One point more in each pair: no spread, so no width.
    #expect(text.contains("+10.00 [+10.00, +10.00] %") && text.contains("over 2 paired seeds"))
  }

  @Test("what rounds to nothing has no sign, and one arm has nothing to be compared with")
  func edges() {
    #expect(Measure.named("loss").text(PairedDifference(of: [1], from: [1.00001])) == "0.0000")
    #expect(PairedTable.text([result("hard", seed: 1, hits: 5)]) == nil)
  }
}

@Suite("Progress bar")
struct ProgressBarTests {
  private func progress(_ step: Int) -> TrainingProgress {
    TrainingProgress(epoch: 1, epochs: 2, step: step, stepsPerEpoch: 100, images: step * 4, loss: 2.2117, lossCount: 1)
  }

  @Test("says epoch, share, rate, loss and time left")
  func content() {
    let line = ProgressBar.line("hard", progress(50), seconds: 0.01, width: 100)
    #expect(line.hasPrefix("hard epoch 1/2 ━"))
    #expect(line.contains(" 25 %  20,000 images/s  loss 2.212  1 s left"))
    #expect(ProgressBar.line("x", progress(100), seconds: 100, width: 100).contains("1 min 40 s left"))
  }

  @Test("is shorter than the terminal is wide", arguments: [10, 40, 60, 80, 200])
  func width(columns: Int) {
    for step in [0, 1, 50, 100] {
      #expect(ProgressBar.line("teacher", progress(step), seconds: 3, width: columns).count < columns)
    }
  }
}
