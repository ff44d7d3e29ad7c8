import Kernels
import Synchronization
import Testing

@Suite("Thread team")
struct ThreadTeamTests {
  /// Counts who came, and checks after each barrier that all did.
  private final class Tally: Sendable {
    let arrivals = Atomic<Int>(0)
    let failures = Atomic<Int>(0)
  }

  private struct Rounds: TeamWork {
    let tally: Tally
    let rounds: Int

    func run(as member: TeamMember) {
      for round in 1...rounds {
        tally.arrivals.add(1, ordering: .relaxed)
        member.waitForAll()
        if tally.arrivals.load(ordering: .relaxed) != round * member.count {
          tally.failures.add(1, ordering: .relaxed)
        }
        member.waitForAll()
      }
    }
  }

  @Test("nobody passes a barrier before all are there", arguments: [1, 2, 3, 8])
  func barrier(threads: Int) {
    let team = ThreadTeam(threadCount: threads)
    for _ in 0..<50 {
      let tally = Tally()
      team.run(Rounds(tally: tally, rounds: 20))
      #expect(tally.arrivals.load(ordering: .relaxed) == 20 * threads)
      #expect(tally.failures.load(ordering: .relaxed) == 0)
    }
  }

  private struct Shares: TeamWork {
    let covered: Collection
    let total: Int
    func run(as member: TeamMember) {
      covered.add(Array(member.share(of: total)))
    }
  }

  @Test("shares cover everything once, and differ by at most one", arguments: [1, 2, 3, 7], [0, 1, 4, 100])
  func shares(threads: Int, total: Int) {
    let team = ThreadTeam(threadCount: threads)
    let covered = Collection()
    team.run(Shares(covered: covered, total: total))
    let (all, sizes) = covered.contents
    #expect(all.sorted() == Array(0..<total))
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
  }

  @Test("callers on different threads take turns")
  func concurrentCallers() async {
    let team = ThreadTeam(threadCount: 2)
    let tally = Tally()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<50 {
            let own = Tally()
            team.run(Rounds(tally: own, rounds: 2))
            tally.failures.add(own.failures.load(ordering: .relaxed), ordering: .relaxed)
            tally.arrivals.add(own.arrivals.load(ordering: .relaxed), ordering: .relaxed)
          }
        }
      }
    }
    #expect(tally.failures.load(ordering: .relaxed) == 0)
    #expect(tally.arrivals.load(ordering: .relaxed) == 4 * 50 * 2 * 2)
  }

  @Test("teams come and go")
  func lifetime() {
    for _ in 0..<100 {
      let tally = Tally()
      ThreadTeam(threadCount: 3).run(Rounds(tally: tally, rounds: 1))
      #expect(tally.arrivals.load(ordering: .relaxed) == 3)
    }
  }
}

/// A list that several threads add to.
private final class Collection: Sendable {
  private let state = Mutex<(all: [Int], sizes: [Int])>(([], []))

  func add(_ values: [Int]) {
    state.withLock {
      $0.all += values
      $0.sizes.append(values.count)
    }
  }

  var contents: (all: [Int], sizes: [Int]) { state.withLock { $0 } }
}
