import Requirements
import Synchronization

/// A loss that is written as a formula over one row; its gradient comes by itself.
///
/// ```swift
/// let softCrossEntropy = FormulaLoss { logits, target in
///   -(target * logSoftmax(logits)).sum()
/// }
/// ```
///
/// The formula gets the logits and the target of a row, (classes) each, the target one-hot where it is a class index, and
/// returns one number. What it may use is listed at ``Variable``. The mean over a batch is the mean over its rows.
///
/// The gradient is computed in reverse mode along a record of the row's operations, as in PyTorch's autograd. The record's memory
/// is kept from row to row, so a training step allocates nothing.
public struct FormulaLoss: Loss {
  /// What a row's logits and target make: one number.
  public typealias Formula = @Sendable (_ logits: Variable, _ target: Variable) -> Variable

  private let formula: Formula
  private let tapes = TapePool()

  /// A loss that is `formula`.
  public init(_ formula: @escaping Formula) { self.formula = formula }

  /// Class indices as one-hot rows, distributions, and independent probabilities.
  public var acceptedTargets: Set<Targets.Encoding> { [.classIndices, .probabilities, .independentProbabilities] }

  /// The formula's value, and its derivatives by the logits.
  public func evaluate(logits: Span<Float>, target: Target, gradient: inout MutableSpan<Float>) -> Float {
    tapes.withRecorder { recorder in
      recorder.tape.begin()
      let x = Variable(recorder, node: recorder.tape.append(logits))
      let t = Variable(recorder, node: recorder.tape.append(target, classCount: logits.count))
      return formula(x, t).finish(gradient: &gradient)
    }
  }
}

/// A tape that several variables write to.
final class TapeRecorder {
  var tape = Tape()
}

/// Tapes for as many threads as evaluate a loss at one time.
private final class TapePool: Sendable {
  /// A tape that one thread has at a time.
  private final class Place: Sendable {
    let recorder = Mutex(TapeRecorder())
  }

  private let places = (0..<ThreadTeam.processorCount).map { _ in Place() }

  /// Calls `body` with a tape that nobody else has.
  func withRecorder(_ body: (TapeRecorder) -> Float) -> Float {
    for place in places {
      if let value = place.recorder.withLockIfAvailable({ body($0) }) { return value }
    }
    // More threads than processors: one of them waits for another.
    return places[0].recorder.withLock { body($0) }
  }
}
