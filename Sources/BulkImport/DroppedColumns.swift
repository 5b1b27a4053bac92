// Columns that a person wants left out: their cells go nowhere.

import Foundation
import Provisioning

/// Which columns of a header are left out.
struct DroppedColumns {
  /// Their places.
  let indexes: Set<Int>
  /// What was to be dropped and is not there.
  let unknown: [String]

  init(_ wanted: Set<String>, headers: [String]) {
    let wanted = Set(wanted.map(\.asHeader))
    // Of JSON an object's members have columns of their own: `password.k` is a part of `password`.
    func isPart(_ header: String, of name: String) -> Bool { header == name || header.hasPrefix(name + ".") }
    indexes = Set(headers.indices.filter { index in wanted.contains { isPart(headers[index], of: $0) } })
    unknown = wanted.filter { name in !headers.contains { isPart($0, of: name) } }.sorted()
  }

  /// The texts without those of the dropped columns.
  func keeping(_ texts: [String]) -> [String] {
    indexes.isEmpty ? texts : texts.indices.filter { !indexes.contains($0) }.map { texts[$0] }
  }

  /// That a column is not there, with the one that was probably meant.
  func error(_ headers: [String], of file: String) -> RosterError? {
    guard let first = unknown.first else { return nil }
    let hint = headers.nearest(to: first).map { "did you mean '\($0.shown)'?" } ?? "it has \(headers.shownList)"
    return RosterError(.drop, file: file, detail: "\(file) has no column '\(first.shown)' to drop: \(hint)")
  }
}

extension Columns {
  /// Why what is to be dropped cannot be; nil when it can. A report of ours never has what was dropped before.
  func dropError(isReport: Bool) -> RosterError? {
    let own = Array(headers.prefix(ownCount))
    // What could not be read may have it.
    if !isReport, facts.isWhole, let error = dropped.error(own, of: file) { return error }
    func isDropped(_ header: String) -> Bool { dropped.indexes.contains { own[$0] == header } }
    if let template, let used = template.values.flatMap(\.columns).first(where: isDropped) {
      return RosterError(
        .drop, file: file,
        detail: "The template \(template.file) makes something of the column '\(used.shown)', which is to be dropped: "
          + "take ${\(used)} out of the template, or do not drop it")
    }
    let given = Set(meanings.compactMap { $0.field?.path })
    for column in dropped.indexes.sorted() {
      guard case .field(let field, _) = names.match(own[column]), field.isRequired, !given.contains(field.path) else {
        continue
      }
      return RosterError(
        .drop, file: file,
        detail:
          "The column '\(own[column].shown)' gives \(field.path), which every row needs, so it cannot be dropped: "
          + "keep it, or give \(field.path) in a template")
    }
    return nil
  }

  /// The roster's own columns that reach the service: fields, and what the template makes something of.
  var sentHeaders: [String] { kept.filter(isSent).map { headers[$0] } }

  /// Those that stay here.
  var stayingHeaders: [String] { kept.filter { !isSent($0) }.map { headers[$0] } }

  func isSent(_ column: Int) -> Bool { meanings[column].field != nil || plan.isUsed(column) }
}
