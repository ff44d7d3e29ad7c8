import Foundation
import MartletTestSupport
import Testing

@testable import MartletReports

/// Reference values by SciPy and statsmodels.
private struct PairedFixtures: Decodable, Sendable {
  struct Split: Decodable, Sendable {
    let onlyFirst, onlySecond: Int
    let probability: Double
  }

  struct Pairs: Decodable, Sendable {
    let first, second: [Double]
    let confidence, mean, low, high: Double
  }

  struct Quantile: Decodable, Sendable {
    let degrees: Int
    let probability, value: Double
  }

  let tests: [Split]
  let pairs: [Pairs]
  let quantiles: [Quantile]

  static func load() throws -> PairedFixtures { try Fixture.load("paired.json", from: .module) }
}

private func near(_ found: Double, _ expected: Double, relative: Double = 1e-6) -> Bool {
  abs(found - expected) <= relative * max(abs(expected), 1e-12)
}

@Suite("Paired tests agree with SciPy and statsmodels")
struct PairedFixtureTests {
  @Test("McNemar's exact test, to 1e-6")
  func mcNemar() throws {
    for split in try PairedFixtures.load().tests {
      let first = Array(repeating: true, count: split.onlyFirst) + Array(repeating: false, count: split.onlySecond)
      let test = McNemarTest(firstIsRight: first + [true, false], secondIsRight: first.map { !$0 } + [true, false])
      #expect(test.onlyFirst == split.onlyFirst && test.onlySecond == split.onlySecond)
      #expect(near(test.probability, split.probability), "\(split): \(test.probability)")
    }
  }

  @Test("intervals of paired differences, to 1e-6")
  func intervals() throws {
    for pairs in try PairedFixtures.load().pairs {
      let found = PairedDifference(of: pairs.first, from: pairs.second, confidence: pairs.confidence)
      let interval = try #require(found.interval)
      #expect(near(found.mean, pairs.mean) && found.count == pairs.first.count)
      #expect(near(interval.lowerBound, pairs.low) && near(interval.upperBound, pairs.high), "\(pairs)")
    }
  }

  @Test("quantiles of Student's distribution, to 1e-9")
  func quantiles() throws {
    for quantile in try PairedFixtures.load().quantiles {
      let distribution = StudentT(degreesOfFreedom: quantile.degrees)
      #expect(near(distribution.quantile(quantile.probability), quantile.value, relative: 1e-9))
      #expect(near(distribution.quantile(1 - quantile.probability), -quantile.value, relative: 1e-9))
    }
  }

  @Test("one seed has no interval")
  func edges() {
    #expect(PairedDifference(of: [1], from: [0.5]).interval == nil)
    #expect(PairedDifference(of: [1, 2], from: [0.5, 1.5]).interval == 0.5...0.5)
  }
}
