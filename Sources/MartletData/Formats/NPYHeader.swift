/// The header of an `.npy` file: a Python dictionary with the keys `descr`, `fortran_order` and `shape`.
struct NPYHeader {
  /// Why the text is no such dictionary.
  struct Failure: Error {
    let reason: String
  }

  let description: String
  let isFortranOrder: Bool
  let sizes: [Int]

  init(_ text: String) throws(Failure) {
    var parser = Parser(text: Array(text.utf8))
    try parser.expect("{")
    var description: String?
    var isFortranOrder: Bool?
    var sizes: [Int]?
    while !parser.skip("}") {
      let key = try parser.string()
      try parser.expect(":")
      switch key {
      case "descr": description = try parser.string()
      case "fortran_order": isFortranOrder = try parser.boolean()
      case "shape": sizes = try parser.tuple()
      default: throw Failure(reason: "The header has an unknown key '\(key)'.")
      }
      if !parser.skip(",") {
        try parser.expect("}")
        break
      }
    }
    guard let description, let isFortranOrder, let sizes else {
      throw Failure(reason: "The header lacks one of the keys 'descr', 'fortran_order' and 'shape'.")
    }
    guard parser.isAtEnd else { throw Failure(reason: "The header goes on behind its dictionary.") }
    self.description = description
    self.isFortranOrder = isFortranOrder
    self.sizes = sizes
  }

  private struct Parser {
    let text: [UInt8]
    var position = 0

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return position == text.count
      }
    }

    mutating func skipSpace() {
      while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
    }

    mutating func skip(_ word: String) -> Bool {
      skipSpace()
      guard text[position...].starts(with: word.utf8) else { return false }
      position += word.utf8.count
      return true
    }

    mutating func expect(_ word: String) throws(Failure) {
      guard skip(word) else {
        let found = position < text.count ? "'\(Character(UnicodeScalar(text[position])))'" : "its end"
        throw Failure(reason: "The header has \(found) at character \(position), where '\(word)' was expected.")
      }
    }

    mutating func string() throws(Failure) -> String {
      let quote: UInt8
      if skip("'") {
        quote = UInt8(ascii: "'")
      } else if skip("\"") {
        quote = UInt8(ascii: "\"")
      } else {
        throw Failure(reason: "The header has no text in quotes at character \(position), where one was expected.")
      }
      guard let end = text[position...].firstIndex(of: quote) else {
        throw Failure(reason: "The header has a text without an end at character \(position).")
      }
      defer { position = end + 1 }
      return String(decoding: text[position..<end], as: UTF8.self)
    }

    mutating func boolean() throws(Failure) -> Bool {
      if skip("True") { return true }
      if skip("False") { return false }
      throw Failure(reason: "The header says neither True nor False at character \(position).")
    }

    mutating func tuple() throws(Failure) -> [Int] {
      try expect("(")
      var sizes: [Int] = []
      while !skip(")") {
        skipSpace()
        let digits = text[position...].prefix { (0x30...0x39).contains($0) }
        guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
          throw Failure(reason: "The header's shape has no whole number at character \(position).")
        }
        position += digits.count
        sizes.append(size)
        if !skip(",") {
          try expect(")")
          break
        }
      }
      return sizes
    }
  }
}
