extension Shapes {
  /// Writes `dataset` to `folder` as files that any reader of CIFAR-10's binary version takes.
  ///
  /// `data_batch_1.bin.gz` to `data_batch_5.bin.gz` for the training images, `test_batch.bin.gz` for the test images,
  /// and `train-distributions.npy` or `test-distributions.npy`, (count, 10).
  ///
  /// - Returns: the paths written.
  public static func write(_ dataset: Dataset, to folder: String) throws(DataFileError) -> [String] {
    try FileWriting.makeFolder(folder)
    var paths: [String] = []
    func put(_ bytes: [UInt8], _ name: String) throws(DataFileError) {
      try FileWriting.write(bytes, to: "\(folder)/\(name)")
      paths.append("\(folder)/\(name)")
    }
    let batchCount = dataset.split == "train" ? 5 : 1
    for batch in 0..<batchCount {
      let rows = dataset.count * batch / batchCount..<dataset.count * (batch + 1) / batchCount
      let records = CIFARRecords.cifar10Bytes(
        pixels: dataset.pixels[rows.lowerBound * 3072..<rows.upperBound * 3072], labels: dataset.labels[rows])
      try put(
        Deflater.compress(records, wrapper: .gzip),
        dataset.split == "train" ? "data_batch_\(batch + 1).bin.gz" : "test_batch.bin.gz")
    }
    if let distributions = dataset.distributions {
      let array = NPYArray(sizes: [dataset.count, dataset.classCount], floats: distributions)
      try put(array.fileBytes, "\(dataset.split)-distributions.npy")
    }
    return paths
  }
}
