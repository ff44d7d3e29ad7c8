import ArgumentParser
import Foundation
import Martlet
import MartletData
import MartletTraining

/// The exit codes of BSD's sysexits that this program uses.
enum ExitStatus: Int32 {
  case usage = 64
  case badData = 65
  case noInput = 66
  case cannotCreate = 73
  case inputOutput = 74
}

/// A mistake in the flags that shows only once the data is known.
struct UsageError: Error, CustomStringConvertible {
  let description: String
}

/// Runs `body`; an error becomes one line on standard error and the exit code that fits it.
func reportingFailures(_ body: () throws -> Void) throws {
  func fail(_ status: ExitStatus, _ message: String) -> ExitCode {
    standardError("Error: \(message)")
    return ExitCode(status.rawValue)
  }
  if let problem = InstructionSet.environmentProblem { throw fail(.usage, problem) }
  occupyStandardStreams()
  do {
    try body()
    guard fflush(nil) == 0 else { throw fail(.inputOutput, "Standard output cannot be written.") }
  } catch let error as DataFileError {
    let status: ExitStatus =
      switch error.kind {
      case .missing, .unreadable: .noInput
      case .malformed: .badData
      case .unwritable: .cannotCreate
      case .writeFailed: .inputOutput
      }
    throw fail(status, error.description)
  } catch let error as UsageError {
    throw fail(.usage, error.description)
  } catch let error as ModelError {
    throw fail(.badData, "The network does not fit these images. \(error)")
  } catch let error as WhiteningError {
    throw fail(.usage, "--whiten: \(error)")
  } catch let error as ClassWeightError {
    throw fail(.badData, error.description)
  } catch let error as TeacherError {
    throw fail(.badData, error.description)
  } catch let error as TargetError {
    throw fail(.badData, error.description)
  }
}

/// Opens what the caller has closed of the three standard streams, so that no other file gets its number.
private func occupyStandardStreams() {
  var descriptor = open("/dev/null", O_RDWR)
  while descriptor >= 0 && descriptor <= 2 { descriptor = open("/dev/null", O_RDWR) }
  if descriptor > 2 { close(descriptor) }
}

/// Writes one line to standard error.
func standardError(_ line: String) {
  // Where even this cannot be written, the exit code still says what happened.
  try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
}
