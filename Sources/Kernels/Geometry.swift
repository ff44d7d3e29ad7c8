public import KernelCore

/// The sizes of a convolution; see `KernelCore.ConvolutionGeometry`.
public typealias ConvolutionGeometry = KernelCore.ConvolutionGeometry

/// A convolution and what is fused to it; see `KernelCore.ConvolutionBlock`.
public typealias ConvolutionBlock = KernelCore.ConvolutionBlock

/// The order of an image's elements; see `KernelCore.ImageLayout`.
public typealias ImageLayout = KernelCore.ImageLayout

/// The sizes of a pooling window; see `KernelCore.PoolingGeometry`.
public typealias PoolingGeometry = KernelCore.PoolingGeometry
