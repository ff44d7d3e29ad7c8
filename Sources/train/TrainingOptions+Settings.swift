import ArgumentParser
import Foundation
import MartletData
import MartletTraining

/// What follows from the table of flags.
extension TrainingOptions {
  /// What was decided, flag by flag: the flags that change results, each with its value; those that are not set, and have no
  /// default, are left out.
  ///
  /// - Parameter labels: the arm's labels; flags that these have no use for are left out.
  func settings(for labels: LabelMode) -> [Setting] {
    settings(FlagEntry.all.filter { $0.only == nil || $0.only == labels })
  }

  /// The settings among `flags`.
  func settings(_ flags: [FlagEntry]) -> [Setting] {
    flags.compactMap { flag in flag.isSetting ? flag.value(self).map { Setting(name: flag.name, value: $0) } : nil }
  }

  /// For each setting that names a file, CRC-32 of what is in it.
  func checksums(for labels: LabelMode) -> [String: UInt32] {
    settings(for: labels).reduce(into: [:]) { files, setting in
      // 'balanced' and 'symmetric:0.4' are no files.
      guard FlagEntry.named(setting.name)?.file == .read,
        let bytes = FileManager.default.contents(atPath: setting.value)
      else { return }
      files[setting.name] = Deflater.checksum(Array(bytes))
    }
  }

  /// Refuses flags that none of `modes` has use for.
  func checkUse(in modes: [LabelMode]) throws {
    for flag in FlagEntry.all {
      if let mode = flag.only, !modes.contains(mode), flag.isSet(self) {
        throw ValidationError("--\(flag.name) is for --labels \(mode.rawValue).")
      }
    }
  }

  /// Refuses two flags that would write to one file.
  func checkWrittenFiles() throws {
    let written = FlagEntry.all.filter { $0.file == .written }
    for (index, first) in written.enumerated() {
      for second in written[(index + 1)...] where first.value(self) != nil && first.value(self) == second.value(self) {
        throw ValidationError("--\(first.name) and --\(second.name) name the same file.")
      }
    }
  }
}
