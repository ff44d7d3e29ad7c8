import Foundation
public import Martlet

/// The data sets that can be asked for by name.
public enum DatasetCatalog: String, Sendable, CaseIterable {
  /// Drawn shapes, made by the program; ambiguous by design.
  case shapes
  /// CIFAR-10, binary version.
  case cifar10
  /// CIFAR-10H: CIFAR-10's test images, with the labels that some fifty people gave each of them. The first four fifths are for
  /// training and the others for testing.
  ///
  /// Peterson, Battleday, Griffiths and Russakovsky, "Human uncertainty makes classification more robust" (2019).
  case cifar10h
  /// CIFAR-100, binary version, fine labels.
  case cifar100
  /// MNIST.
  case mnist
  /// Fashion-MNIST.
  case fashionMNIST = "fashion-mnist"

  /// The two parts of a data set.
  public enum Split: String, Sendable, CaseIterable {
    /// For training.
    case train
    /// For testing.
    case test
  }

  /// (channels, height, width).
  public var imageShape: Shape {
    switch self {
    case .shapes, .cifar10, .cifar10h, .cifar100: [3, 32, 32]
    case .mnist, .fashionMNIST: [1, 28, 28]
    }
  }

  /// The number of classes.
  public var classCount: Int { self == .cifar100 ? 100 : 10 }

  /// What it is, in a few words.
  public var summary: String {
    switch self {
    case .shapes: "drawn shapes, made by the program; ambiguous by design, with true distributions"
    case .cifar10: "CIFAR-10, binary version: photographs of ten kinds of things"
    case .cifar10h: "CIFAR-10H: CIFAR-10's test images, with what some fifty people saw in each"
    case .cifar100: "CIFAR-100, binary version: a hundred kinds of things, fine labels"
    case .mnist: "MNIST: handwritten digits"
    case .fashionMNIST: "Fashion-MNIST: pictures of clothes"
    }
  }

  /// Where to get the files.
  public var advice: String {
    switch self {
    case .shapes: "Nothing to get: the program makes it."
    case .cifar10:
      "Get https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz and unpack it in Datasets, or name its folder with --data."
    case .cifar10h:
      "Get https://github.com/jcpeterson/cifar-10h, put its data/cifar10h-probs.npy into Datasets/cifar-10h, and CIFAR-10 beside it; or name the folder of both with --data."
    case .cifar100:
      "Get https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz and unpack it in Datasets, or name its folder with --data."
    case .mnist:
      "Get the four files from https://storage.googleapis.com/cvdf-datasets/mnist/ into Datasets/mnist, or name their folder with --data."
    case .fashionMNIST:
      "Run 'sudo apt-get install -y dataset-fashion-mnist', or get the four files from https://github.com/zalandoresearch/fashion-mnist and name their folder with --data."
    }
  }

  /// The folders in which the files are looked for when none is named.
  public var defaultFolders: [String] {
    self == .fashionMNIST ? ["Datasets", "/usr/share/datasets/fashion-mnist"] : ["Datasets"]
  }

  /// The folders that archives make, within the one that is named.
  private var subfolders: [String] {
    switch self {
    case .shapes: []
    case .cifar10: ["", "cifar-10-batches-bin"]
    case .cifar10h: ["", "cifar-10h", "cifar-10h/data"]
    case .cifar100: ["", "cifar-100-binary"]
    case .mnist: ["", "mnist", "MNIST/raw"]
    case .fashionMNIST: ["", "fashion-mnist", "FashionMNIST/raw"]
    }
  }

  /// The files of `split`, images before labels; each may have `.gz` behind its name.
  private func fileNames(_ split: Split) -> [String] {
    switch (self, split) {
    case (.shapes, _): []
    case (.cifar10, .train): (1...5).map { "data_batch_\($0).bin" }
    case (.cifar10, .test): ["test_batch.bin"]
    case (.cifar10h, _): ["cifar10h-probs.npy"]
    case (.cifar100, _): ["\(split.rawValue).bin"]
    case (_, .train): ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"]
    case (_, .test): ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
    }
  }

  /// Reads one part of the data set.
  ///
  /// - Parameters:
  ///   - split: which part.
  ///   - folder: where the files are, or in a folder that the official archive makes there; nil for the usual places.
  ///   - limit: only the first images; nil for all.
  /// - Throws: ``DataFileError``.
  public func load(
    _ split: Split, from folder: String? = nil, limit: Int? = nil
  ) throws(DataFileError) -> Dataset {
    let whole: Dataset
    switch self {
    case .shapes:
      return Shapes.make(split, count: limit.map { min($0, Shapes.count(of: split)) })
    case .cifar10: whole = try loadCIFAR(.cifar10, split, find(split, in: folder))
    case .cifar10h: whole = try loadCIFAR10H(split, find(split, in: folder)[0], folder)
    case .cifar100: whole = try loadCIFAR(.cifar100, split, find(split, in: folder))
    case .mnist: whole = try loadIDX(split, find(split, in: folder), ClassNames.digits)
    case .fashionMNIST: whole = try loadIDX(split, find(split, in: folder), ClassNames.fashion)
    }
    return limit.map { whole.prefix($0) } ?? whole
  }

  /// The folder in which all files of `split` are, or nil.
  public func folder(holding split: Split, in folder: String? = nil) -> String? {
    candidates(folder).first { candidate in fileNames(split).allSatisfy { existing($0, in: candidate) != nil } }
  }

  private func candidates(_ folder: String?) -> [String] {
    (folder.map { [$0] } ?? defaultFolders).flatMap { base in subfolders.map { $0.isEmpty ? base : "\(base)/\($0)" } }
  }

  private func existing(_ name: String, in folder: String) -> String? {
    [name, name + ".gz"].map { "\(folder)/\($0)" }.first { FileManager.default.fileExists(atPath: $0) }
  }

  private func find(_ split: Split, in folder: String?) throws(DataFileError) -> [String] {
    let names = fileNames(split)
    if let place = self.folder(holding: split, in: folder) {
      return names.compactMap { existing($0, in: place) }
    }
    let places = candidates(folder)
    // Where some of the files are, name the first that lacks.
    for place in places where names.contains(where: { existing($0, in: place) != nil }) {
      if let missing = names.first(where: { existing($0, in: place) == nil }) {
        throw DataFileError(
          .missing, path: "\(place)/\(missing)",
          reason: "This file of \(rawValue) is missing, and so is \(missing).gz; others of it are there.",
          advice: advice)
      }
    }
    throw DataFileError(
      .missing, path: folder ?? defaultFolders.joined(separator: " and "),
      reason: "\(rawValue) is not here. Looked for \(names.joined(separator: ", ")), plain or with .gz, in "
        + places.joined(separator: ", ") + ".",
      advice: advice)
  }

  private func loadCIFAR(
    _ version: CIFARRecords.Version, _ split: Split, _ paths: [String]
  ) throws(DataFileError) -> Dataset {
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    // As many bytes as the published files have; smaller sets give the unused memory back by never touching it.
    pixels.reserveCapacity((split == .train ? 50_000 : 10_000) * 3072)
    for path in paths {
      try CIFARRecords.read(path: path, version: version, pixels: &pixels, labels: &labels)
    }
    return Dataset(
      name: rawValue, split: split.rawValue, imageShape: imageShape,
      classNames: version == .cifar10 ? ClassNames.cifar10 : ClassNames.cifar100, pixels: pixels, labels: labels)
  }

  /// The images are those of CIFAR-10's test batch, which comes in no order; `path` has a distribution for each.
  private func loadCIFAR10H(_ split: Split, _ path: String, _ folder: String?) throws(DataFileError) -> Dataset {
    let images = try DatasetCatalog.cifar10.load(.test, from: folder)
    let rows = try SoftLabels.read(path: path, classCount: images.classCount)
    guard rows.count == images.count * images.classCount else {
      throw DataFileError(
        .malformed, path: path,
        reason:
          "There are \(rows.count / images.classCount) distributions, but \(images.count) test images of CIFAR-10.",
        advice: "The two do not belong together.")
    }
    let whole = Dataset(
      name: rawValue, split: split.rawValue, imageShape: imageShape, classNames: images.classNames,
      pixels: images.pixels, labels: images.labels, distributions: rows)
    let border = images.count * 4 / 5
    return whole.images(split == .train ? 0..<border : border..<images.count)
  }

  private func loadIDX(
    _ split: Split, _ paths: [String], _ classNames: [String]
  ) throws(DataFileError) -> Dataset {
    let images = try IDXArray(path: paths[0])
    let labels = try IDXArray(path: paths[1])
    guard case .uint8(let pixels) = images.elements, images.sizes.count == 3 else {
      throw DataFileError(
        .malformed, path: paths[0], offset: 2,
        reason: "The images should be an array of bytes with three axes; this one has \(images.sizes.count) axes.")
    }
    guard case .uint8(let indices) = labels.elements, labels.sizes.count == 1 else {
      throw DataFileError(
        .malformed, path: paths[1], offset: 2,
        reason: "The labels should be an array of bytes with one axis; this one has \(labels.sizes.count) axes.")
    }
    guard images.sizes[0] == labels.sizes[0] else {
      throw DataFileError(
        .malformed, path: paths[1], offset: 4,
        reason: "There are \(images.sizes[0]) images, but \(labels.sizes[0]) labels.",
        advice: "The two files do not belong together.")
    }
    guard images.sizes.allSatisfy({ $0 > 0 }) else {
      throw DataFileError(.malformed, path: paths[0], offset: 4, reason: "There are no images: sizes \(images.sizes).")
    }
    if let row = indices.firstIndex(where: { $0 >= classNames.count }) {
      throw DataFileError(
        .malformed, path: paths[1], reason: "Label \(row) is \(indices[row]); labels are 0...\(classNames.count - 1).")
    }
    return Dataset(
      name: rawValue, split: split.rawValue, imageShape: [1, images.sizes[1], images.sizes[2]],
      classNames: classNames, pixels: pixels, labels: indices)
  }
}
