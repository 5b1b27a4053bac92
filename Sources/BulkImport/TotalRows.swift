// Rows of a table that are no rows of the roster: totals, averages, the maximum of points, examples.

import CSV
import Foundation
import Provisioning

/// What people and programs write before a total.
enum TotalWords {
  /// Only words that are nobody's name: `Min` and `Max` are some.
  private static let words: Set<String> = [
    "합계", "총계", "소계", "총합", "총합계", "누계", "평균", "전체평균", "표준편차", "총원", "인원수", "total", "totals", "subtotal",
    "sub total", "grand total", "average", "class average", "median", "standard deviation", "std dev",
    "points possible",
    "out of", "maximum points", "max points", "合計", "小計", "総計", "平均点", "总计", "合计", "小计", "總計", "平均分",
    "summe", "gesamt", "durchschnitt", "moyenne", "promedio", "média", "razem", "średnia", "součet", "průměr", "итого",
    "всего", "toplam", "ortalama", "총", "전체", "총인원", "총 계", "총 인원", "insgesamt", "gesamtergebnis", "gesamtsumme",
    "mittelwert", "anzahl", "somma", "totale", "suma", "total general", "totaal", "gemiddelde", "total général",
  ]
  private static let examples = [
    "예:", "예)", "예 :", "(예)", "[예]", "예시:", "예시)", "(예시)", "example:", "(example)", "e.g.", "ex:", "ex)", "例:",
    "(例)", "exemple:", "ejemplo:", "beispiel:", "z.b.", "sample:",
  ]

  /// A total that is somebody's family name, too.
  private static let short = "계"

  /// Whether a cell says that its row is a total: `합계`, `Total:`, `합계 20명`.
  static func isTotal(_ cell: String) -> Bool {
    // Hardly any cell is so short.
    guard (3...40).contains(cell.utf8.count) else { return false }
    let text = cell.asHeader.lowercased()
    let end = text.lastIndex { !"0123456789:()명., ".contains($0) }
    return words.contains(text) || end.map { words.contains(String(text[...$0])) } ?? false
  }

  /// Whether a cell which a name is made of alone says that its row is a total.
  static func isTotalForName(_ cell: String) -> Bool { isTotal(cell) || cell.asHeader == short }

  /// Whether a cell says that its row is an example.
  static func isExample(_ cell: String) -> Bool {
    let text = cell.asHeader.lowercased()
    return examples.contains { text.hasPrefix($0) }
  }
}

extension Columns {
  /// That a row is a total for certain, which is left out: a cell says so, and there is nothing else in those that a row
  /// needs. Nil for others.
  func certainTotal(_ record: Record) -> RowIssue? {
    let fields = record.fields
    var (hasBlank, filled) = (false, Int?.none)
    for source in requiredSources {
      if source >= fields.count || fields[source].isBlank {
        hasBlank = true
      } else if filled == nil {
        filled = source
      } else {
        return nil
      }
    }
    guard hasBlank, facts.form.hasCells, record.problems.isEmpty, dropped.indexes.isEmpty, fields.count <= ownCount,
      let column = fields.indices.first(where: { TotalWords.isTotal(fields[$0]) && !headers[$0].isEmpty }),
      filled == nil || filled == column,
      // Beside a total stand numbers: who has `Average` as a level has a name, too.
      fields.indices.allSatisfy({ $0 == column || fields[$0].isBlank || fields[$0].beginsAsNumber })
    else { return nil }
    let text = fields[column].trimmed
    return place(of: column, in: record).issue(
      "total", value: text, isWarning: true, .leftOutTotal(text, header: headers[column]))
  }

  /// That the first row is the example of a form that was filled in; nil for others.
  func exampleWarning(_ record: Record) -> RowIssue? {
    guard facts.form.hasCells, dropped.indexes.isEmpty,
      let column = record.fields.indices.first(where: { TotalWords.isExample(record.fields[$0]) }),
      column < ownCount, !headers[column].isEmpty
    else { return nil }
    let text = record.fields[column].trimmed
    return place(of: column, in: record).issue(
      "example-row", value: text, isWarning: true, .exampleRow(text, header: headers[column]))
  }

  /// That a row which makes a definition has one cell, which reads like a note below the table; nil for others.
  func noteWarning(_ record: Record) -> RowIssue? {
    let fields = record.fields
    guard fields.count > 2, fields.last?.isEmpty == true, fields.count(where: { !$0.isEmpty }) == 1,
      facts.form.hasCells, dropped.indexes.isEmpty, let column = fields.firstIndex(where: { !$0.isBlank }),
      column < ownCount, !headers[column].isEmpty,
      fields[column].trimmed.contains(where: { $0.isWhitespace || $0 == ":" })
    else { return nil }
    let text = fields[column].trimmed
    return place(of: column, in: record).issue(
      "one-cell", value: text, isWarning: true, .loneCell(text, option: "\(headers[column])=\(text)"))
  }
}

extension String {
  fileprivate var beginsAsNumber: Bool {
    trimmed.unicodeScalars.first.map { ("0"..."9").contains($0) || "+-−(₩$€=".unicodeScalars.contains($0) } ?? false
  }
}
