import Foundation
import Martlet
import MartletTraining

extension ComparisonDescription.Platform {
  /// This program on this machine.
  static var current: Self {
    let information = ProcessInfo.processInfo
    let processor = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
      .first { $0.hasPrefix("model name") }?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    return Self(
      martlet: Train.configuration.version, instructionSet: "\(InstructionSet.current)",
      system: information.operatingSystemVersionString, processor: processor ?? "unknown",
      processorCount: information.processorCount)
  }
}
