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
    _ soft: LabelSettings.Source, labelled: Int? = nil, temperature: Float = 1, epochs: Int = 1
  ) -> Experiment {
    var configuration = TrainingConfiguration()
    configuration.epochs = epochs
    configuration.logEvery = 5
    var labels = LabelSettings(soft: soft)
    labels.temperature = temperature
    labels.labelled = labelled.map(LabelledSubset.first) ?? .all
    return Experiment(
      training: Self.training, test: Self.test, network: .mlp(hidden: [16]), configuration: configuration,
      labels: labels)
  }

  /// Runs an arm, and tells which images it and its teacher were trained on.
  private func run(
    _ experiment: Experiment, _ labels: LabelMode, seed: UInt64 = 1, teachers: TeacherCache = TeacherCache()
  ) throws -> Run {
    var (images, teacherImages): ([Int], [Int]) = ([], [])
    var weights: Parameters?
    let result = try experiment.run(
      Trial(labels: labels, seed: seed), team: ThreadTeam(threadCount: 2), teachers: teachers
    ) { event in
      switch event {
      case .start(_, let isTeacher, let count):
        if isTeacher { teacherImages.append(count) } else { images.append(count) }
      case .trained(let trial, let parameters):
        #expect(trial == Trial(labels: labels, seed: seed))
        weights = parameters
      default: break
      }
    }
    return Run(
      result: result, parameters: try #require(weights), images: images, teacherImages: teacherImages)
  }

  private struct Run {
    let result: TrialResult
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
    let experiment = experiment(.rows(try oneHot(Self.training)), epochs: 2)
    let hard = try run(experiment, .hard)
    let soft = try run(experiment, .soft)
    #expect(hard.parameters == soft.parameters)
    #expect(hard.result.trainingLoss == soft.result.trainingLoss)
    #expect(hard.result.evaluation == soft.result.evaluation)
    #expect(try run(experiment, .smooth).parameters != hard.parameters)
  }

  @Test("seeds differ, and the same seed gives the same result")
  func seeds() throws {
    let experiment = experiment(.dataset)
    let first = try run(experiment, .hard, seed: 1)
    #expect(try run(experiment, .hard, seed: 1).parameters == first.parameters)
    #expect(try run(experiment, .hard, seed: 2).parameters != first.parameters)
  }

  @Test("without other soft labels a teacher is trained first, and the hard arm is that teacher")
  func teacher() throws {
    let alone = experiment(.trainedTeacher())
    let student = try run(alone, .soft)
    #expect(student.teacherImages == [60] && student.images == [60])

    let both = experiment(.trainedTeacher())
    let teachers = TeacherCache()
    let hard = try run(both, .hard, teachers: teachers)
    let second = try run(both, .soft, teachers: teachers)
    #expect(second.teacherImages.isEmpty)
    #expect(second.parameters == student.parameters)

    let given = experiment(.teacher(hard.parameters))
    #expect(try run(given, .soft).parameters == student.parameters)

    let warm = experiment(.teacher(hard.parameters), temperature: 3)
    #expect(try run(warm, .soft).parameters != student.parameters)
  }

  @Test("with few labels, hard and smooth train on those alone, and soft on all images")
  func labelled() throws {
    let experiment = experiment(.trainedTeacher(), labelled: 20)
    #expect(try run(experiment, .smooth).images == [20])
    let soft = try run(experiment, .soft)
    #expect(soft.teacherImages == [20] && soft.images == [60])
    #expect(try run(experiment, .hard).images == [20])
  }

  @Test("labelled images keep their labels, whatever the soft labels say")
  func labelsAreKept() throws {
    // Soft labels that are wrong for the first 20 images and one-hot for the rest.
    var rows = try oneHot(Self.training)
    for index in 0..<200 { rows[index] = 0.1 }
    let partly = experiment(.rows(rows), labelled: 20)
    let whole = experiment(.rows(try oneHot(Self.training)))
    #expect(try run(partly, .soft).parameters == run(whole, .soft).parameters)
  }
}
