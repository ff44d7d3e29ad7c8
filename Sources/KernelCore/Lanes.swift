/// The most lanes a register of any instruction set has; padded buffers are rounded up to it, so that a layout does
/// not depend on the processor.
@inlinable
public var maximumLaneCount: Int { @inline(__always) get { 16 } }

/// The smallest multiple of `maximumLaneCount` that is at least `count`.
@inlinable @inline(__always)
public func roundedUpToLanes(_ count: Int) -> Int {
  (count + maximumLaneCount - 1) / maximumLaneCount * maximumLaneCount
}
