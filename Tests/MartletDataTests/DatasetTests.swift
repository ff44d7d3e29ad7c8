import Foundation
import MartletTestSupport
import Testing

@testable import Martlet
@testable import MartletData

@Suite("Shapes")
struct ShapesTests {
  @Test("the same seed gives the same bytes, another seed others, and a longer set begins like a shorter one")
  func deterministic() {
    let first = Shapes.make(.train, count: 50, seed: 1)
    let again = Shapes.make(.train, count: 80, seed: 1).prefix(50)
    #expect(first.pixels == again.pixels && first.labels == again.labels && first.distributions == again.distributions)
    #expect(first.pixels != Shapes.make(.train, count: 50, seed: 2).pixels)
    #expect(first.pixels != Shapes.make(.test, count: 50, seed: 1).pixels)
  }

  /// Guards the promise that the bytes are the same on every machine and in every version.
  @Test("the bytes are those of the first version")
  func frozen() {
    let set = Shapes.make(.train, count: 200)
    let distributions = set.distributions ?? []
    #expect(Deflater.checksum(set.pixels) == 2_738_282_866)
    #expect(Deflater.checksum(set.labels) == 3_872_201_500)
    #expect(Deflater.checksum(distributions.flatMap { ByteOrder.little.bytes($0.bitPattern) }) == 58_555_661)
  }

  @Test("two in five images are ambiguous, and labels are drawn from the distributions")
  func ambiguous() throws {
    let set = Shapes.make(.train, count: 4000)
    let rows = try #require(set.distributions)
    _ = try Targets.probabilities(rows, classCount: 10)
    let maxima = (0..<set.count).map { row in rows[row * 10..<row * 10 + 10].max() ?? 0 }
    let blends = maxima.filter { $0 < 1 }.count
    // Four standard deviations around 1,600.
    #expect(abs(blends - 1600) < 124, "\(blends)")
    #expect(maxima.allSatisfy { $0 >= 0.5 })
    // Each label is possible, and the expected share of labels at the likelier class is met.
    for row in 0..<set.count { #expect(rows[row * 10 + Int(set.labels[row])] > 0) }
    let expected = maxima.reduce(0, +)
    let hits = (0..<set.count).filter { rows[$0 * 10 + Int(set.labels[$0])] == maxima[$0] }.count
    #expect(abs(Float(hits) - expected) < 124, "\(hits) of \(expected)")
  }

  @Test("all classes are about equally common")
  func balanced() {
    let counts = Shapes.make(.train, count: 4000).labels.reduce(into: [Int](repeating: 0, count: 10)) {
      $0[Int($1)] += 1
    }
    #expect(counts.allSatisfy { abs($0 - 400) < 100 }, "\(counts)")
  }

  @Test("written as CIFAR-10 files and read back, the bytes are the same")
  func files() throws {
    let folder = try TemporaryFolder()
    let train = Shapes.make(.train, count: 103)
    let test = Shapes.make(.test, count: 7)
    let paths = try Shapes.write(train, to: folder.path) + Shapes.write(test, to: folder.path)
    #expect(paths.count == 8)
    for (split, made) in [(DatasetCatalog.Split.train, train), (.test, test)] {
      let read = try DatasetCatalog.cifar10.load(split, from: folder.path)
      #expect(read.pixels == made.pixels && read.labels == made.labels)
      let rows = try SoftLabels.read(path: "\(folder.path)/\(split.rawValue)-distributions.npy", classCount: 10)
      #expect(rows == made.distributions)
    }
  }

  @Test("a contact sheet is a PNG picture of the right size")
  func contactSheet() throws {
    let sheet = ContactSheet.png(of: Shapes.make(.train, count: 5), indices: [0, 1, 2, 3, 4], columns: 3)
    #expect(sheet.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(ByteOrder.big.integer(sheet, at: 16, as: UInt32.self) == 3 * 68 + 4)
    #expect(ByteOrder.big.integer(sheet, at: 20, as: UInt32.self) == 2 * 68 + 4)
  }
}

@Suite("Finding data sets")
struct DatasetCatalogTests {
  private static func record(_ label: UInt8, _ value: UInt8) -> [UInt8] {
    [label] + [UInt8](repeating: value, count: 3072)
  }

  @Test("CIFAR-10 in the folder itself, in the archive's, plain and gzipped")
  func cifar10() throws {
    let folder = try TemporaryFolder()
    for place in ["", "cifar-10-batches-bin/"] {
      let base = try TemporaryFolder()
      for batch in 1...5 {
        let bytes = Self.record(UInt8(batch), UInt8(batch * 10))
        let zip = batch % 2 == 0
        try base.write(
          zip ? Deflater.compress(bytes, wrapper: .gzip) : bytes, "\(place)data_batch_\(batch).bin\(zip ? ".gz" : "")")
      }
      let set = try DatasetCatalog.cifar10.load(.train, from: base.path)
      #expect(set.labels == [1, 2, 3, 4, 5])
      #expect(set.pixels[3072] == 20 && set.imageShape == [3, 32, 32] && set.classNames[1] == "car")
    }
    #expect(DatasetCatalog.cifar10.folder(holding: .train, in: folder.path) == nil)
  }

  @Test("CIFAR-100's fine labels count")
  func cifar100() throws {
    let folder = try TemporaryFolder()
    try folder.write([19, 99] + [UInt8](repeating: 1, count: 3072), "cifar-100-binary/test.bin")
    let set = try DatasetCatalog.cifar100.load(.test, from: folder.path)
    #expect(set.labels == [99] && set.classNames.count == 100 && set.classNames[99] == "worm")
  }

  @Test("MNIST as it is published, and as torchvision keeps it", arguments: ["", "mnist/", "MNIST/raw/"])
  func mnist(place: String) throws {
    let folder = try TemporaryFolder()
    let images = idx(type: 8, sizes: [2, 28, 28], elements: [UInt8](repeating: 9, count: 2 * 784))
    try folder.write(Deflater.compress(images, wrapper: .gzip), "\(place)t10k-images-idx3-ubyte.gz")
    try folder.write(idx(type: 8, sizes: [2], elements: [7, 3]), "\(place)t10k-labels-idx1-ubyte")
    let set = try DatasetCatalog.mnist.load(.test, from: folder.path)
    #expect(set.labels == [7, 3] && set.imageShape == [1, 28, 28] && set.pixels.count == 1568)
  }

  private func error(_ dataset: DatasetCatalog, _ folder: TemporaryFolder) -> DataFileError? {
    do throws(DataFileError) {
      _ = try dataset.load(.test, from: folder.path)
      return nil
    } catch {
      return error
    }
  }

  @Test("a missing data set says what was looked for, where, and how to get it", arguments: DatasetCatalog.allCases)
  func missing(dataset: DatasetCatalog) throws {
    let folder = try TemporaryFolder()
    guard dataset != .shapes else { return }
    let found = try #require(error(dataset, folder))
    #expect(found.kind == .missing)
    #expect(found.description.contains("Looked for") && found.description.contains(folder.path))
    #expect(found.advice == dataset.advice)
  }

  @Test("a half-complete data set names the file that lacks")
  func incomplete() throws {
    let folder = try TemporaryFolder()
    try folder.write(idx(type: 8, sizes: [1, 2, 2], elements: [1, 2, 3, 4]), "t10k-images-idx3-ubyte")
    let found = try #require(error(.mnist, folder))
    #expect(found.kind == .missing && found.path.hasSuffix("t10k-labels-idx1-ubyte"))
  }

  @Test("images and labels that do not belong together are refused")
  func mismatches() throws {
    let folder = try TemporaryFolder()
    func write(_ images: [UInt8], _ labels: [UInt8]) throws {
      try folder.write(images, "t10k-images-idx3-ubyte")
      try folder.write(labels, "t10k-labels-idx1-ubyte")
    }
    let image = idx(type: 8, sizes: [1, 2, 2], elements: [1, 2, 3, 4])
    for (images, labels, says) in [
      (image, idx(type: 8, sizes: [2], elements: [1, 2]), "1 images, but 2 labels"),
      (image, idx(type: 8, sizes: [1], elements: [10]), "Label 0 is 10"),
      (image, idx(type: 9, sizes: [1], elements: [1]), "array of bytes with one axis"),
      (
        idx(type: 8, sizes: [4], elements: [1, 2, 3, 4]), idx(type: 8, sizes: [4], elements: [1, 2, 3, 4]), "three axes"
      ),
      (idx(type: 8, sizes: [0, 2, 2], elements: []), idx(type: 8, sizes: [0], elements: []), "no images"),
      (idx(type: 8, sizes: [1, 0, 2], elements: []), idx(type: 8, sizes: [1], elements: [1]), "no images"),
    ] {
      try write(images, labels)
      let found = try #require(error(.mnist, folder))
      #expect(found.kind == .malformed && found.reason.contains(says), "\(found)")
    }
  }

  @Test("pixels become −1…1, row by row")
  func normalization() throws {
    let set = Dataset(
      name: "x", split: "test", imageShape: [1, 1, 4], classNames: ["a"], pixels: [0, 51, 204, 255, 255, 0, 0, 0],
      labels: [0, 0])
    var row = [Float](repeating: .nan, count: 4)
    var span = row.mutableSpan
    set.inputs().read(0, as: .plain, into: &span)
    for (found, expected) in zip(row, [-1, -0.6, 0.6, 1] as [Float]) { #expect(abs(found - expected) < 1e-6) }

    var other = [Float](repeating: .nan, count: 4)
    var otherSpan = other.mutableSpan
    set.inputs(normalization: PixelNormalization(mean: 0.2, standardDeviation: 0.4)).read(
      1, as: .plain, into: &otherSpan)
    for (found, expected) in zip(other, [2, -0.5, -0.5, -0.5] as [Float]) { #expect(abs(found - expected) < 1e-6) }
  }
}

@Suite("Soft labels")
struct SoftLabelsTests {
  @Test("come as .npy or IDX, of single or double precision, plain or gzipped")
  func formats() throws {
    let folder = try TemporaryFolder()
    let rows: [Float] = [0.25, 0.75, 1, 0, 0.5, 0.5]
    let single = idx(type: 0x0D, sizes: [3, 2], elements: rows.flatMap { ByteOrder.big.bytes($0.bitPattern) })
    let double = idx(type: 0x0E, sizes: [3, 2], elements: rows.flatMap { ByteOrder.big.bytes(Double($0).bitPattern) })
    for bytes in [NPYArray(sizes: [3, 2], floats: rows).fileBytes, single, double] {
      let plain = try SoftLabels.read(path: folder.write(bytes, "plain"), classCount: 2)
      let zipped = try SoftLabels.read(
        path: folder.write(Deflater.compress(bytes, wrapper: .gzip), "zipped"), classCount: 2)
      #expect(plain == rows && zipped == rows)
    }
  }

  @Test("unnormalised and negative rows are taken on request, but never NaN")
  func unnormalized() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(NPYArray(sizes: [1, 2], floats: [3, -1]).fileBytes, "rows.npy")
    #expect(throws: DataFileError.self) { try SoftLabels.read(path: path, classCount: 2) }
    #expect(try SoftLabels.read(path: path, classCount: 2, allowsUnnormalizedRows: true) == [3, -1])
    let bad = try folder.write(NPYArray(sizes: [1, 2], floats: [3, .nan]).fileBytes, "bad.npy")
    #expect(throws: DataFileError.self) {
      try SoftLabels.read(path: bad, classCount: 2, allowsUnnormalizedRows: true)
    }
  }
}

@Suite("Label noise")
struct LabelNoiseTests {
  private static let clean = (0..<20_000).map { UInt8($0 % 4) }

  /// How often each class became each class, (classes, classes), as shares.
  private func shares(_ noise: LabelNoise, seed: UInt64 = 1) -> [[Double]] {
    var counts = Array(repeating: Array(repeating: 0.0, count: 4), count: 4)
    for (before, after) in zip(Self.clean, noise.labels(Self.clean, classCount: 4, seed: seed)) {
      counts[Int(before)][Int(after)] += 1.0 / 5000
    }
    return counts
  }

  @Test("changes as many labels as it says, into the classes that it says")
  func rates() {
    let matrix = [[0.5, 0.5, 0, 0], [0, 1, 0, 0], [0.25, 0.25, 0.25, 0.25], [0, 0, 0.1, 0.9]]
    for (noise, expected) in [
      (.symmetric(rate: 0.3), (0..<4).map { row in (0..<4).map { $0 == row ? 0.7 : 0.1 } }),
      (.pairwise(rate: 0.2), (0..<4).map { row in (0..<4).map { $0 == row ? 0.8 : $0 == (row + 1) % 4 ? 0.2 : 0 } }),
      (.matrix(matrix), matrix), (.symmetric(rate: 0), (0..<4).map { row in (0..<4).map { $0 == row ? 1 : 0 } }),
    ] as [(LabelNoise, [[Double]])] {
      for (found, wanted) in zip(shares(noise).joined(), expected.joined()) {
        // Four standard deviations of a share of 5,000, and no more than nothing where nothing is expected.
        #expect(abs(found - wanted) <= 4 * (wanted * (1 - wanted) / 5000).squareRoot() + 1e-9)
      }
    }
  }

  @Test("depends on the seed, the position and the label alone, and leaves the images' true distributions out")
  func determinism() {
    let noise = LabelNoise.symmetric(rate: 0.5)
    let all = noise.labels(Self.clean, classCount: 4, seed: 7)
    #expect(noise.labels(Array(Self.clean.prefix(100)), classCount: 4, seed: 7) == Array(all.prefix(100)))
    #expect(noise.labels(Self.clean, classCount: 4, seed: 8) != all)
    let set = Shapes.make(.train, count: 30)
    let noisy = set.with(noise, seed: 1)
    #expect(noisy.pixels == set.pixels && noisy.labels != set.labels && noisy.distributions == nil)
  }

  @Test("a matrix file must be square, with a distribution in each row")
  func files() throws {
    let folder = try TemporaryFolder()
    let good = try folder.write(NPYArray(sizes: [2, 2], floats: [0.75, 0.25, 0, 1]).fileBytes, "good.npy")
    #expect(try LabelNoise.matrix(path: good, classCount: 2) == .matrix([[0.75, 0.25], [0, 1]]))
    for (sizes, floats, says) in [
      ([1, 4], [1, 0, 0, 1], "(2, 2); this one has sizes [1, 4]"), ([2, 2], [1, 0, 1, 1], "Target row 1 sums to 2.0"),
    ] as [([Int], [Float], String)] {
      let path = try folder.write(NPYArray(sizes: sizes, floats: floats).fileBytes, "bad.npy")
      do {
        _ = try LabelNoise.matrix(path: path, classCount: 2)
        Issue.record("It was taken.")
      } catch {
        #expect("\(error)".contains(says), "\(error)")
      }
    }
  }
}

@Suite("CIFAR-10H")
struct HumanLabelTests {
  @Test("has CIFAR-10's test images with people's distributions, four fifths of them for training")
  func split() throws {
    let folder = try TemporaryFolder()
    // Ten images, each of one byte all over.
    try folder.write(
      (0..<10).flatMap { [$0] + [UInt8](repeating: $0, count: 3072) }, "cifar-10-batches-bin/test_batch.bin")
    let rows = (0..<10).flatMap { row in (0..<10).map { Float($0 == row ? 0.75 : $0 == (row + 1) % 10 ? 0.25 : 0) } }
    try folder.write(NPYArray(sizes: [10, 10], floats: rows).fileBytes, "cifar-10h/cifar10h-probs.npy")
    let (training, test) = (
      try DatasetCatalog.cifar10h.load(.train, from: folder.path),
      try DatasetCatalog.cifar10h.load(.test, from: folder.path)
    )
    #expect(training.labels == [0, 1, 2, 3, 4, 5, 6, 7] && test.labels == [8, 9])
    #expect(test.pixels.first == 8 && test.distributions == Array(rows.suffix(20)))
    #expect(training.distributions == Array(rows.prefix(80)) && training.classNames[0] == "plane")
    try folder.write(
      NPYArray(sizes: [9, 10], floats: Array(rows.prefix(90))).fileBytes, "cifar-10h/cifar10h-probs.npy")
    #expect(throws: DataFileError.self) { try DatasetCatalog.cifar10h.load(.train, from: folder.path) }
  }
}

@Suite("Class weights")
struct ClassWeightsTests {
  @Test("come as .npy or as text, plain or gzipped")
  func formats() throws {
    let folder = try TemporaryFolder()
    let text = Array("1, 2.5\n 0\n".utf8)
    for bytes in [NPYArray(sizes: [3], floats: [1, 2.5, 0]).fileBytes, text, Deflater.compress(text, wrapper: .gzip)] {
      #expect(try ClassWeights.read(path: folder.write(bytes, "weights"), classCount: 3) == [1, 2.5, 0])
    }
  }

  @Test(
    "are refused where they are wrong, with what was found",
    arguments: [
      ("1 2", "There are 2 class weights, but 3 classes."), ("1 2 -3", "The weight of class 2 is -3.0."),
      ("1 2 nan", "The weight of class 2 is nan."), ("1 inf 2", "The weight of class 1 is inf."),
      ("0 0 0", "All class weights are 0."), ("1 two 3", "'two' is not a number."),
    ])
  func mistakes(text: String, says: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), "weights.txt")
    do {
      _ = try ClassWeights.read(path: path, classCount: 3)
      Issue.record("They were taken.")
    } catch {
      #expect("\(error)".contains(says), "\(error)")
    }
  }

  @Test("balanced ones make all classes count alike")
  func balanced() throws {
    let labels: [UInt8] = [0, 0, 0, 1, 2, 2]
    let weights = try ClassWeights.balanced(labels, classNames: ["a", "b", "c"])
    #expect(weights == [6.0 / 9, 2, 1])
    #expect(labels.reduce(0) { $0 + weights[Int($1)] } == 6)
    #expect(try ClassWeights.balanced(labels, classNames: ["a", "b", "c"], ignoreIndex: 1) == [5.0 / 6, 0, 1.25])
    #expect(throws: ClassWeightError(classIndex: 3, name: "d")) {
      try ClassWeights.balanced(labels, classNames: ["a", "b", "c", "d"])
    }
  }

  @Test("a class taken out of a data set takes its images, labels and distributions along")
  func without() {
    let set = Shapes.make(.test, count: 50)
    let rest = set.without(4)
    let kept = set.labels.indices.filter { set.labels[$0] != 4 }
    #expect(rest.count == kept.count && rest.count < 50 && !rest.labels.contains(4) && rest.classCount == 10)
    let size = set.imageShape.count
    #expect(rest.pixels.suffix(size) == set.pixels[(kept.last ?? 0) * size..<((kept.last ?? 0) + 1) * size])
    #expect(rest.distributions?.prefix(10) == set.distributions?[kept[0] * 10..<kept[0] * 10 + 10])
    #expect(set.without(17).count == 50)
  }
}

@Suite("Real data")
struct RealDataTests {
  @Test(
    "CIFAR-10 has its 50,000 and 10,000 images, equally many of each class",
    .enabled(if: RealData.folder(holding: "cifar-10-batches-bin/test_batch.bin") != nil, "\(RealData.advice)"))
  func cifar10() throws {
    let folder = try #require(RealData.folder(holding: "cifar-10-batches-bin/test_batch.bin"))
    for (split, count) in [(DatasetCatalog.Split.train, 50_000), (.test, 10_000)] {
      let set = try DatasetCatalog.cifar10.load(split, from: folder)
      #expect(set.count == count)
      let counts = set.labels.reduce(into: [Int](repeating: 0, count: 10)) { $0[Int($1)] += 1 }
      #expect(counts == Array(repeating: count / 10, count: 10))
    }
  }

  @Test(
    "CIFAR-10H's people agree with CIFAR-10's labels on most images",
    .enabled(if: RealData.folder(holding: "cifar-10h/cifar10h-probs.npy") != nil, "\(RealData.advice)"))
  func cifar10h() throws {
    let folder = try #require(RealData.folder(holding: "cifar-10h/cifar10h-probs.npy"))
    let test = try DatasetCatalog.cifar10h.load(.test, from: folder)
    let rows = try #require(test.distributions)
    let targets = try Targets.probabilities(rows, classCount: 10).hardened(ties: .lowestClass)
    let agreement = test.labels.indices.count { targets.target(at: $0).classIndex == Int(test.labels[$0]) }
    #expect(test.count == 2000 && agreement > 1950 && agreement < 2000)
  }

  @Test(
    "MNIST's gzip files have 60,000 and 10,000 images",
    .enabled(if: RealData.folder(holding: "mnist/train-images-idx3-ubyte.gz") != nil, "\(RealData.advice)"))
  func mnist() throws {
    let folder = try #require(RealData.folder(holding: "mnist/train-images-idx3-ubyte.gz"))
    let set = try DatasetCatalog.mnist.load(.train, from: folder)
    #expect(set.count == 60_000 && Array(set.labels.prefix(5)) == [5, 0, 4, 1, 9])
  }

  @Test(
    "Fashion-MNIST is found where Debian's package puts it",
    .enabled(if: DatasetCatalog.fashionMNIST.folder(holding: .train) != nil, "\(RealData.advice)"))
  func fashionMNIST() throws {
    let set = try DatasetCatalog.fashionMNIST.load(.train)
    #expect(set.count == 60_000 && Array(set.labels.prefix(5)) == [9, 0, 0, 3, 0])
    #expect(set.classNames[9] == "Ankle boot")
  }
}
