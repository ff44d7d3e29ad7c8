import CPUFeatures
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A barrier for a fixed number of threads, which can be used again and again.
///
/// A thread that comes early spins for a moment, which is enough inside a training step, and then sleeps until the last
/// one arrives, so that an idle team costs no processor time. The mutex and the condition are C objects at fixed
/// addresses, guarded by their own rules: hence `@unchecked Sendable`.
final class Barrier: @unchecked Sendable {
  private let memberCount: Atomic<Int>
  private let spinLimit: Int
  private let arrived = Atomic<Int>(0)
  private let phase = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init(memberCount: Int, spinLimit: Int) {
    self.memberCount = Atomic(memberCount)
    self.spinLimit = spinLimit
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Goes on with fewer members, one of whom must not have called `wait()` yet.
  func reduce(to count: Int) { memberCount.store(count, ordering: .sequentiallyConsistent) }

  /// Returns once all members have called it. What any of them wrote before is visible to all of them after.
  func wait() {
    let current = phase.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == memberCount.load(ordering: .relaxed) {
      arrived.store(0, ordering: .relaxed)
      phase.store(current + 1, ordering: .sequentiallyConsistent)
      if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
      }
      return
    }
    for _ in 0..<spinLimit {
      if phase.load(ordering: .acquiring) != current { return }
      cpu_features_spin_hint()
    }
    pthread_mutex_lock(mutex)
    // Counted before the phase is looked at: the last member either sees the sleeper or is seen by it.
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while phase.load(ordering: .sequentiallyConsistent) == current {
      pthread_cond_wait(condition, mutex)
    }
    sleepers.subtract(1, ordering: .relaxed)
    pthread_mutex_unlock(mutex)
  }
}
