import Martlet
import MartletData

/// What all trainings of a trial have in common.
struct TrialSession {
  let trial: Trial
  /// The training images, with the labels that they are stored with.
  let training: Dataset
  let test: Dataset
  let team: ThreadTeam
  /// The teachers trained so far, which other trials have in common with this one.
  var teachers: TeacherCache?
  let curvePoints: Int
  let logEvery: Int
  let shouldStop: () -> Bool
  let observe: (TrialEvent) throws -> Void
}
