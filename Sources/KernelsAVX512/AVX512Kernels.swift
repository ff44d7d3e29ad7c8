public import KernelCore

#if arch(x86_64)
  /// The kernels for x86-64 processors with AVX-512 (F, BW, DQ, VL). Calling one on any other processor is an illegal
  /// instruction.
  public func makeAVX512Kernels() -> KernelSet? { KernelSet(name: "avx512", vector: SixteenLanes.self) }
#else
  /// There is no AVX-512 on this architecture.
  public func makeAVX512Kernels() -> KernelSet? { nil }
#endif
