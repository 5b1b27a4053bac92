// Definitions as the tables have them: `definition_base` has what several share, `definition` what one of them has
// instead of a part of that, and the name is the item's.

import Provisioning

/// Reads definitions from the rows of one statement.
struct StoredDefinitions {
  /// What a statement that joins `join` returns of a definition.
  static let columns = columns(of: "definition", base: "base")
  /// What a statement returns of a definition that it has joined under another name.
  static func columns(of alias: String, base: String) -> String {
    (["base_id", "patch_start", "patch_end", "patch"].map { "\(alias).\($0)" } + ["\(base).text", "\(base).name_at"])
      .joined(separator: ", ")
  }
  /// How many columns these are.
  static let columnCount = 6
  /// For a statement that joins `definition`; in this order, whatever SQLite would like better.
  static let join = "CROSS JOIN definition_base base ON base.id = definition.base_id"

  /// Those that were met; a batch has a few.
  private var bases: [Int64: Definition.Base] = [:]

  /// The definition of an item.
  ///
  /// - Parameter first: where the columns begin.
  /// - Throws: `DamagedValue`.
  mutating func definition(of name: String, _ row: Row, at first: Int = 0) throws -> Definition {
    let id = try row.get(first) as Int64
    let base = try bases[id] ?? Self.base(row, at: first + 4)
    bases[id] = base
    guard let start = try row.get(first + 1) as Int?, let end = try row.get(first + 2) as Int?,
      let patch = try row.get(first + 3) as String?
    else { return Definition(base: base, name: name) }
    let isSound = 0 <= start && start <= end && end <= base.text.count
    guard isSound, base.nameAt.map({ $0 <= start || end <= $0 }) ?? true else {
      throw DamagedValue(what: "definition")
    }
    return Definition(base: base, patch: Definition.Patch(start..<end, text: Array(patch.utf8)), name: name)
  }

  private static func base(_ row: Row, at first: Int) throws -> Definition.Base {
    let text = Array((try row.get(first) as String).utf8)
    let nameAt = try row.get(first + 1) as Int?
    guard nameAt.map({ 0...text.count ~= $0 }) ?? true else { throw DamagedValue(what: "definition") }
    return Definition.Base(text: text, nameAt: nameAt)
  }
}

/// The ids of the definitions that an import has written, as far as they are remembered: in a class many have the same
/// description.
struct WrittenDefinitions {
  private struct Patched: Hashable {
    let base: Int64
    let patch: Definition.Patch
  }

  /// How many patches are remembered.
  private static let most = 1 << 15
  /// A longer patch is hardly ever met again, and would stay in memory.
  private static let longest = 4_096

  private var patched: [Patched: Int64] = [:]
  private var hitCount = 0
  private var missCount = 0

  /// The id of a definition with a patch; nil when it is not remembered.
  mutating func id(of patch: Definition.Patch, on base: Int64) -> Int64? {
    guard isWorthwhile, patch.text.count <= Self.longest else { return nil }
    let known = patched[Patched(base: base, patch: patch)]
    if known == nil { missCount += 1 } else { hitCount += 1 }
    return known
  }

  /// Remembers one.
  mutating func note(_ id: Int64, _ patch: Definition.Patch, on base: Int64) {
    guard isWorthwhile else { return patched = [:] }
    if patched.count == Self.most { patched.removeAll(keepingCapacity: true) }
    if patch.text.count <= Self.longest { patched[Patched(base: base, patch: patch)] = id }
  }

  /// Where nearly every definition is new, the search is not worth its time.
  private var isWorthwhile: Bool { missCount < Self.most || hitCount > missCount / 4 }
}
