import Foundation
import Martlet
import MartletTestSupport
import Testing

@testable import MartletTraining

/// What torchvision's CutMix takes from the partner.
private struct CutMixCase: Decodable, Sendable {
  let height: Int
  let width: Int
  let proportion: Double
  let row: Int
  let column: Int
  let rows: [Int]
  let columns: [Int]
  let share: Double
}

@Suite("CutMix, and its choice with mixup")
struct CutMixTests {
  private let rows = (10..<30).map { BatchRow(example: $0, view: 1, weight: 0.5) }

  @Test("regions and shares are torchvision's")
  func regions() throws {
    let cases: [CutMixCase] = try Fixture.load("cutmix.json", from: .module)
    #expect(cases.count == 60)
    for example in cases {
      let region = CutMix.region(
        height: example.height, width: example.width, proportion: example.proportion, row: example.row,
        column: example.column)
      // Nothing is nothing, wherever it is.
      if example.share > 0 || region.area > 0 {
        #expect([region.rows.lowerBound, region.rows.upperBound] == example.rows)
        #expect([region.columns.lowerBound, region.columns.upperBound] == example.columns)
      }
      #expect(abs(Double(region.area) / Double(example.height * example.width) - example.share) < 1e-9)
    }
  }

  @Test("all rows of a step get one region, whose area is the share, from partners of their own group")
  func partners() {
    let groups: [Int?] = rows.indices.map { $0 % 5 == 0 ? nil : $0 % 2 }
    for step in 0..<50 {
      let mixed = CutMix().mixed(rows, groups: groups, shape: [3, 20, 30], random: RandomSource(seed: 3).stream(step))
      #expect(mixed.map(\.example) == Array(10..<30) && mixed.allSatisfy { $0.weight == 0.5 && $0.view == 1 })
      for (row, group) in zip(mixed, groups) {
        #expect(row.partner.map { groups[$0.example - 10] == group } ?? (group == nil))
        #expect(row.partner.map { $0.share == Float(Double($0.region?.area ?? -1) / 600) } ?? true)
      }
      #expect(Set(mixed.compactMap { $0.partner?.region }).count == 1)
    }
  }

  @Test("the shares of unclipped regions have the mean of 1 − λ")
  func shares() {
    // A region that is not clipped has the area (1 − λ)·H·W, but for rounding; its mean over Beta(α, α) is a half.
    var (sum, count) = (0.0, 0)
    var centres = Set<[Bool]>()
    for step in 0..<2000 {
      let mixed = CutMix(alpha: 20).mixed(
        Array(rows.prefix(2)), groups: [0, 0], shape: [1, 400, 400], random: RandomSource(seed: 8).stream(step))
      guard let region = mixed[0].partner?.region else { continue }
      centres.insert([region.rows.lowerBound == 0, region.columns.lowerBound == 0])
      guard region.rows.lowerBound > 0, region.rows.upperBound < 400 else { continue }
      sum += Double(region.rows.count * region.rows.count) / 160_000
      count += 1
    }
    #expect(count > 300 && abs(sum / Double(count) - 0.5) < 0.03 && centres.count == 4)
  }

  @Test("with both, each step takes one of the two with equal probability, and one alone takes its own")
  func choice() throws {
    var configuration = TrainingConfiguration()
    #expect(Mixture(configuration) == nil)
    func isCut(_ configuration: TrainingConfiguration, _ step: Int) throws -> Bool {
      let mixed = try #require(Mixture(configuration)).mixed(
        rows, groups: rows.map { _ in 0 }, shape: [1, 8, 8], random: RandomSource(seed: 1), epoch: 2, step: step)
      let cut = mixed.count { $0.partner?.region != nil }
      #expect((cut == 0 || cut == rows.count) && mixed.allSatisfy { $0.partner != nil })
      return cut > 0
    }
    configuration.mixup = Mixup(alpha: 1)
    #expect(try (0..<50).allSatisfy { try !isCut(configuration, $0) })
    configuration.cutmix = CutMix()
    let share = try (0..<1000).count { try isCut(configuration, $0) }
    #expect(abs(share - 500) < 64)
    configuration.mixup = nil
    #expect(try (0..<50).allSatisfy { try isCut(configuration, $0) })
  }
}
