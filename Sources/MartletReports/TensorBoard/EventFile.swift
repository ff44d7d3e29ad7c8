/// An event file: scalars over the steps of training, for TensorBoard to draw.
///
/// TensorBoard reads files with `tfevents` in their names, such as `events.out.tfevents.1767225600.martlet`. It names a
/// run after the folder that the file is in, and groups tags by what they have before the first slash.
///
/// The file is a series of records, each an `Event` message in the encoding of protocol buffers. Sources:
/// - records: <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>
/// - messages: <https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto> and
///   <https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/summary.proto>
/// - their encoding: <https://protobuf.dev/programming-guides/encoding/>
public struct EventFile: Sendable {
  /// The whole file. Each scalar adds to its end, and it can be read after each.
  public private(set) var bytes: [UInt8] = []

  /// A file without scalars.
  ///
  /// - Parameter startTime: when training started, in seconds since 1970 began in UTC.
  public init(startTime: Double) {
    var event = Message()
    event.add(field: 1, startTime)
    // The version that all readers expect, in a record of its own at the beginning.
    event.add(field: 3, "brain.Event:2")
    append(event)
  }

  /// Adds a scalar.
  ///
  /// - Parameters:
  ///   - tag: the name of the curve, such as `loss/train`.
  ///   - value: stored in single precision; it may be NaN or infinite, and is infinite if single precision cannot hold
  ///     it.
  ///   - step: the place on the horizontal axis. It must grow from each value of a tag to the next: TensorBoard forgets
  ///     the values of the tag that it has at this step or later.
  ///   - time: when the value was measured, in seconds since 1970 began in UTC.
  public mutating func add(_ tag: String, value: Double, step: Int, time: Double) {
    // No metadata say that this is a scalar: a single value means just that.
    var scalar = Message()
    scalar.add(field: 1, tag)
    scalar.add(field: 2, Float(value))
    var summary = Message()
    summary.add(field: 1, scalar)
    var event = Message()
    event.add(field: 1, time)
    event.add(field: 2, step)
    event.add(field: 5, summary)
    append(event)
  }

  /// Adds `event` as a record: its length, the length's checksum, the event, the event's checksum.
  private mutating func append(_ event: Message) {
    let length = littleEndian(UInt64(event.bytes.count))
    bytes += length
    bytes += littleEndian(CRC32C.masked(length))
    bytes += event.bytes
    bytes += littleEndian(CRC32C.masked(event.bytes))
  }
}

/// A message in the encoding of protocol buffers, field by field.
private struct Message {
  private(set) var bytes: [UInt8] = []

  /// How a field's value is laid out; the numbers are the encoding's own.
  private enum Layout: UInt64 {
    case variableWidth = 0
    case eightBytes = 1
    case lengthAndBytes = 2
    case fourBytes = 5
  }

  mutating func add(field: UInt64, _ value: Double) {
    addKey(field, .eightBytes)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func add(field: UInt64, _ value: Float) {
    addKey(field, .fourBytes)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func add(field: UInt64, _ value: Int) {
    addKey(field, .variableWidth)
    // Negative numbers take all 64 bits.
    addVariableWidth(UInt64(bitPattern: Int64(value)))
  }

  mutating func add(field: UInt64, _ text: String) { add(field: field, Array(text.utf8)) }

  mutating func add(field: UInt64, _ message: Message) { add(field: field, message.bytes) }

  private mutating func add(field: UInt64, _ content: [UInt8]) {
    addKey(field, .lengthAndBytes)
    addVariableWidth(UInt64(content.count))
    bytes += content
  }

  private mutating func addKey(_ field: UInt64, _ layout: Layout) { addVariableWidth(field << 3 | layout.rawValue) }

  /// Seven bits a byte, lowest first; the highest bit of each byte says whether more follow.
  private mutating func addVariableWidth(_ value: UInt64) {
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The bytes of `value`, lowest first.
private func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
}
