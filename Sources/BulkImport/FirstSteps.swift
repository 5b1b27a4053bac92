// What a person is to do first with what was made: a text of the template, filled in for each row and never sent.

/// A text with placeholders, as a template's values have them: for a row's cells, and for what became of it.
package struct FirstSteps: Hashable, Sendable {
  /// What was made, by the names that a placeholder may have besides the roster's headers.
  package static let made = ["rollcall_name", "rollcall_id", "rollcall_account"]

  /// As the template has it.
  package let text: String
  private let value: Template.Value

  /// Reads a text.
  ///
  /// - Throws: `RecordFault` when a placeholder is none.
  init(_ text: String) throws(RecordFault) {
    self.text = text
    value = Template.Value(path: "", parts: try Template.parts(of: text))
  }

  /// Reads a text that was stored; nil when it is none.
  package init?(stored text: String) {
    guard case .success(let steps) = Result(catching: { try FirstSteps(text) }) else { return nil }
    self = steps
  }

  /// Placeholders that are neither a header nor something that was made.
  package func unknown(among headers: [String]) -> [String] {
    value.columns.filter { !headers.contains($0) && !Self.made.contains($0) }
  }

  /// The text for one row.
  ///
  /// - Parameter cell: the cell under a header, or what was made by its name.
  package func expanded(_ cell: (String) -> String) -> String { value.expanded(cell) }
}
