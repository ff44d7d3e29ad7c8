import Martlet
import Synchronization

/// The teachers that the trials of a comparison have trained so far, so that no trial trains one that is there.
///
/// Trials on several threads share one. Who needs a teacher that is being trained waits for it: whoever is trained waits for its own
/// teachers alone, so nobody waits in a circle.
final class TeacherCache: Sendable {
  /// A teacher and what it cost, once it is there.
  private final class Place: Sendable {
    let outcome = Mutex<TrialOutcome?>(nil)
  }

  private let places = Mutex<[TeacherKey: Place]>([:])
  /// The recipes that teach without folds.
  private let teachers: [Recipe]

  /// No teachers yet.
  init(for recipes: [Recipe]) { teachers = recipes.flatMap(\.teachers).filter { $0.folds == 1 }.map(\.recipe) }

  /// Whether the network of a recipe is a teacher in another one's trial.
  func isTeacher(_ recipe: Recipe) -> Bool { teachers.contains { $0.isSameTraining(as: recipe) } }

  /// The teacher of that key, trained now if there is none.
  ///
  /// - Parameter key: all that the teacher depends on.
  func teacher(_ key: TeacherKey, train: () throws -> TrialOutcome) throws -> TrialOutcome {
    try place(key).outcome.withLock { outcome in
      if let outcome { return outcome }
      let trained = try train()
      outcome = trained
      return trained
    }
  }

  /// Trains the network that is the teacher of that key, although there may be one: its own trial reports how it learns.
  func renew(_ key: TeacherKey, train: () throws -> TrialOutcome) throws -> TrialOutcome {
    try place(key).outcome.withLock { outcome in
      let trained = try train()
      outcome = trained
      return trained
    }
  }

  /// Lets go of the teachers of a seed whose trials are over.
  func forget(seed: UInt64) { places.withLock { $0 = $0.filter { $0.key.seed != seed } } }

  private func place(_ key: TeacherKey) -> Place {
    places.withLock { places in
      if let place = places[key] { return place }
      let place = Place()
      places[key] = place
      return place
    }
  }
}
