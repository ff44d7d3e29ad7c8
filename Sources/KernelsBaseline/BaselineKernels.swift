public import KernelCore

/// The kernels for any processor of the architecture.
public let baselineKernels = KernelSet(name: "baseline", vector: FourLanes.self)
