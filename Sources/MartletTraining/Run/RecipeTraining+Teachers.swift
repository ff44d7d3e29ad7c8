import Martlet
import Requirements

/// Where soft labels come from.
extension RecipeTraining {
  /// The distributions that soft labels are made of, (training images, classCount), and the time that their teachers took.
  func distributions() throws -> (rows: [Float], teacherSeconds: Double) {
    switch recipe.labels.source {
    case .hard, .smoothed: fail("Labels have no distributions.")
    case .dataset:
      guard let distributions = lessons.training.distributions else {
        fail("\(session.training.name) has no label distributions of its own, or they are gone with its noisy labels.")
      }
      return (distributions, 0)
    case .rows(let given): return (given, 0)
    case .teacher(let teacher): return (predictions(of: teacher), 0)
    case .trainedTeacher(let teacher, let folds):
      let training = RecipeTraining(teacher, session, isTeacher: true)
      guard folds > 1 else {
        let (parameters, seconds) = try training.trained()
        return (predictions(of: teacher.classifier(parameters)), seconds)
      }
      return try foldedPredictions(training, folds)
    }
  }

  /// What a network predicts for each training image, (training images, classCount).
  func predictions(of classifier: Classifier) -> [Float] {
    PseudoLabels.distributions(
      of: classifier, on: session.training, temperature: recipe.labels.temperature, team: session.team)
  }

  /// Makes sure that predictions are distributions: a network whose weights are NaN has none.
  func checkFinite(_ predictions: [Float]) throws {
    guard predictions.allSatisfy(\.isFinite) else { throw TeacherError(trial: session.trial) }
  }

  /// The weights of a teacher, trained now if no other trial has done so, and the time that it took.
  private func trained(
    fold: TeacherKey.Fold? = nil, examples: [Int]? = nil
  ) throws -> (parameters: Parameters, seconds: Double) {
    func train() throws -> TrialOutcome { try outcome(examples: examples) }
    let key = TeacherKey(recipe: recipe, seed: session.trial.seed, fold: fold)
    let trained = try session.teachers?.teacher(key, train: train) ?? train()
    return (trained.training.parameters, trained.training.seconds + trained.teacherSeconds)
  }

  /// Each labelled image's distribution from the teacher that has not seen it, and all others' from all teachers.
  private func foldedPredictions(
    _ teacher: RecipeTraining, _ folds: Int
  ) throws -> (rows: [Float], teacherSeconds: Double) {
    let (labelled, count) = (teacher.lessons.labelled, session.training.count)
    let classCount = session.training.classCount
    require(folds <= labelled.count, "\(labelled.count) labelled images cannot be cut into \(folds) parts.")
    let parts = teacher.lessons.parts(of: folds, seed: session.trial.seed)
    var rows = Array(repeating: Float(0), count: count * classCount)
    var seconds = 0.0
    for fold in 0..<folds {
      let (parameters, time) = try teacher.trained(
        fold: TeacherKey.Fold(index: fold, count: folds), examples: labelled.filter { parts[$0] != fold })
      seconds += time
      let predicted = predictions(of: teacher.recipe.classifier(parameters))
      for (image, part) in parts.enumerated() where part == fold || part == -1 {
        for place in image * classCount..<(image + 1) * classCount {
          rows[place] += part == fold ? predicted[place] : predicted[place] / Float(folds)
        }
      }
    }
    return (rows, seconds)
  }
}
