import Foundation
import MartletTestSupport
import Testing

@testable import MartletReports
@testable import MartletTraining

@Suite("TensorBoard's event files")
struct EventFileTests {
  /// A Python in which TensorBoard is installed.
  static let python = ProcessInfo.processInfo.environment["MARTLET_TENSORBOARD_PYTHON"]

  @Test("have the checksums of RFC 3720, masked as TensorFlow does")
  func checksums() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum(Array(repeating: UInt8(0), count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum(Array(repeating: UInt8(0xFF), count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(Array(0..<32 as Range<UInt8>)) == 0x46DD_794E)
    // Turned right by fifteen bits, and a constant added.
    let plain: UInt32 = 0xE306_9283
    #expect(CRC32C.masked(Array("123456789".utf8)) == (plain >> 15 | plain << 17) &+ 0xA282_EAD8)
  }

  @Test("are records that start with the version and have every point")
  func records() throws {
    var file = EventFile(startTime: 1000)
    file.add("loss/test", value: 1.5, step: 300, time: 1001)
    var records: [[UInt8]] = []
    var rest = file.bytes[...]
    while !rest.isEmpty {
      let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
      let record = Array(rest.dropFirst(12).prefix(length))
      func word(_ offset: Int) -> UInt32 {
        rest.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
      }
      #expect(word(8) == CRC32C.masked(Array(rest.prefix(8))) && word(12 + length) == CRC32C.masked(record))
      records.append(record)
      rest = rest.dropFirst(16 + length)
    }
    #expect(records.count == 2)
    #expect(String(decoding: records[0], as: UTF8.self).contains("brain.Event:2"))
    #expect(String(decoding: records[1], as: UTF8.self).contains("loss/test"))
    // 1.5 as a little-endian float, behind the tag of field 2.
    #expect(records[1].suffix(5) == [0x15, 0, 0, 0xC0, 0x3F])
  }

  @Test("are read by TensorBoard's own reader, every number of them")
  func realReader() throws {
    guard let python = Self.python else {
      print("MARTLET_TENSORBOARD_PYTHON is not set: TensorBoard's reader was not asked.")
      return
    }
    let temporary = try TemporaryFolder()
    let folder = ComparisonFolder("\(temporary.path)/results")
    try ExampleComparison.write(to: folder)
    for result in ExampleComparison.results {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: python)
      process.arguments = [
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/read-events.py")
          .path,
        folder.file("events/\(ComparisonFolder.fileName(result.trial))"),
      ]
      let output = try temporary.write([], "values.json")
      process.standardOutput = FileHandle(forWritingAtPath: output)
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let curves = try JSONDecoder().decode(
        [String: [[Double]]].self, from: Data(contentsOf: URL(fileURLWithPath: output)))
      #expect(curves["loss/test"] == result.curve.map { [Double($0.step), Double(Float($0.testLoss))] })
      #expect(curves["accuracy/test"] == result.curve.map { [Double($0.step), Double(Float($0.testAccuracy))] })
      #expect(
        curves["loss/training"] == result.curve.dropFirst().map { [Double($0.step), Double(Float($0.trainingLoss))] })
      #expect(curves["final/accuracy"]?.first?.last == Double(Float(result.evaluation.accuracy)))
    }
  }
}
