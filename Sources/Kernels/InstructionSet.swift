import CPUFeatures

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
  /// x86-64 with AVX-512.
  case avx512

  /// Whether this processor can run it.
  public var isSupported: Bool {
    switch self {
    case .baseline: true
    case .avx2: cpu_features_has_avx2_and_fma()
    case .avx512: cpu_features_has_avx512()
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
  static var environmentName: String? {
    getenv("MARTLET_ISA").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }
}
