public import Kernels

/// What stands around an image where a convolution or a padding layer looks past its edge; see `Kernels.PaddingMode`.
public typealias PaddingMode = Kernels.PaddingMode
