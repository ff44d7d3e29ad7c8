import Foundation

/// Refuses a network that this machine has no room for, before the system ends the program for it.
///
/// - Parameter size: the bytes that are needed.
func checkMemory(_ size: Int) throws {
  let available = ProcessInfo.processInfo.physicalMemory
  guard size > available else { return }
  func gigabytes(_ bytes: Double) -> String { String(format: "%.1f GB", bytes / 1e9) }
  throw UsageError(
    description: "This network needs \(gigabytes(Double(size))) of memory with these batches, but this machine has "
      + "\(gigabytes(Double(available))). Take a smaller --batch-size, smaller layers, or smaller images.")
}
