import Dispatch
import Foundation
import Synchronization

/// Ctrl-C as a wish: training ends after the step under way, and what there is gets written. A second one ends the program at once.
enum Interruption {
  private static let count = Atomic(0)

  /// Whether Ctrl-C was typed since `start()`.
  static var isWanted: Bool { count.load(ordering: .relaxed) > 0 }

  /// The exit status of a program that ended since somebody typed Ctrl-C: 128 and the signal's number.
  static let status: Int32 = 128 + SIGINT

  /// From now on, Ctrl-C and a polite request of the system to end are wishes.
  ///
  /// - Returns: what keeps it so for as long as it is alive.
  static func start() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if count.add(1, ordering: .relaxed).oldValue > 0 { _exit(128 + number) }
        let words = "Ending after this step; once more ends at once."
        // On a terminal it stands where the cursor is, below the progress bars, until these are drawn or cleared again.
        if isatty(STDERR_FILENO) == 1 {
          try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(words)".utf8))
        } else {
          standardError(words)
        }
      }
      source.resume()
      return source
    }
  }
}
