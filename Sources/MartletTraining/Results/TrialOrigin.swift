/// All that a trial's result depends on, beside its seed: a stored result is taken for that of a comparison only if it is the same.
struct TrialOrigin: Hashable, Codable {
  let images: ComparisonDescription.Images
  let martlet: String
  let instructionSet: String
  /// Flags and their values.
  let settings: [String: String]
  /// For each flag that names a file, CRC-32 of what was in it.
  let files: [String: UInt32]

  /// What differs between this origin and that of a stored result, in words; nil if nothing does.
  func difference(from stored: TrialOrigin) -> String? {
    if stored.images != images {
      return "the images were others (\(stored.images.name), \(stored.images.trainingCount) for training)"
    }
    if stored.martlet != martlet { return "it was made by Martlet \(stored.martlet), and this is \(martlet)" }
    if stored.instructionSet != instructionSet {
      return "it was made with \(stored.instructionSet) kernels, and these are \(instructionSet)"
    }
    for name in Set(stored.settings.keys).union(settings.keys).sorted() {
      let (before, now) = (stored.settings[name], settings[name])
      if let before = stored.files[name], let now = files[name] {
        // What is in a file counts, wherever it is.
        if before != now { return "the file of \(name) had other contents" }
      } else if before != now {
        return "\(name) was \(before ?? "not set"), and is \(now ?? "not set")"
      }
    }
    return nil
  }
}
