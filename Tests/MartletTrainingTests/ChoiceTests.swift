import Testing

@testable import MartletTraining

@Suite("Choices by name")
struct ChoiceTests {
  private struct Entry: Choosable {
    let name: String
    let parameters: [ChoiceParameter]
  }

  private static let entries = [
    Entry(
      name: "blur",
      parameters: [
        ChoiceParameter("radius", .number(default: 2, .aboveZero), "how far"),
        ChoiceParameter("sizes", .numbers(default: [3, 5], .count), "how large"),
        ChoiceParameter("edge", .word(["black", "mirror"]), "what is beyond"),
        ChoiceParameter("twice", .flag, "once more"),
      ]),
    Entry(name: "layers", parameters: [ChoiceParameter("sizes", .numbers(default: [3, 5], .count), "how large")]),
  ]

  private func choice(_ text: String, separator: Character = ",") throws -> Choice<Entry> {
    try Choice(text, "filter", among: Self.entries, separator: separator)
  }

  @Test("are read with and without names of parameters")
  func values() throws {
    let plain = try choice("blur").arguments
    #expect(plain.number("radius") == 2 && plain.numbers("sizes") == [3, 5] && plain.word("edge") == "black")
    #expect(!plain.has("twice") && !plain.sets("radius"))
    let full = try choice("blur:radius=2,sizes=7/9/11,mirror,twice").arguments
    #expect(full.sets("radius") && full.numbers("sizes") == [7, 9, 11] && full.word("edge") == "mirror")
    #expect(full.has("twice") && !full.has("once"))
    #expect(try choice("blur:0.5:edge=mirror", separator: ":").arguments.number("radius") == 0.5)
    // A list alone is the first parameter that takes numbers.
    #expect(try choice("layers:8/16").arguments.numbers("sizes") == [8, 16])
    #expect(try choice("blur:1.5,twice").summary == "blur (radius=1.5, sizes=3/5, edge=black, twice)")
  }

  @Test(
    "with mistakes say what exists",
    arguments: [
      ("blurr", "There is no filter 'blurr'. There are blur, layers."),
      ("", "There is no filter ''. There are blur, layers."),
      ("blur:", "blur has no parameter ''. It takes radius=2, sizes=3/5, edge=black|mirror, twice."),
      ("blur:radius", "blur: radius needs a value; write radius=2."),
      ("blur:edge", "blur: edge needs a value; write edge=black|mirror."),
      ("blur:radius=0", "blur: radius must be a number above 0, not '0'."),
      ("blur:radius=nan", "blur: radius must be a number above 0, not 'nan'."),
      ("blur:nan", "blur: radius must be a number above 0, not 'nan'."),
      ("blur:1/2", "blur: radius must be a number above 0, not '1/2'."),
      ("blur:///", "blur: radius must be a number above 0, not '///'."),
      ("blur:sizes=1.5", "blur: sizes must be numbers with slashes between them"),
      ("layers:2000000", "layers: sizes must be numbers with slashes between them"),
      ("layers:8/", "layers: sizes must be numbers with slashes between them"),
      ("blur:edge=white", "blur: edge must be black or mirror, not 'white'."),
      ("blur:twice=1", "blur: twice takes no value; write 'twice' alone."),
      ("blur:1,radius=2", "'blur:1,radius=2' says 'radius' twice."),
      ("blur:black,mirror", "'blur:black,mirror' says 'edge' twice."),
    ])
  func mistakes(text: String, sentence: String) {
    #expect { try choice(text) } throws: { "\($0)".hasPrefix(sentence) }
  }
}
