import ArgumentParser
import Kernels
import Martlet

/// Kernels by themselves, against what the processor can do.
struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Kernels one by one: microseconds, GFLOP/s and percent of the measured peak, or GB/s.")

  @Option(help: "How often all kernels are measured, one after the other; medians are printed.")
  var rounds = 5

  @Option(help: "Seconds for one measurement.")
  var seconds = 0.05

  func run() {
    var kernels: [MeasuredKernel] = []
    for (name, block) in Self.blocks { kernels += MeasuredKernel.convolution(name, block, rows: 16) }
    for (inputs, outputs) in [(400, 120), (784, 512), (4096, 256)] {
      for rows in [4, 64] { kernels += MeasuredKernel.linear(rows: rows, inputs: inputs, outputs: outputs) }
    }
    kernels += MeasuredKernel.streams()
    let team = ThreadTeam.single
    var times = Array(repeating: [Double](), count: kernels.count)
    var peaks: [Double] = []
    for _ in 0..<rounds {
      peaks.append(measurePeak(team))
      for (index, kernel) in kernels.enumerated() {
        times[index].append(secondsEach(for: seconds, kernel.run))
      }
    }
    let peak = median(peaks)
    print("instruction set: \(InstructionSet.current.rawValue)")
    print("multiply-add peak of one thread: \(number(peak / 1e9, digits: 1)) GFLOP/s")
    print("Convolutions and element kernels: per image; linear layers: per call. GFLOP/s count every product of the")
    print("layer, also those behind a pooling layer that are left out because their gradient is 0.")
    let widths = [-52, 9, 8, 8, 7]
    for (index, kernel) in kernels.enumerated() {
      let time = median(times[index]) / Double(kernel.images)
      let name = kernel.name + String(repeating: " ", count: max(0, -widths[0] - kernel.name.count))
      let speed = Double(kernel.operations) / time
      print(
        name,
        row(
          [
            number(time * 1e6, digits: 2) + " µs",
            kernel.operations > 0 ? number(speed / 1e9, digits: 1) : "",
            kernel.operations > 0 ? number(speed / peak * 100) + " %" : "",
            kernel.bytes > 0 ? number(Double(kernel.bytes) / time / 1e9, digits: 1) + " GB/s" : "",
          ], widths: [12, 8, 7, 12]))
    }
  }

  /// The convolutions of the tutorial network and of the small VGG, as their plans fuse them.
  private static let blocks: [(String, ConvolutionBlock)] = [
    ("tutorial conv1 3→6, 5×5 on 32×32, pooled", block(3, 6, 5, 32, 0, pools: true, first: true)),
    ("tutorial conv2 6→16, 5×5 on 14×14, pooled", block(6, 16, 5, 14, 0, pools: true)),
    ("VGG conv1 3→32, 3×3 on 32×32", block(3, 32, 3, 32, 1, pools: false, first: true)),
    ("VGG conv2 32→32, 3×3 on 32×32, pooled", block(32, 32, 3, 32, 1, pools: true)),
    ("VGG conv3 32→64, 3×3 on 16×16", block(32, 64, 3, 16, 1, pools: false)),
    ("VGG conv4 64→64, 3×3 on 16×16, pooled", block(64, 64, 3, 16, 1, pools: true)),
    ("ResNet 16→16, 3×3 on 32×32", block(16, 16, 3, 32, 1, pools: false)),
    ("ResNet 32→32, 3×3 on 16×16", block(32, 32, 3, 16, 1, pools: false)),
    ("ResNet 64→64, 3×3 on 8×8", block(64, 64, 3, 8, 1, pools: false)),
    ("speedrun whiten 3→24, 2×2 on 32×32", block(3, 24, 2, 32, 0, pools: false, first: true)),
    ("speedrun 24→64, 3×3 on 31×31, pooled", block(24, 64, 3, 31, 1, pools: true)),
    ("speedrun 64→64, 3×3 on 15×15", block(64, 64, 3, 15, 1, pools: false)),
    ("speedrun 64→256, 3×3 on 15×15, pooled", block(64, 256, 3, 15, 1, pools: true)),
    ("speedrun 256→256, 3×3 on 7×7", block(256, 256, 3, 7, 1, pools: false)),
    ("speedrun 256→256, 3×3 on 7×7, pooled", block(256, 256, 3, 7, 1, pools: true)),
    ("speedrun 256→256, 3×3 on 3×3", block(256, 256, 3, 3, 1, pools: false)),
  ]

  private static func block(
    _ inputs: Int, _ outputs: Int, _ kernel: Int, _ size: Int, _ padding: Int, pools: Bool, first: Bool = false
  ) -> ConvolutionBlock {
    ConvolutionBlock(
      ConvolutionGeometry(
        inputChannels: inputs, inputHeight: size, inputWidth: size, outputChannels: outputs, kernelHeight: kernel,
        kernelWidth: kernel, strideY: 1, strideX: 1, paddingY: padding, paddingX: padding, dilationY: 1, dilationX: 1),
      rectifies: true, pools: pools, inputLayout: first ? .channelsFirst : .channelsLast, outputLayout: .channelsLast)
  }
}

/// One kernel with its arguments.
struct MeasuredKernel {
  let name: String
  /// The operations of one image or call.
  let operations: Int
  /// The bytes that one call reads and writes, where that is what counts.
  let bytes: Int
  /// The images of one call.
  let images: Int
  let run: () -> Void

  static func convolution(_ name: String, _ block: ConvolutionBlock, rows: Int) -> [MeasuredKernel] {
    let geometry = block.convolution
    let calls = ConvolutionCalls(block, rows: rows)
    let operations = 2 * geometry.weightsPerChannel * geometry.outputCount
    func kernel(_ what: String, _ run: @escaping () -> Void) -> MeasuredKernel {
      MeasuredKernel(name: "\(name): \(what)", operations: operations, bytes: 0, images: rows, run: run)
    }
    return [
      kernel("forward", calls.forward), kernel("input gradient", calls.backward),
      kernel("weight gradient", calls.weightGradient),
    ]
  }

  static func linear(rows: Int, inputs: Int, outputs: Int) -> [MeasuredKernel] {
    let calls = LinearCalls(rows: rows, inputs: inputs, outputs: outputs)
    func kernel(_ what: String, _ run: @escaping () -> Void) -> MeasuredKernel {
      MeasuredKernel(
        name: "linear \(inputs)→\(outputs), \(rows) rows: \(what)", operations: 2 * rows * inputs * outputs, bytes: 0,
        images: 1, run: run)
    }
    return [
      kernel("forward", calls.forward), kernel("input gradient", calls.backward),
      kernel("weight gradient", calls.weightGradient),
    ]
  }

  static func streams() -> [MeasuredKernel] {
    let count = 62_006
    let calls = StreamCalls(count: count)
    return [
      MeasuredKernel(
        name: "SGD with momentum, 62,006 parameters", operations: 0, bytes: 5 * 4 * count, images: 1, run: calls.descend
      ),
      MeasuredKernel(
        name: "normalise 3,072 bytes", operations: 0, bytes: 5 * 3072, images: 1, run: calls.normalize),
    ]
  }
}

/// Buffers of one arena, as a plan has them.
private struct Memory {
  private let arena: Arena
  private let buffers: [ArenaBuffer]

  /// Buffers of the given sizes, full of numbers between −1 and 1.
  init(_ counts: [Int]) {
    var layout = ArenaLayout()
    let buffers = counts.map { layout.reserve($0) }
    let arena = Arena(layout)
    let source = RandomSource(seed: 3)
    for buffer in buffers {
      var values = arena.mutableSpan(buffer)
      for index in values.indices { values[index] = source.uniform(at: index) * 2 - 1 }
    }
    self.arena = arena
    self.buffers = buffers
  }

  @_lifetime(borrow self)
  func span(_ index: Int) -> Span<Float> { arena.span(buffers[index]) }

  @_lifetime(borrow self)
  func mutableSpan(_ index: Int) -> MutableSpan<Float> { arena.mutableSpan(buffers[index]) }
}

/// A convolution's kernels with what they read and write.
private struct ConvolutionCalls {
  let block: ConvolutionBlock
  let rows: Int
  private let memory: Memory
  private var units: Range<Int> { 0..<block.convolution.outputChannels }

  init(_ block: ConvolutionBlock, rows: Int) {
    let geometry = block.convolution
    self.block = block
    self.rows = rows
    memory = Memory([
      rows * geometry.inputCount, rows * block.outputCount, rows * block.outputCount, rows * geometry.inputCount,
      block.preparedCount, rows * block.keptCount, block.workspaceCount,
      geometry.outputChannels * geometry.weightsPerChannel,
    ])
    var prepared = memory.mutableSpan(4)
    Kernel.prepareWeights(block, units: units, weight: memory.span(7), prepared: &prepared)
    forward()
    var kept = memory.mutableSpan(5)
    Kernel.convolutionKeepGradient(
      block, rows: rows, output: memory.span(1), outputGradient: memory.span(2), kept: &kept)
  }

  func forward() {
    var output = memory.mutableSpan(1)
    var kept = memory.mutableSpan(5)
    var workspace = memory.mutableSpan(6)
    Kernel.convolutionForward(
      block, rows: rows, input: memory.span(0), prepared: memory.span(4), output: &output, kept: &kept,
      workspace: &workspace)
  }

  func backward() {
    var inputGradient = memory.mutableSpan(3)
    var workspace = memory.mutableSpan(6)
    Kernel.convolutionBackward(
      block, rows: rows, prepared: memory.span(4), kept: memory.span(5), inputGradient: &inputGradient,
      workspace: &workspace)
  }

  func weightGradient() {
    var gradient = memory.mutableSpan(7)
    var workspace = memory.mutableSpan(6)
    Kernel.convolutionClearSums(block, units: units, workspace: &workspace)
    Kernel.convolutionAddWeightGradient(block, rows: rows, units: units, kept: memory.span(5), workspace: &workspace)
    Kernel.convolutionWriteWeightGradient(block, units: units, weightGradient: &gradient, workspace: &workspace)
  }
}

/// A linear layer's kernels with what they read and write.
private struct LinearCalls {
  let rows: Int
  let inputs: Int
  let outputs: Int
  private let memory: Memory

  init(rows: Int, inputs: Int, outputs: Int) {
    (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
    memory = Memory([
      rows * inputs, inputs * outputs, rows * outputs, rows * outputs, rows * inputs, inputs * outputs,
      Kernel.linearWorkspaceCount,
    ])
  }

  func forward() {
    var output = memory.mutableSpan(2)
    Kernel.linearForward(
      rows: rows, inputs: inputs, outputs: outputs, units: 0..<outputs, input: memory.span(0), weight: memory.span(1),
      bias: Span(),
      rectifies: false, output: &output)
  }

  func backward() {
    var inputGradient = memory.mutableSpan(4)
    var workspace = memory.mutableSpan(6)
    Kernel.linearBackward(
      rows: rows, inputs: inputs, outputs: outputs, units: 0..<outputs, outputGradient: memory.span(3),
      weight: memory.span(1),
      inputGradient: &inputGradient, workspace: &workspace)
  }

  func weightGradient() {
    var gradient = memory.mutableSpan(5)
    var workspace = memory.mutableSpan(6)
    Kernel.linearWeightGradient(
      rows: rows, inputs: inputs, outputs: outputs, units: 0..<outputs, input: memory.span(0),
      outputGradient: memory.span(3), weightGradient: &gradient, workspace: &workspace)
  }
}

/// Kernels that visit each element once, with what they read and write.
private struct StreamCalls {
  private let memory: Memory
  private let bytes = (0..<3072).map { UInt8($0 % 256) }

  init(count: Int) { memory = Memory([count, count, count, 3072]) }

  func descend() {
    var parameters = memory.mutableSpan(0)
    var velocity = memory.mutableSpan(1)
    Kernel.descend(
      learningRate: 1e-6, momentum: 0.9, dampening: 0, weightDecay: 0, usesNesterovMomentum: false,
      isFirstUpdate: false, parameters: &parameters, gradient: memory.span(2), velocity: &velocity)
  }

  func normalize() {
    var pixels = memory.mutableSpan(3)
    Kernel.normalize(bytes.span, 0..<bytes.count, scale: 0.01, offset: -1, into: &pixels)
  }
}
