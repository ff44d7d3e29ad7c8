/// Ends the program with a sentence if a promise that the programmer made is broken.
///
/// `precondition` would say nothing here: its message is left out of optimised code, and the numerical targets are
/// always optimised.
@inlinable
package func require(
  _ isKept: Bool, _ sentence: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
  if !isKept { fail(sentence(), file: file, line: line) }
}

/// Ends the program with a sentence.
@inlinable
package func fail(_ sentence: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
  fatalError(sentence, file: file, line: line)
}
