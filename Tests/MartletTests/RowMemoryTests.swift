import Kernels
import Synchronization
import Testing

@testable import Martlet

@Suite("Memory of rows, which phases share")
struct RowMemoryTests {
  /// Strided and pooled convolutions, shortcuts of both kinds, a sum of sums, normalisations with and without statistics in between.
  private func network() throws -> Network {
    func normalized(_ inputs: Int, _ outputs: Int, stride: Size2d = 1) -> Sequential {
      Sequential {
        Conv2d(inputs, outputs, kernelSize: 3, stride: stride, padding: 1, bias: false)
        BatchNorm2d(outputs)
      }
    }
    return try Network(
      Sequential {
        Conv2d(2, 4, kernelSize: 2)
        GELU()
        Conv2d(4, 6, kernelSize: 3, padding: 1)
        MaxPool2d(2)
        BatchNorm2d(6)
        GELU()
        Residual {
          normalized(6, 6)
          ReLU()
          normalized(6, 6)
        }
        ReLU()
        Residual {
          normalized(6, 8, stride: 2)
          ReLU()
          Conv2d(8, 8, kernelSize: 3, padding: 1, groups: 2)
          BatchNorm2d(8)
        } shortcut: {
          SubsamplingShortcut(8)
        }
        ReLU()
        Residual {
          // A sum whose first part is one.
          Residual {
            normalized(8, 8)
          }
          Residual {
            Conv2d(8, 8, kernelSize: 1)
            GroupNorm(groups: 2, channels: 8)
          }
        }
        Dropout2d(0.2)
        AdaptiveAvgPool2d(1)
        Flatten()
        Linear(8, 96)
        BatchNorm1d(96)
        SiLU()
        Residual {
          Linear(96, 96)
          ReLU()
        }
        LayerNorm([96])
        Linear(96, 3)
      }, inputShape: [2, 9, 9])
  }

  private func batch(_ count: Int) throws -> Batch {
    let source = RandomSource(seed: 4)
    return Batch(
      inputs: DenseInputs((0..<count * 162).map { source.uniform(at: $0) - 0.5 }, shape: [2, 9, 9]),
      targets: try .classIndices((0..<count).map { $0 % 3 }, classCount: 3))
  }

  private func plan(
    _ batchSize: Int, clips: Bool = false, threads: Int, frozen: [String] = [], isShared: Bool = true
  ) throws -> TrainingPlan {
    let network = try network()
    return TrainingPlan(
      network, batchSize: batchSize, loss: CrossEntropy(),
      optimizer: Muon(learningRate: 0.01, others: SGD(learningRate: 0.1, momentum: 0.9)),
      parameters: Parameters(of: network, seed: 2), seed: 2,
      groups: frozen.map { .init(.matching($0), isFrozen: true) }, maximumGradientNorm: clips ? 1e6 : nil,
      maximumGradientValue: nil, reduction: .mean, team: ThreadTeam(threadCount: threads), keepsGradients: false,
      sharesRows: isShared)
  }

  @Test(
    "weights are those of a plan that gives everything memory of its own",
    arguments: [[], ["0.*", "2.*"], ["4.*"], ["*bias"]])
  func apart(frozen: [String]) throws {
    for (batchSize, threads) in [(40, 1), (40, 3), (7, 2)] {
      let batch = try batch(batchSize)
      var shared = try plan(batchSize, threads: threads, frozen: frozen)
      var apart = try plan(batchSize, threads: threads, frozen: frozen, isShared: false)
      for _ in 0..<3 {
        shared.step(batch)
        apart.step(batch)
      }
      let (one, other) = (shared.parameters, apart.parameters)
      #expect(one.values.map(\.bitPattern) == other.values.map(\.bitPattern))
      #expect(one.values.allSatisfy(\.isFinite) && shared.memorySize < apart.memorySize)
    }
  }

  @Test("nothing is read that the step has not written: NaN everywhere before it changes no bit", arguments: [2, 40])
  func poison(batchSize: Int) throws {
    let batch = try batch(batchSize)
    var plain = try plan(batchSize, threads: 3)
    var poisoned = try plan(batchSize, threads: 3)
    for _ in 0..<3 {
      let buffers = poisoned.memory.forward.buffers
      for buffer in buffers.values + buffers.gradients + buffers.saved {
        var span = poisoned.arena.mutableSpan(buffer)
        span.update(repeating: .nan)
      }
      let losses = (plain.step(batch).loss, poisoned.step(batch).loss)
      #expect(losses.0 == losses.1 && losses.0.isFinite)
    }
    #expect(plain.parameters.values.map(\.bitPattern) == poisoned.parameters.values.map(\.bitPattern))
  }

  @Test("memory is shared: all of it at once would be more than half as much again")
  func shared() throws {
    let plan = try plan(40, threads: 1)
    let buffers = plan.memory.forward.buffers
    let all = buffers.values + buffers.gradients + buffers.saved
    let together = all.reduce(0) { $0 + $1.count }
    let end = all.map { $0.offset + $0.count }.max() ?? 0
    let start = all.filter { !$0.isEmpty }.map(\.offset).min() ?? 0
    #expect(2 * together > 3 * (end - start))
  }

  @Test("updates right behind gradients are those that wait for the norm of all", arguments: [1, 2, 5])
  func order(threads: Int) throws {
    let batch = try batch(12)
    // The limit is never reached.
    var early = try plan(12, threads: threads)
    var late = try plan(12, clips: true, threads: threads)
    for _ in 0..<3 {
      early.step(batch)
      late.step(batch)
    }
    #expect(early.parameters.values.map(\.bitPattern) == late.parameters.values.map(\.bitPattern))
    #expect(early.memory.schedule.groups.count > 3)
  }

  @Test("state of whole matrices goes on with another number of threads")
  func state() throws {
    let batch = try batch(12)
    var whole = try plan(12, threads: 2)
    var first = try plan(12, threads: 1)
    for _ in 0..<2 {
      whole.step(batch)
      first.step(batch)
    }
    var second = try plan(12, threads: 3)
    second.step(batch)
    second.parameters = first.parameters
    second.optimizerState = first.optimizerState
    second.stepCount = first.stepCount
    let (found, expected) = (second.optimizerState, whole.optimizerState)
    #expect(found == expected && !found.isEmpty)
    whole.step(batch)
    second.step(batch)
    #expect(second.parameters.values.map(\.bitPattern) == whole.parameters.values.map(\.bitPattern))
  }

  @Test("what a pass does not read according to its layer is empty in it")
  func unread() throws {
    final class Calls: Sendable {
      let count = Mutex(0)
    }
    struct Negation: Layer {
      let calls: Calls
      func outputShape(for input: Shape) -> Shape { input }
      func memory(for input: Shape) -> LayerMemory { LayerMemory(backwardReads: []) }
      func forward(_ pass: inout ForwardPass) {
        for index in pass.input.indices { pass.output[index] = -pass.input[index] }
      }
      func backward(_ pass: inout BackwardPass) {
        #expect(pass.input.isEmpty && pass.output.isEmpty && !pass.remakesSaved)
        calls.count.withLock { $0 += 1 }
        for index in pass.outputGradient.indices { pass.inputGradient[index] = -pass.outputGradient[index] }
      }
    }
    let calls = Calls()
    let network = try Network(
      Sequential {
        Linear(4, 4)
        Negation(calls: calls)
        Linear(4, 2)
      }, inputShape: [4])
    var plan = TrainingPlan(network, batchSize: 2, loss: CrossEntropy(), optimizer: SGD(learningRate: 0.1), seed: 1)
    let inputs = DenseInputs([1, 2, 3, 4, 5, 6, 7, 8], shape: [4])
    plan.step(Batch(inputs: inputs, targets: try .classIndices([0, 1], classCount: 2)))
    #expect(calls.count.withLock { $0 } == 1)
  }
}
