public import KernelCore

/// The sizes of a convolution; see `KernelCore.ConvolutionGeometry`.
public typealias ConvolutionGeometry = KernelCore.ConvolutionGeometry

/// A convolution and what is fused to it; see `KernelCore.ConvolutionBlock`.
public typealias ConvolutionBlock = KernelCore.ConvolutionBlock

/// The order of an image's elements; see `KernelCore.ImageLayout`.
public typealias ImageLayout = KernelCore.ImageLayout

/// The sizes of a pooling window; see `KernelCore.PoolingGeometry`.
public typealias PoolingGeometry = KernelCore.PoolingGeometry

/// Rows whose channels are treated each in its own way; see `KernelCore.ChannelGeometry`.
public typealias ChannelGeometry = KernelCore.ChannelGeometry

/// The windows of an average pooling; see `KernelCore.AveragePoolingGeometry`.
public typealias AveragePoolingGeometry = KernelCore.AveragePoolingGeometry

/// The windows along one side of an image; see `KernelCore.AverageWindows`.
public typealias AverageWindows = KernelCore.AverageWindows

/// A function of each element; see `KernelCore.Activation`.
public typealias Activation = KernelCore.Activation

/// The sizes of a convolution of each channel by itself; see `KernelCore.DepthwiseGeometry`.
public typealias DepthwiseGeometry = KernelCore.DepthwiseGeometry
