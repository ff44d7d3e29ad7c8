import Foundation
import Testing

@testable import Martlet
@testable import MartletData
@testable import MartletTraining

@Suite("Experiment")
struct ExperimentTests {
  private static let training = Shapes.make(.train, count: 60)
  private static let test = Shapes.make(.test, count: 40)

  private func experiment(
    _ soft: Experiment.SoftLabelSource, labelled: Int? = nil, temperature: Float = 1, epochs: Int = 1
  ) -> Experiment {
    var configuration = TrainingConfiguration()
    configuration.epochs = epochs
    configuration.logEvery = 5
    return Experiment(
      training: Self.training, test: Self.test, network: .mlp(hidden: [16]), configuration: configuration,
      softLabels: soft, temperature: temperature, labelledCount: labelled, team: ThreadTeam(threadCount: 2))
  }

  /// Runs an arm, and tells which images it and its teacher were trained on.
  private func run(
    _ experiment: inout Experiment, _ labels: LabelMode, seed: UInt64 = 1
  ) throws -> Run {
    var (images, teacherImages): ([Int], [Int]) = ([], [])
    var weights: Parameters?
    let result = try experiment.run(Experiment.Arm(labels: labels, seed: seed)) { event in
      switch event {
      case .start(_, let isTeacher, let count):
        if isTeacher { teacherImages.append(count) } else { images.append(count) }
      case .trained(let arm, let parameters):
        #expect(arm == Experiment.Arm(labels: labels, seed: seed))
        weights = parameters
      default: break
      }
    }
    return Run(
      result: result, parameters: try #require(weights), images: images, teacherImages: teacherImages)
  }

  private struct Run {
    let result: Experiment.Result
    let parameters: Parameters
    let images: [Int]
    let teacherImages: [Int]
  }

  private func oneHot(_ set: Dataset) throws -> [Float] {
    let targets = try set.hardTargets
    return (0..<set.count).flatMap { targets.distribution(at: $0) }
  }

  @Test("hard labels and their one-hot rows as soft labels train to the same bits")
  func oneHotIsHard() throws {
    var experiment = experiment(.rows(try oneHot(Self.training)), epochs: 2)
    let hard = try run(&experiment, .hard)
    let soft = try run(&experiment, .soft)
    #expect(hard.parameters == soft.parameters)
    #expect(hard.result.trainingLoss == soft.result.trainingLoss)
    #expect(hard.result.evaluation == soft.result.evaluation)
    #expect(try run(&experiment, .smooth).parameters != hard.parameters)
  }

  @Test("seeds differ, and the same seed gives the same result")
  func seeds() throws {
    var experiment = experiment(.dataset)
    let first = try run(&experiment, .hard, seed: 1)
    #expect(try run(&experiment, .hard, seed: 1).parameters == first.parameters)
    #expect(try run(&experiment, .hard, seed: 2).parameters != first.parameters)
  }

  @Test("without other soft labels a teacher is trained first, and the hard arm is that teacher")
  func teacher() throws {
    var alone = experiment(.trainedTeacher)
    let student = try run(&alone, .soft)
    #expect(student.teacherImages == [60] && student.images == [60])

    var both = experiment(.trainedTeacher)
    let hard = try run(&both, .hard)
    let second = try run(&both, .soft)
    #expect(second.teacherImages.isEmpty)
    #expect(second.parameters == student.parameters)

    var given = experiment(.teacher(hard.parameters))
    #expect(try run(&given, .soft).parameters == student.parameters)

    var warm = experiment(.teacher(hard.parameters), temperature: 3)
    #expect(try run(&warm, .soft).parameters != student.parameters)
  }

  @Test("with few labels, hard and smooth train on those alone, and soft on all images")
  func labelled() throws {
    var experiment = experiment(.trainedTeacher, labelled: 20)
    #expect(try run(&experiment, .smooth).images == [20])
    let soft = try run(&experiment, .soft)
    #expect(soft.teacherImages == [20] && soft.images == [60])
    #expect(try run(&experiment, .hard).images == [20])
  }

  @Test("labelled images keep their labels, whatever the soft labels say")
  func labelsAreKept() throws {
    // Soft labels that are wrong for the first 20 images and one-hot for the rest.
    var rows = try oneHot(Self.training)
    for index in 0..<200 { rows[index] = 0.1 }
    var partly = experiment(.rows(rows), labelled: 20)
    var whole = experiment(.rows(try oneHot(Self.training)))
    #expect(try run(&partly, .soft).parameters == run(&whole, .soft).parameters)
  }
}
