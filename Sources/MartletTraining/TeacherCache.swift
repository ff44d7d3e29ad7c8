import Martlet
import Synchronization

/// The teachers that the trials of a comparison have trained so far, so that no trial trains one that is there.
///
/// Trials on several threads share one. Who needs a teacher that is being trained waits for it.
public final class TeacherCache: Sendable {
  /// A teacher and what it cost, once it is there.
  private final class Place: Sendable {
    let outcome = Mutex<TrainingOutcome?>(nil)
  }

  private let places = Mutex<[TeacherKey: Place]>([:])

  /// No teachers yet.
  public init() {}

  /// The teacher of that key, trained now if there is none.
  ///
  /// - Parameter key: all that the teacher depends on.
  func teacher(_ key: TeacherKey, train: () throws -> TrainingOutcome) throws -> TrainingOutcome {
    try place(key).outcome.withLock { outcome in
      if let outcome { return outcome }
      let trained = try train()
      outcome = trained
      return trained
    }
  }

  /// Trains the network that is the teacher of that key, although there may be one: somebody wants to see it learn.
  func renew(_ key: TeacherKey, train: () throws -> TrialOutcome) throws -> TrialOutcome {
    try place(key).outcome.withLock { outcome in
      let trained = try train()
      outcome = trained.training
      return trained
    }
  }

  /// Lets go of the teachers of a seed whose trials are over.
  func forget(seed: UInt64) { places.withLock { $0 = $0.filter { $0.key.settings.configuration.seed != seed } } }

  private func place(_ key: TeacherKey) -> Place {
    places.withLock { places in
      if let place = places[key] { return place }
      let place = Place()
      places[key] = place
      return place
    }
  }
}
