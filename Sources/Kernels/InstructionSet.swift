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
}

/// The kernels' entry points: they check that every span has the promised size, and call the chosen instruction set.
public enum Kernel {
  /// The kernels in use, chosen once.
  static let set: KernelSet = {
    if let name = getenv("MARTLET_ISA").map({ String(cString: $0) }), !name.isEmpty {
      guard let forced = InstructionSet(rawValue: name), forced.isSupported, let kernels = kernels(for: forced) else {
        let names = InstructionSet.allCases.filter(\.isSupported).map(\.rawValue).joined(separator: ", ")
        preconditionFailure("MARTLET_ISA is '\(name)'; this processor can run: \(names).")
      }
      return kernels
    }
    return InstructionSet.allCases.reversed().lazy.filter(\.isSupported).compactMap(kernels(for:)).first
      ?? baselineKernels
  }()

  static func kernels(for instructionSet: InstructionSet) -> KernelSet? {
    switch instructionSet {
    case .baseline: baselineKernels
    case .avx2: makeAVX2Kernels()
    }
  }
}
