import CPUFeatures
import Requirements
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Work that all members of a team do together, each its own part.
public protocol TeamWork: Sendable {
  /// Does the part of `member`.
  func run(as member: TeamMember)
}

extension TeamWork {
  /// Calls `run(as:)` on the value at `address`: lets a team hold work of any type without allocating a box for it.
  fileprivate static func run(at address: UnsafeRawPointer, as member: TeamMember) {
    address.assumingMemoryBound(to: Self.self).pointee.run(as: member)
  }
}

/// One thread's place in a team, while it works.
public struct TeamMember: Sendable {
  /// Which member this is: 0 is the thread that called `ThreadTeam.run(_:)`.
  public let index: Int
  /// How many members there are.
  public let count: Int
  private let barrier: Barrier?

  init(index: Int, count: Int, barrier: Barrier?) {
    self.index = index
    self.count = count
    self.barrier = barrier
  }

  /// Waits until every member of the team has come here.
  public func waitForAll() { barrier?.wait() }

  /// This member's share of `total` items: contiguous, and as even as can be.
  public func share(of total: Int) -> Range<Int> {
    total * index / count..<total * (index + 1) / count
  }
}

/// A fixed number of threads that work together on one thing at a time.
///
/// The calling thread is a member; the others sleep between runs. Starting a run, waiting at a barrier and ending a run allocate nothing.
public final class ThreadTeam: Sendable {
  /// The number of threads, the caller's among them.
  public let threadCount: Int
  private let turn = Mutex(())
  private let roster: Roster?

  /// The number of processors that this process may run on.
  public static var processorCount: Int { Int(cpu_features_processor_count()) }

  /// Starts the threads; where the system has no room for all of them, as many as there is room for.
  ///
  /// - Parameter threadCount: at least 1; by default one for each processor.
  public init(threadCount: Int = ThreadTeam.processorCount) {
    require(threadCount >= 1, "A team needs at least one thread, not \(threadCount).")
    let roster = threadCount == 1 ? nil : Roster(threadCount: threadCount)
    self.threadCount = roster?.start() ?? 1
    self.roster = roster
  }

  deinit { roster?.stop() }

  /// Runs `work` on all threads, and returns when all are done. Concurrent calls wait for one another; work must not
  /// call this on its own team.
  public func run(_ work: some TeamWork) {
    turn.withLock { _ in
      if let roster {
        roster.run(work)
      } else {
        work.run(as: TeamMember(index: 0, count: 1, barrier: nil))
      }
    }
  }
}

/// What the members share. The job is written by the caller before the first barrier of a run and read by the others
/// behind it: hence `@unchecked Sendable`.
private final class Roster: @unchecked Sendable {
  private var threadCount: Int
  private let barrier: Barrier
  private var job: (address: UnsafeRawPointer, type: any TeamWork.Type)?
  private var threads: [pthread_t] = []

  init(threadCount: Int) {
    self.threadCount = threadCount
    // More threads than processors: spinning would keep the thread that is waited for from running.
    barrier = Barrier(memberCount: threadCount, spinLimit: threadCount <= ThreadTeam.processorCount ? 4000 : 0)
  }

  /// Starts the other threads, and returns how many members there are now.
  func start() -> Int {
    for index in 1..<threadCount {
      let seat = Unmanaged.passRetained(Seat(roster: self, index: index))
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      guard pthread_create(&thread, nil, { work(at: $0) }, seat.toOpaque()) == 0 else {
        seat.release()
        threadCount = index
        // The caller has not come to the barrier yet: nobody has passed it.
        barrier.reduce(to: index)
        break
      }
      #if canImport(Darwin)
        if let thread { threads.append(thread) }
      #else
        threads.append(thread)
      #endif
    }
    return threadCount
  }

  func stop() {
    job = nil
    barrier.wait()
    for thread in threads { pthread_join(thread, nil) }
  }

  func run<Work: TeamWork>(_ work: Work) {
    withUnsafePointer(to: work) { pointer in
      job = (UnsafeRawPointer(pointer), Work.self)
      barrier.wait()
      Work.run(at: UnsafeRawPointer(pointer), as: member(0))
      barrier.wait()
    }
  }

  /// What a thread does all its life.
  func serve(as index: Int) {
    while true {
      barrier.wait()
      guard let job else { return }
      job.type.run(at: job.address, as: member(index))
      barrier.wait()
    }
  }

  private func member(_ index: Int) -> TeamMember {
    TeamMember(index: index, count: threadCount, barrier: barrier)
  }
}

/// A thread's ticket: where it works, and as whom.
private final class Seat {
  let roster: Roster
  let index: Int

  init(roster: Roster, index: Int) {
    self.roster = roster
    self.index = index
  }
}

/// The thread's body. On Darwin the argument is never nil but is imported without saying so.
private func work(at seat: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let seat else { return nil }
  let ticket = Unmanaged<Seat>.fromOpaque(seat).takeRetainedValue()
  ticket.roster.serve(as: ticket.index)
  return nil
}
