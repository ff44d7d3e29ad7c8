public import Kernels

/// The instruction sets that kernels are compiled for; see `Kernels.InstructionSet`.
public typealias InstructionSet = Kernels.InstructionSet
