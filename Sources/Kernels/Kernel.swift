import KernelCore
import KernelsAVX2
import KernelsAVX512
import KernelsBaseline
import Requirements

/// The kernels' entry points: they check that every span has the promised size, and call the chosen instruction set.
public enum Kernel {
  /// The kernels in use, chosen once.
  static let set: KernelSet = {
    if let problem = InstructionSet.environmentProblem { fail(problem) }
    let forced = InstructionSet.environmentName.flatMap(InstructionSet.init(rawValue:))
    let choices = forced.map { [$0] } ?? InstructionSet.allCases.reversed()
    return choices.lazy.filter(\.isSupported).compactMap(kernels(for:)).first ?? baselineKernels
  }()

  static func kernels(for instructionSet: InstructionSet) -> KernelSet? {
    switch instructionSet {
    case .baseline: baselineKernels
    case .avx2: makeAVX2Kernels()
    case .avx512: makeAVX512Kernels()
    }
  }
}
