import Foundation
import Martlet

/// Class weights, for losses that take them.
public enum ClassWeights {
  /// Reads one weight a class from a file: `.npy`, or a text of numbers with spaces, commas or line ends between them.
  ///
  /// - Throws: ``DataFileError``, which names what was found and what was expected.
  public static func read(path: String, classCount: Int) throws(DataFileError) -> [Float] {
    var reader = try ByteReader(path: path)
    let isEmpty = try reader.isAtEnd()
    let first = isEmpty ? [] : try reader.read(1, of: "class weights")
    let isArray = first == [NPYArray.magic[0]]
    let weights = isArray ? try readArray(path) : try readText(path)
    func malformed(_ reason: String) -> DataFileError {
      DataFileError(
        .malformed, path: path, reason: reason,
        advice: "The file needs \(classCount) numbers of 0 or more, one a class.")
    }
    guard weights.count == classCount else {
      throw malformed("There are \(weights.count) class weights, but \(classCount) classes.")
    }
    for (index, weight) in weights.enumerated() where !(weight >= 0 && weight.isFinite) {
      throw malformed("The weight of class \(index) is \(weight).")
    }
    guard weights.contains(where: { $0 > 0 }) else { throw malformed("All class weights are 0.") }
    return weights
  }

  private static func readArray(_ path: String) throws(DataFileError) -> [Float] {
    let array = try NPYArray(path: path)
    guard array.sizes.count == 1 else {
      throw DataFileError(
        .malformed, path: path,
        reason: "Class weights should be an array of one size; this one has sizes \(array.sizes).")
    }
    return array.floats
  }

  private static func readText(_ path: String) throws(DataFileError) -> [Float] {
    var weights: [Float] = []
    for word in try TextFile.read(path: path).split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
      guard let weight = Float(word) else {
        let isText = word.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != "\u{FFFD}" }
        throw DataFileError(
          .malformed, path: path,
          reason: isText ? "'\(word.prefix(20))' is not a number." : "The file is neither .npy nor text.",
          advice: "Class weights are an .npy file, or a text of numbers with spaces, commas or line ends between them.")
      }
      weights.append(weight)
    }
    return weights
  }

  /// Weights under which all classes count alike: images / (classes · images of the class), so that their mean over the images
  /// is 1.
  ///
  /// - Parameters:
  ///   - labels: the labels.
  ///   - classNames: the classes' names.
  ///   - ignoreIndex: a class that does not count; its weight is 0.
  /// - Throws: a ``ClassWeightError`` with the first class that has no images.
  public static func balanced(
    _ labels: some Collection<UInt8>, classNames: [String], ignoreIndex: Int? = nil
  ) throws(ClassWeightError) -> [Float] {
    var counts = Array(repeating: 0, count: classNames.count)
    for label in labels where Int(label) != ignoreIndex { counts[Int(label)] += 1 }
    let classes = counts.indices.filter { $0 != ignoreIndex }
    for index in classes where counts[index] == 0 { throw ClassWeightError(classIndex: index, name: classNames[index]) }
    let total = counts.reduce(0, +)
    return counts.indices.map { $0 == ignoreIndex ? 0 : Float(Double(total) / Double(classes.count * counts[$0])) }
  }
}

/// Why classes cannot be balanced: one has no images.
public struct ClassWeightError: Error, Hashable, CustomStringConvertible {
  /// The class.
  public let classIndex: Int
  /// Its name.
  public let name: String

  /// What was found, and what to do.
  public var description: String {
    "Class \(classIndex) ('\(name)') has no training image with a label, so classes cannot be balanced. "
      + "Take more images, or give the weights in a file."
  }
}
