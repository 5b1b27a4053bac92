// Cells that say something which is no value of theirs: `NULL` for an empty one, a total where a name is made of the cell.

import CSV

/// What programs write for an empty cell, or for one whose formula failed.
enum StandIns {
  private static let texts: Set<String> = [
    "NULL", "\\N", "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "NaN", "N/A",
  ]

  /// Whether a cell is one; `isAlone`: whether nothing else tells its row, for `NA` is a family name.
  static func isOne(_ cell: String, isAlone: Bool) -> Bool {
    // Hardly any cell is so short and starts so.
    guard (2...12).contains(cell.utf8.count), let first = cell.utf8.first,
      first == UInt8(ascii: "N") || first == UInt8(ascii: "#") || first == UInt8(ascii: "\\") || first <= 0x20
    else { return false }
    let text = cell.trimmed
    return texts.contains(text) || isAlone && text == "NA"
  }
}

extension Columns {
  /// That cells of which a name or a required field is made stand for empty ones: all that is to be said of them.
  func standInIssues(_ record: Record) -> [RowIssue] {
    guard dropped.indexes.isEmpty || record.problems.isEmpty else { return [] }
    return ruledSources.filter { column in
      column < record.fields.count && !headers[column].isEmpty
        && StandIns.isOne(record.fields[column], isAlone: nameSources.count < 2 || !nameSources.contains(column))
        && record.cellNotes[column]?.isUnread != true
    }.map { column in
      let text = record.fields[column].trimmed
      return place(of: column, in: record).issue("stand-in", value: text, .standIn(text, header: headers[column]))
    }
  }

  /// That a row is a total whose word a name would be made of; nil for others.
  func totalInName(_ record: Record) -> RowIssue? {
    guard facts.form.hasCells else { return nil }
    let column = nameSources.first { column in
      column < record.fields.count && !headers[column].isEmpty && !record.fields[column].isSurelyAnID
        && (nameSources.count == 1 ? TotalWords.isTotalForName : TotalWords.isTotal)(record.fields[column])
    }
    return column.map { column in
      let text = record.fields[column].trimmed
      return place(of: column, in: record).issue("total", value: text, .total(text, header: headers[column]))
    }
  }
}

extension String {
  /// Whether it starts with a digit, or ends with one and has no blank: most ids do, and are told at once.
  fileprivate var isSurelyAnID: Bool {
    guard let first = utf8.first, let last = utf8.last else { return true }
    return (0x30...0x39).contains(first) || (0x30...0x39).contains(last) && !hasByte { $0 == 0x20 }
  }
}
