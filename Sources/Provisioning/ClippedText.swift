// Texts of others, which may be of any length.

extension String {
  /// At most so many characters, and at most four bytes for each; what is longer ends with `…` after a whole character. A
  /// letter can carry any number of marks, so that counting characters alone would bound nothing.
  package func clipped(to count: Int) -> String {
    if utf8.count <= count { return self }
    var (end, characterCount, byteCount) = (startIndex, 0, 0)
    while end < endIndex {
      let next = index(after: end)
      byteCount += utf8.distance(from: end, to: next)
      characterCount += 1
      guard characterCount <= count, byteCount <= 4 * count else { return self[..<end] + "…" }
      end = next
    }
    return self
  }
}
