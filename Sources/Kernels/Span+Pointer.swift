/// Where an empty span points: kernels never read it.
nonisolated(unsafe) let nowhere = UnsafeMutablePointer<Float>.allocate(capacity: 16)

extension Span {
  /// The address of the first element. Valid while the span is: callers keep it no longer than their own call.
  var pointer: UnsafePointer<Element> {
    withUnsafeBufferPointer { $0.baseAddress }
      ?? UnsafePointer(UnsafeMutableRawPointer(nowhere).assumingMemoryBound(to: Element.self))
  }
}

extension MutableSpan {
  /// The address of the first element. Valid while the span is: callers keep it no longer than their own call.
  var pointer: UnsafeMutablePointer<Element> {
    mutating get {
      withUnsafeMutableBufferPointer { $0.baseAddress }
        ?? UnsafeMutableRawPointer(nowhere).assumingMemoryBound(to: Element.self)
    }
  }
}
