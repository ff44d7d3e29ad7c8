import Foundation
import MartletData
import Testing

@testable import Martlet
@testable import MartletReports
@testable import MartletTraining

@Suite("Reports of validation and of several views")
struct ValidationReportTests {
  private func result(_ change: (inout Recipe) -> Void) throws -> TrialResult {
    var recipe = Recipe(
      "arm", network: try Network(Models.mlp(hidden: [4], inputShape: [3, 32, 32]), inputShape: [3, 32, 32]))
    recipe.configuration.epochs = 1
    change(&recipe)
    return try recipe.run(seed: 1, training: Shapes.make(.train, count: 40), test: Shapes.make(.test, count: 30))
  }

  @Test("tables have both accuracies, and those of validation, where there are any")
  func tables() throws {
    let plain = try result { _ in }
    let both = try result { recipe in
      recipe.testTimeAugmentation = .flip
      recipe.configuration.validation = ValidationSplit(share: 0.5)
    }
    let (first, second) = (ComparisonTable.text([plain]), ComparisonTable.text([both]))
    #expect(!first.contains("one view") && !first.contains("validation"))
    #expect(second.contains("test accuracy") && second.contains("accuracy, one view"))
    #expect(second.contains("validation accuracy"))
    let trial = MeasuredTrial(both)
    #expect(Measure.named("plain_accuracy").value(of: trial) == both.plainAccuracy)
    #expect(Measure.named("validation_epoch").value(of: trial) == 1)
    #expect(Measure.named("validation_loss").value(of: trial) == both.validation?.loss)
    #expect(Measure.named("validation_accuracy").value(of: MeasuredTrial(plain)) == nil)
    #expect(TutorialLog.views(plain) == nil)
    let percent = try #require(both.plainAccuracy.map { String(format: "%.2f", $0 * 100) })
    #expect(
      TutorialLog.views(both) == "Each image was shown in 2 views; as it is, the accuracy is \(percent) %")
  }

  @Test("a line for each epoch's validation")
  func lines() throws {
    let point = ValidationPoint(epoch: 3, accuracy: 0.5425, loss: 1.28957)
    #expect(TutorialLog.validation(point) == "epoch 3: validation accuracy 54.25 %, loss 1.2896")
    #expect(
      MetricsLine.validate(point, trial: Trial("a", seed: 2), labels: "soft")
        == #"{"event":"validate","arm":"a","labels":"soft","seed":2,"epoch":3,"accuracy":0.5425,"loss":1.28957}"#)
    let broken = ValidationPoint(epoch: 1, accuracy: 0, loss: .nan)
    #expect(
      MetricsLine.validate(broken, isTeacher: true)
        == #"{"event":"teacher_validate","epoch":1,"accuracy":0.0,"loss":null}"#)
  }
}
