import Martlet
import Synchronization

/// The teachers that the trials of a comparison have trained so far, so that none is trained twice.
///
/// Trials on several threads share one. Who needs a teacher that is being trained waits for it.
public final class TeacherCache: Sendable {
  /// A teacher and what it cost, once it is there.
  private final class Place: Sendable {
    let outcome = Mutex<TrainingOutcome?>(nil)
  }

  private let places = Mutex<[String: Place]>([:])

  /// No teachers yet.
  public init() {}

  /// The teacher of that key, trained now if there is none.
  ///
  /// - Parameter key: all that the teacher depends on; nil if nobody else can ask for it.
  func teacher(_ key: String?, train: () throws -> TrainingOutcome) throws -> TrainingOutcome {
    guard let key else { return try train() }
    return try place(key).outcome.withLock { outcome in
      if let outcome { return outcome }
      let trained = try train()
      outcome = trained
      return trained
    }
  }

  /// Trains the network that is the teacher of that key, although there may be one: somebody wants to see it learn.
  func renew(_ key: String?, train: () throws -> TrialOutcome) throws -> TrialOutcome {
    guard let key else { return try train() }
    return try place(key).outcome.withLock { outcome in
      let trained = try train()
      outcome = trained.training
      return trained
    }
  }

  private func place(_ key: String) -> Place {
    places.withLock { places in
      if let place = places[key] { return place }
      let place = Place()
      places[key] = place
      return place
    }
  }
}
