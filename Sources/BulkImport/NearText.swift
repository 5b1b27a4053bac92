// Texts that are nearly other ones: what a spreadsheet made of a number, and how far two words are apart.

extension String {
  /// Whether a spreadsheet made it of a number with too many digits: `2.02E+11`.
  var isMangledNumber: Bool {
    let parts = uppercased().split(separator: "E", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].first == "+", parts[1].count > 1 else { return false }
    let isExponent = parts[1].dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) }
    let digits = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    return isExponent && digits.count <= 2
      && digits.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
  }

  /// Whether it was probably meant to be another one: one letter is wrong, or two from seven letters on, and some are right.
  func isNearly(_ other: String) -> Bool {
    distance(to: other) <= (other.count < 7 ? 1 : 2) && !Set(lowercased()).isDisjoint(with: other.lowercased())
  }

  /// How many letters must be changed, added or taken away to get from one to the other, capitals aside (Levenshtein).
  func distance(to other: String) -> Int {
    let (left, right) = (Array(lowercased()), Array(other.lowercased()))
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var previous = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let cost = Swift.min(row[j + 1] + 1, row[j] + 1, previous + (a == b ? 0 : 1))
        (previous, row[j + 1]) = (row[j + 1], cost)
      }
    }
    return row[right.count]
  }
}
