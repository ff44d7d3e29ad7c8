public import KernelCore

/// The sizes of a convolution; see `KernelCore.ConvolutionGeometry`.
public typealias ConvolutionGeometry = KernelCore.ConvolutionGeometry

/// The sizes of a pooling window; see `KernelCore.PoolingGeometry`.
public typealias PoolingGeometry = KernelCore.PoolingGeometry

/// What the softmax kernel found out about a row; see `KernelCore.SoftmaxSummary`.
public typealias SoftmaxSummary = KernelCore.SoftmaxSummary
