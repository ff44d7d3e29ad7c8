import Martlet

/// Soft labels out of a file: one row of probabilities for each image.
public enum SoftLabels {
  /// Reads rows from an `.npy` or IDX file, told apart by content, plain or gzipped.
  ///
  /// - Parameters:
  ///   - path: the file; its array is (rows, classCount), of a type that ``NPYArray`` or ``IDXArray`` reads.
  ///   - classCount: the number of classes.
  ///   - allowsUnnormalizedRows: whether rows may sum to something else than 1.
  /// - Throws: ``DataFileError``, which names the row that is wrong.
  public static func read(
    path: String, classCount: Int, allowsUnnormalizedRows: Bool = false
  ) throws(DataFileError) -> [Float] {
    let (sizes, values) = try readArray(path)
    guard sizes.count == 2, sizes[1] == classCount else {
      throw DataFileError(
        .malformed, path: path,
        reason: "Soft labels should be an array of sizes (images, \(classCount)); this one has sizes \(sizes).")
    }
    do throws(TargetError) {
      _ = try Targets.probabilities(
        values, classCount: classCount, allowsUnnormalizedRows: allowsUnnormalizedRows)
    } catch {
      var advice: String?
      if case .notNormalized = error.problem { advice = "Normalise the rows, or pass --allow-unnormalized." }
      throw DataFileError(.malformed, path: path, reason: error.description, advice: advice)
    }
    return values
  }

  private static func readArray(_ path: String) throws(DataFileError) -> (sizes: [Int], values: [Float]) {
    var probe = try ByteReader(path: path)
    let first = try probe.read(1, of: "an .npy or IDX file")
    if first == [NPYArray.magic[0]] {
      let array = try NPYArray(path: path)
      return (array.sizes, array.floats)
    }
    guard first == [0] else {
      throw DataFileError(
        .malformed, path: path, offset: 0, reason: "The file is neither .npy nor IDX.",
        advice: "Save the rows with numpy.save.")
    }
    let array = try IDXArray(path: path)
    return (array.sizes, array.floats)
  }

  /// Writes rows as an `.npy` file, which ``read(path:classCount:allowsUnnormalizedRows:)`` reads.
  ///
  /// - Parameter rows: (images, classCount).
  /// - Throws: ``DataFileError`` if the file cannot be written.
  public static func write(_ rows: [Float], classCount: Int, to path: String) throws(DataFileError) {
    let array = NPYArray(sizes: [rows.count / max(1, classCount), classCount], floats: rows)
    try FileWriting.write(array.fileBytes, to: path)
  }
}
