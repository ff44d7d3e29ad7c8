import CPUFeatures
import KernelCore
import KernelsAVX2
import KernelsBaseline

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The instruction sets that kernels are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// What every processor of the architecture has.
  case baseline
  /// x86-64 with AVX2 and FMA.
  case avx2

  /// Whether this processor can run it.
  public var isSupported: Bool {
    switch self {
    case .baseline: true
    case .avx2: cpu_features_has_avx2_and_fma()
    }
  }

  /// The one in use: the best that the processor has, unless the environment's `MARTLET_ISA` names another.
  public static var current: InstructionSet { InstructionSet(rawValue: Kernel.set.name) ?? .baseline }

  /// What is wrong with the environment's `MARTLET_ISA`, as a sentence; nil if it is not set, or names a set that this
  /// processor can run.
  public static var environmentProblem: String? {
    guard let name = environmentName, InstructionSet(rawValue: name)?.isSupported != true else { return nil }
    let names = allCases.filter(\.isSupported).map(\.rawValue).joined(separator: ", ")
    return "MARTLET_ISA is '\(name)'; this processor can run: \(names)."
  }

  /// The value of `MARTLET_ISA`, unless it is empty.
  fileprivate static var environmentName: String? {
    getenv("MARTLET_ISA").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}

/// The kernels' entry points: they check that every span has the promised size, and call the chosen instruction set.
public enum Kernel {
  /// The kernels in use, chosen once.
  static let set: KernelSet = {
    if let problem = InstructionSet.environmentProblem { preconditionFailure(problem) }
    let forced = InstructionSet.environmentName.flatMap(InstructionSet.init(rawValue:))
    let choices = forced.map { [$0] } ?? InstructionSet.allCases.reversed()
    return choices.lazy.filter(\.isSupported).compactMap(kernels(for:)).first ?? baselineKernels
  }()

  static func kernels(for instructionSet: InstructionSet) -> KernelSet? {
    switch instructionSet {
    case .baseline: baselineKernels
    case .avx2: makeAVX2Kernels()
    }
  }
}
