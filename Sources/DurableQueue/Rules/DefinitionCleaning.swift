// Erasing definitions that nobody names any more. One that others are stored as differences of must not stay for their
// sake: it is a person's, too.

import Provisioning

enum DefinitionCleaning {
  private static let isUsed = """
    id IN (SELECT definition_id FROM item UNION SELECT next_definition_id FROM item WHERE next_definition_id IS NOT NULL
      UNION SELECT definition_id FROM attempt
      UNION SELECT definition_id FROM batch_row WHERE definition_id IS NOT NULL)
    """

  /// Erases what is unused; of what was stored as its difference one takes its place.
  static func eraseUnused(_ db: any Transaction) throws {
    try db.run("DELETE FROM definition WHERE base_id IS NOT NULL AND NOT \(isUsed)")
    let bases = try db.values(
      """
      SELECT id FROM definition WHERE base_id IS NULL AND NOT \(isUsed)
        AND id IN (SELECT base_id FROM definition WHERE base_id IS NOT NULL)
      """, as: Int64.self)
    for base in bases { try replace(base, db) }
    try db.run("DELETE FROM definition WHERE NOT \(isUsed)")
  }

  /// Makes the first definition that is stored as a difference of a base whole, and stores the others as differences of that
  /// one.
  private static func replace(_ base: Int64, _ db: any Transaction) throws {
    let ids = try db.values("SELECT id FROM definition WHERE base_id = ? ORDER BY id", [base], as: Int64.self)
    guard let first = ids.first, let whole = try text(of: first, db) else { return }
    try db.run(
      "UPDATE definition SET json = ?, base_id = NULL, base_start = NULL, base_end = NULL WHERE id = ?",
      [String(decoding: whole, as: UTF8.self), first])
    for id in ids.dropFirst() {
      guard let text = try text(of: id, db) else { continue }
      let (start, rest) = text.common(with: whole)
      try db.run(
        "UPDATE definition SET json = ?, base_id = ?, base_start = ?, base_end = ? WHERE id = ?",
        [
          String(decoding: text[start..<text.count - rest], as: UTF8.self), first, start, whole.count - rest, id,
        ])
    }
  }

  /// The text of a definition without its item's name.
  private static func text(of id: Int64, _ db: any Transaction) throws -> [UInt8]? {
    let text = try db.value(
      "SELECT \(KeptDefinition.sql(name: "''")) FROM definition WHERE id = ?", [id], as: String.self)
    return text.map { Array($0.utf8) }
  }
}
