public import KernelCore

#if arch(x86_64)
  /// The kernels for x86-64 processors with AVX2 and FMA. Calling one on any other processor is an illegal instruction.
  public func makeAVX2Kernels() -> KernelSet? { KernelSet(name: "avx2", vector: EightLanes<AVX2>.self) }
#else
  /// There is no AVX2 on this architecture.
  public func makeAVX2Kernels() -> KernelSet? { nil }
#endif
