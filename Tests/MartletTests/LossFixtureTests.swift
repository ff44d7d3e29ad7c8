import Martlet
import MartletTestSupport
import Testing

@Suite("Losses agree with PyTorch")
struct LossFixtureTests {
  @Test("the fixtures are there, for every loss, reduction and encoding")
  func fixturesAreThere() {
    #expect(LossFixture.all.count == 604)
    #expect(Set(LossFixture.all.map(\.loss)).count == 10)
    #expect(Set(LossFixture.all.map(\.reduction)) == ["none", "sum", "mean"])
    #expect(Set(LossFixture.all.map(\.encoding)).count == 5)
    #expect(Set(LossFixture.all.map(\.positions)) == [[], [2], [2, 2]])
    #expect(LossFixture.all.count { $0.ignoreIndex != nil || $0.ignored != nil } > 100)
    #expect(LossFixture.all.count { $0.options.classWeights != nil } > 100)
  }

  @Test("to 1e-6 in value, each relative to itself, and 1e-5 in gradient", arguments: LossFixture.all)
  func agrees(fixture: LossFixture) throws {
    let found = try fixture.makeLoss().evaluate(logits: fixture.logits.floats, targets: fixture.makeTargets())
    let errors = try fixture.errors(found)
    #expect(errors.value <= 1e-6, "\(found.rows), mean \(found.mean), instead of \(fixture.values.doubles)")
    #expect(errors.gradient <= 1e-5)
  }
}
