// Erasing definitions that nobody names any more. A base is made of a person's definition: what of it no other has must
// not stay for their sake.

import Provisioning

enum DefinitionCleaning {
  private static let isUsed = """
    id IN (SELECT definition_id FROM item UNION SELECT next_definition_id FROM item WHERE next_definition_id IS NOT NULL
      UNION SELECT definition_id FROM attempt
      UNION SELECT definition_id FROM batch_row WHERE definition_id IS NOT NULL)
    """

  /// Erases what is unused, and of the bases what all that are left have replaced.
  static func eraseUnused(_ db: any Transaction) throws {
    try db.run("DELETE FROM definition WHERE NOT \(isUsed)")
    try db.run("DELETE FROM definition_base WHERE id NOT IN (SELECT base_id FROM definition)")
    let replaced = try db.all(
      """
      SELECT base_id, max(patch_start), min(patch_end) FROM definition
      GROUP BY base_id HAVING count(*) = count(patch) AND max(patch_start) < min(patch_end)
      """)
    for row in replaced { try erase(try row.get(1)..<row.get(2), of: try row.get(0), db) }
  }

  /// Takes a part of a base out that all its definitions replace.
  private static func erase(_ range: Range<Int>, of base: Int64, _ db: any Transaction) throws {
    let row = try db.one("SELECT text, name_at FROM definition_base WHERE id = ?", [base])
    guard let row, case var text = Array((try row.get(0) as String).utf8), range.upperBound <= text.count else {
      throw DamagedValue(what: "definition")
    }
    let nameAt = try row.get(1) as Int?
    text.removeSubrange(range)
    try db.run(
      "UPDATE definition_base SET text = ?, name_at = ? WHERE id = ?",
      [
        String(decoding: text, as: UTF8.self),
        nameAt.map { $0 >= range.upperBound ? $0 - range.count : $0 }, base,
      ])
    try db.run("UPDATE definition SET patch_end = patch_end - ? WHERE base_id = ?", [range.count, base])
  }
}
