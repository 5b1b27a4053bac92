// Lines that a terminal would break inside a word, broken between words.

import Provisioning

extension Context {
  /// Prints a line of a table to standard error; a terminal gets what does not fit below its last column, in whole words.
  func tell(_ line: String, wrappedTo indent: Int) {
    guard drawsProgress, terminalWidth() != nil else { return tell(line) }
    tell(lines: wrapped([line], indent: indent))
  }

  /// Lines as a terminal shows them, in whole words; where it is none as they are.
  func wrapped(_ lines: [String], indent: Int) -> [String] {
    guard drawsProgress, !machine.logsObjects, let columns = terminalWidth() else { return lines }
    return lines.flatMap { $0.visibleLine.wrapped(columns: columns, indent: indent) }
  }
}

extension String {
  /// The line in as many as it takes, each at most so many columns wide, broken at blanks; those after the first are
  /// indented. A word that is wider stays whole, so that a path can be copied.
  func wrapped(columns: Int, indent: Int) -> [String] {
    guard terminalWidth > columns, columns > indent + 1 else { return [self] }
    var lines: [String] = []
    let words = split(separator: " ", omittingEmptySubsequences: false)
    var line = words.first.map(String.init) ?? ""
    for word in words.dropFirst() {
      let longer = "\(line) \(word)"
      // The table's own columns stay as they are, and no line is but an indent.
      if line.terminalWidth > indent, longer.terminalWidth > columns {
        lines.append(line)
        line = String(repeating: " ", count: indent) + word
      } else {
        line = longer
      }
    }
    return lines + [line]
  }
}
