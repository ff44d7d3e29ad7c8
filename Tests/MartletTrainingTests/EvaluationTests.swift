import Foundation
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

@Suite("Evaluation")
struct EvaluationTests {
  private func evaluation(_ rows: [([Float], Int)]) -> Evaluation {
    var measures = Evaluation.Measures(classCount: rows[0].0.count)
    for (logits, label) in rows { measures.add(logits.span, label: label) }
    return measures.evaluation
  }

  private func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-6 }

  @Test("accuracy, loss and class accuracies of a few rows, by hand")
  func byHand() {
    // Confidences 0.75, 0.75, 0.6 and 0.6; hits 1, 0, 1, 1.
    let (a, b) = (Float(log(3.0)), Float(log(1.5)))
    let found = evaluation([([a, 0], 0), ([a, 0], 1), ([0, b], 1), ([0, b], 1)])
    #expect(found.count == 4 && found.accuracy == 0.75)
    #expect(near(found.loss, -(log(0.75) + log(0.25) + 2 * log(0.6)) / 4))
    #expect(found.classAccuracies[0] == 1 && near(found.classAccuracies[1], 2.0 / 3))
    // One bin has two rows of confidence 0.75 and accuracy 0.5, another two of 0.6 and 1.
    #expect(near(found.calibrationError, (2 * 0.25 + 2 * 0.4) / 4))
  }

  @Test("a confident and right network has no calibration error, a confident and wrong one has all of it")
  func extremes() {
    #expect(near(evaluation([([100, 0], 0), ([0, 100], 1)]).calibrationError, 0))
    #expect(near(evaluation([([100, 0], 1), ([0, 100], 0)]).calibrationError, 1))
  }

  @Test("NaN logits are misses, and show in the loss")
  func notANumber() {
    let found = evaluation([([.nan, 0], 0), ([0, .nan], 0), ([.infinity, 1], 0), ([1, 0], 0)])
    #expect(found.hits == 1 && found.loss.isNaN && found.calibrationError.isNaN)
  }

  @Test("a class without images has no accuracy")
  func emptyClass() {
    let found = evaluation([([1, 0, 0], 0)])
    #expect(found.classAccuracies[0] == 1 && found.classAccuracies[1].isNaN)
  }

  @Test("the whole data set is evaluated, in batches of any number of threads")
  func wholeDataset() throws {
    let set = Shapes.make(.test, count: 300)
    let network = try Network(Models.tutorial(), inputShape: [3, 32, 32])
    let classifier = Classifier(network, parameters: Parameters(of: network, seed: 1))
    let one = Evaluation(of: classifier, on: set, team: .single)
    let three = Evaluation(of: classifier, on: set, team: ThreadTeam(threadCount: 3))
    #expect(one.count == 300 && one == three)
    #expect(abs(one.loss - log(10)) < 0.1)
  }
}

@Suite("Pseudo-labels")
struct PseudoLabelTests {
  @Test("are the teacher's softmax at the given temperature")
  func temperature() throws {
    let set = Shapes.make(.test, count: 20)
    let network = try Network(Models.mlp(hidden: [], inputShape: [3, 32, 32]), inputShape: [3, 32, 32])
    let classifier = Classifier(network, parameters: Parameters(of: network, seed: 1))
    func rows(_ temperature: Float) -> [Float] {
      PseudoLabels.distributions(of: classifier, on: set, temperature: temperature)
    }
    let (plain, warm, hot) = (rows(1), rows(2), rows(1e6))
    _ = try Targets.probabilities(plain, classCount: 10)
    #expect(hot.allSatisfy { abs($0 - 0.1) < 1e-4 })
    // At temperature 2, log-odds are halved.
    for row in 0..<20 {
      let (a, b) = (log(plain[row * 10] / plain[row * 10 + 1]), log(warm[row * 10] / warm[row * 10 + 1]))
      #expect(abs(a / 2 - b) < 1e-4)
    }
  }
}
