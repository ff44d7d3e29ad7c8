/// Where an empty span points: kernels never read it.
nonisolated(unsafe) private let nowhere = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)

extension Span {
  /// The address of the first element. Valid while the span is: callers keep it no longer than their own call.
  var pointer: UnsafePointer<Element> {
    withUnsafeBufferPointer { $0.baseAddress } ?? UnsafePointer(nowhere.assumingMemoryBound(to: Element.self))
  }
}

extension MutableSpan {
  /// The address of the first element. Valid while the span is: callers keep it no longer than their own call.
  var pointer: UnsafeMutablePointer<Element> {
    mutating get {
      withUnsafeMutableBufferPointer { $0.baseAddress } ?? nowhere.assumingMemoryBound(to: Element.self)
    }
  }
}
