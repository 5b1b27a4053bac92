// Texts on a terminal: how wide they are there, and how they are made to fit without a word being cut.

extension String {
  /// How many columns of a terminal it takes: East Asian wide characters take two, marks on a letter none.
  package var terminalWidth: Int { unicodeScalars.reduce(0) { $0 + $1.terminalWidth } }

  /// With blanks behind it, or before it, until it is so many columns wide.
  package func padded(to columns: Int, atStart: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, columns - terminalWidth))
    return atStart ? blanks + self : self + blanks
  }

  /// As many whole words as fit into so many columns, the first at least; `…` stands for the others.
  package func clippedToWords(columns: Int) -> String {
    guard terminalWidth > columns else { return self }
    let words = split(separator: " ")
    var text = words.first.map(String.init) ?? ""
    for word in words.dropFirst() {
      let longer = "\(text) \(word)"
      if longer.terminalWidth + 2 > columns { break }
      text = longer
    }
    return text + " …"
  }
}

extension Unicode.Scalar {
  /// Wide by Unicode's East Asian Width (UAX #11), by blocks.
  fileprivate var terminalWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
