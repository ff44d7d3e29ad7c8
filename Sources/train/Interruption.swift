import Dispatch
import Foundation
import Synchronization

/// Ctrl-C as a wish: training ends after the step under way, and what there is gets written. A second one ends the program at once.
enum Interruption {
  /// The signal that came first; 0 if none did.
  private static let signalNumber = Atomic<Int32>(0)

  /// Whether Ctrl-C was typed since `start()`.
  static var isWanted: Bool { signalNumber.load(ordering: .relaxed) != 0 }

  /// The exit status of a program that ended because of a signal: 128 and its number.
  static var status: Int32 { 128 + signalNumber.load(ordering: .relaxed) }

  /// From now on, Ctrl-C and a polite request of the system to end are wishes.
  ///
  /// - Returns: what keeps it so for as long as it is alive.
  static func start() -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        let first = signalNumber.compareExchange(expected: 0, desired: number, ordering: .relaxed)
        if !first.exchanged { _exit(128 + number) }
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
