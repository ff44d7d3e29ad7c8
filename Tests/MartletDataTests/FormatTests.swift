import Foundation
import MartletTestSupport
import Testing

@testable import Martlet
@testable import MartletData

/// The bytes of an IDX file.
func idx(type: UInt8, sizes: [Int], elements: [UInt8]) -> [UInt8] {
  [0, 0, type, UInt8(sizes.count)] + sizes.flatMap { ByteOrder.big.bytes(UInt32($0)) } + elements
}

extension ByteReader {
  /// Reads all that is left.
  mutating func readToEnd() throws(DataFileError) -> [UInt8] {
    var bytes: [UInt8] = []
    while try !isAtEnd() { try read(1, of: "the rest", into: &bytes) }
    return bytes
  }
}

func fixture(_ name: String) -> String {
  Bundle.module.bundleURL.appendingPathComponent("Fixtures").appendingPathComponent(name).path
}

@Suite("gzip")
struct GzipTests {
  private func contents(_ bytes: [UInt8]) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    var reader = try ByteReader(path: folder.write(bytes, "file"))
    return try reader.readToEnd()
  }

  @Test("members of other tools, one behind the other, are one file")
  func members() throws {
    var reader = try ByteReader(path: fixture("two-members.gz"))
    #expect(String(decoding: try reader.readToEnd(), as: UTF8.self) == "hello, world")
  }

  @Test("contents survive, also across many chunks", arguments: [0, 1, 100_000, 131_072, 1_000_003])
  func roundTrip(count: Int) throws {
    let source = RandomSource(seed: 1)
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: source.word(at: $0) & 7) }
    #expect(try contents(Deflater.compress(bytes, wrapper: .gzip)) == bytes)
    #expect(try contents(bytes) == bytes)
  }

  @Test("a member may end where a chunk of the file ends")
  func chunkBoundary() throws {
    let source = RandomSource(seed: 2)
    // Random bytes cannot be compressed: members come close to any size.
    for size in 131_040..<131_056 {
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: source.word(at: $0)) }
      let member = Deflater.compress(bytes, wrapper: .gzip)
      #expect(try contents(member + Deflater.compress([1, 2, 3], wrapper: .gzip)) == bytes + [1, 2, 3])
    }
  }

  @Test("the same bytes always give the same file")
  func deterministic() {
    let file = Deflater.compress([1, 2, 3], wrapper: .gzip)
    // No name, and no time.
    #expect(file[3] == 0 && file[4..<8].allSatisfy { $0 == 0 })
  }
}

@Suite("IDX")
struct IDXTests {
  @Test("all element types")
  func types() throws {
    let folder = try TemporaryFolder()
    func read(_ type: UInt8, _ elements: [UInt8]) throws -> IDXArray.Elements {
      try IDXArray(path: folder.write(idx(type: type, sizes: [2], elements: elements), "file")).elements
    }
    #expect(try read(0x08, [1, 255]) == .uint8([1, 255]))
    #expect(try read(0x09, [1, 255]) == .int8([1, -1]))
    #expect(try read(0x0B, [1, 0, 255, 254]) == .int16([256, -2]))
    #expect(try read(0x0C, [0, 0, 1, 0, 255, 255, 255, 254]) == .int32([256, -2]))
    #expect(try read(0x0D, [0x3F, 0x80, 0, 0, 0xC0, 0, 0, 0]) == .float32([1, -2]))
    #expect(
      try read(0x0E, [0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0]) == .float64([1, -2]))
  }

  @Test("all ranks, plain and gzipped, whatever the name", arguments: [0, 1, 2, 3, 4, 7])
  func ranks(rank: Int) throws {
    let sizes = Array([2, 3, 1, 2, 1, 1, 2].prefix(rank))
    let elements = (0..<UInt8(sizes.reduce(1, *))).map { $0 }
    let bytes = idx(type: 8, sizes: sizes, elements: elements)
    let folder = try TemporaryFolder()
    let plain = try IDXArray(path: folder.write(bytes, "plain.gz"))
    let zipped = try IDXArray(path: folder.write(Deflater.compress(bytes, wrapper: .gzip), "zipped"))
    #expect(plain.sizes == sizes && plain.elements == .uint8(elements))
    #expect(plain == zipped)
  }

  @Test("arrays without elements are arrays")
  func empty() throws {
    let folder = try TemporaryFolder()
    let array = try IDXArray(path: folder.write(idx(type: 8, sizes: [0, 28], elements: []), "file"))
    #expect(array.sizes == [0, 28] && array.floats.isEmpty)
  }
}

@Suite("npy")
struct NPYTests {
  @Test(
    "NumPy's own files of all versions and types",
    arguments: ["numpy-f4-1.npy", "numpy-f8-2.npy", "numpy-i4-3.npy", "numpy-i8-1.npy"])
  func numpyFiles(name: String) throws {
    let array = try NPYArray(path: fixture(name))
    #expect(array.sizes == [3, 4])
    #expect(array.floats == (0..<12).map { Float($0 - 3) })
    // Written again in version 1.0, the elements are the same bytes.
    let folder = try TemporaryFolder()
    let again = try NPYArray(path: folder.write(array.fileBytes, "again.npy"))
    #expect(again == array)
    #expect(array.fileBytes.suffix(48) == (try fileBytes(fixture(name))).suffix(48))
  }

  @Test("version 1.0 is written byte for byte as NumPy writes it")
  func sameBytes() throws {
    let array = NPYArray(sizes: [3, 4], floats: (0..<12).map { Float($0 - 3) })
    #expect(array.fileBytes == (try fileBytes(fixture("numpy-f4-1.npy"))))
  }
}

@Suite("safetensors")
struct SafetensorsTests {
  @Test("PyTorch's file, in single, double and brain precision")
  func pytorch() throws {
    let tensors = try Safetensors.read(path: fixture("pytorch.safetensors"))
    #expect(tensors["a.weight"] == Safetensors.Tensor(sizes: [2, 3], values: [-3, -2, -1, 0, 1, 2]))
    #expect(tensors["a.bias"] == Safetensors.Tensor(sizes: [2], values: [-3, -2]))
    #expect(tensors["b.weight"] == Safetensors.Tensor(sizes: [2, 2], values: [-3, -2, -1, 0]))
    #expect(tensors.count == 3)
  }

  @Test("PyTorch's batch normalisation is read without its counter")
  func batchNorm() throws {
    let network = try Network(Sequential { BatchNorm1d(2) }, inputShape: [2])
    let parameters = try Safetensors.read(
      path: fixture("batch-norm.safetensors"), like: Parameters(of: network, seed: 0))
    #expect(parameters.values == [-3, -2, -1, 0, 1, 2, 3, 4])
    let tensors = try Safetensors.read(path: fixture("batch-norm.safetensors"))
    #expect(Set(tensors.keys) == ["0.weight", "0.bias", "0.running_mean", "0.running_var"])
  }

  @Test("parameters survive writing and reading to the last bit")
  func roundTrip() throws {
    let parameters = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 4)
    let folder = try TemporaryFolder()
    let file = try folder.write(Safetensors.bytes(of: parameters), "weights")
    let other = try Parameters(of: Network(Models.tutorial(), inputShape: [3, 32, 32]), seed: 5)
    #expect(try Safetensors.read(path: file, like: other) == parameters)
    #expect(Safetensors.bytes(of: parameters).count % 8 == 0)
  }

  @Test("names with quotes, backslashes and control characters survive")
  func names() throws {
    let name = "a\"b\\c\nd"
    let parameters = Parameters([(name, [2])], values: [1, 2])
    let folder = try TemporaryFolder()
    let path = try folder.write(Safetensors.bytes(of: parameters), "weights")
    #expect(try Safetensors.read(path: path)[name]?.values == [1, 2])
  }
}
