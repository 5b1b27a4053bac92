// What can be wrong with a header.

import CSV
import Foundation
import Provisioning
import Spreadsheet

extension Columns {
  /// Finds all that is wrong with the header, as far as it names any field.
  func findIssues(_ matches: [FieldNames.Match]) {
    for problem in plan.problems { issues.append(headerPlace(of: nil).issue("template", problem)) }
    // What a whole line lacks is told in one sentence, when it is known what follows it.
    guard namesAnyField else { return }
    findWholeMaps(matches)
    findTwice()
    findUnknown()
    findMissing()
    issues.sort { ($0.columnNumber ?? 0) < ($1.columnNumber ?? 0) }
  }

  private func findWholeMaps(_ matches: [FieldNames.Match]) {
    for (column, match) in matches.enumerated() {
      guard case .wholeMap(let field) = match else { continue }
      let name = names.shortName(of: field)
      issues.append(
        headerPlace(of: column).issue(
          "map-column", value: headers[column],
          "\(field.path) has a column for each of its names: call this one \(name).NAME, for example \(name).TOKEN"))
    }
  }

  private func findTwice() {
    var byHeader: [String: Int] = [:]
    var bySteps: [[String]: Int] = [:]
    for column in kept {
      let header = headers[column]
      let steps = meanings[column].steps
      if let first = byHeader[header] {
        issues.append(
          headerPlace(of: column).issue(
            "header-twice", value: header,
            "the header '\(header.shown)' stands in column \(CellName.letters(first)) already: rename or remove one"))
      } else if let steps, let first = bySteps[steps] {
        issues.append(
          headerPlace(of: column).issue(
            "field-twice", value: header,
            "'\(header.shown)' and '\(headers[first].shown)' in column \(CellName.letters(first)) "
              + "both give \(steps.joined(separator: ".").shown): keep one of them"))
      }
      byHeader[header] = byHeader[header] ?? column
      if let steps { bySteps[steps] = bySteps[steps] ?? column }
    }
  }

  /// Headers in the shape of a field's path that are none, and columns to carry that are not there.
  private func findUnknown() {
    for column in kept where meanings[column].field == nil && !plan.isUsed(column) {
      let header = headers[column]
      guard case .none = names.match(header), !carried.contains(header), names.matchNearly(header) == nil,
        names.matchIgnoringCase(header) == nil, names.looksLikePath(header)
      else { continue }
      issues.append(
        headerPlace(of: column).issue("header-unknown", value: header, .unknownHeader(header)))
    }
    for header in carried.sorted() where !headers.prefix(ownCount).contains(header) {
      issues.append(
        headerPlace(of: nil).issue(
          "carry", value: header, "there is no column '\(header.shown)' to carry\(nearestHint(to: header))"))
    }
  }

  /// Required fields without a column, and headers that differ from a field only in capitals or by a letter or two. Such a
  /// header is carried like any other once the field has a column of its own.
  func findMissing() {
    let given = Set(meanings.compactMap { $0.field?.path })
    var isNearlyGiven: Set<String> = []
    for column in kept where meanings[column].field == nil && !plan.isUsed(column) {
      let header = headers[column]
      guard case .none = names.match(header), !carried.contains(header),
        let field = names.matchIgnoringCase(header) ?? names.matchNearly(header), !given.contains(field.path)
      else { continue }
      isNearlyGiven.insert(field.path)
      issues.append(nearIssue(column, field))
    }
    findNearDefaults()
    for field in names.schema.fields where field.isRequired && !given.contains(field.path) {
      guard !isNearlyGiven.contains(field.path) else { continue }
      let name = names.shortName(of: field)
      var place = headerPlace(of: nil)
      place.header = name
      let issue = place.issue("field-missing", facts.form.remedy(name, field.help))
      // An element that could not be read may have it.
      if facts.isWhole { issues.append(issue) } else { hidden.append(issue) }
    }
  }

  /// Headers that are nearly those of fields which the template gives to every row alike: their cells would not count.
  private func findNearDefaults() {
    let defaults = Set(plan.added.filter { $0.value.columns.isEmpty }.map(\.header))
    for column in kept where meanings[column].field == nil && !plan.isUsed(column) {
      let header = headers[column]
      guard !carried.contains(header), case .none = names.match(header), let field = names.matchClosely(header),
        defaults.contains(field.path)
      else { continue }
      issues.append(
        headerPlace(of: column).issue(
          "header-near", value: header, .nearDefault(header, field: names.shortName(of: field))))
    }
  }

  /// The column that was probably meant by one that is not there, or all that there are.
  func nearestHint(to header: String) -> String {
    headers.prefix(ownCount).nearest(to: header).map { ": did you mean '\($0.shown)'?" }
      ?? "; the roster has \(shownHeaders)"
  }

  private func nearIssue(_ column: Int, _ field: Field) -> RowIssue {
    let (header, name) = (headers[column], names.shortName(of: field))
    let isCase = names.matchIgnoringCase(header) != nil
    return headerPlace(of: column).issue(
      field.isRequired ? "field-missing" : isCase ? "header-case" : "header-near", value: header,
      isCase
        ? .phrase("'\(header.shown)' differs only in capitals from the field \(name): write it exactly so")
        : .nearHeader(header, field: name))
  }
}

// MARK: - A line that is no header

extension Columns {
  /// Whether what follows the header tells more about it: no column is a field, or the template's columns are not there.
  var needsAdvice: Bool { !namesAnyField || !plan.unknownColumns.isEmpty }

  /// Says what is wrong with a line that is no header, by the records that follow it, and whether reading on is of no use.
  func advise(_ following: [Record]) -> Bool {
    if let line = laterHeader(following) {
      issues = [notHeader { .headerElsewhere(why: $0, line: line) }]
      return true
    }
    guard !namesAnyField else { return false }
    guard facts.isWhole else {
      hidden.append(notHeader("none of its members is a field"))
      return false
    }
    findUnknown()
    findMissing()
    // Headers that are nearly fields were named one by one; nothing else helps as much.
    guard !issues.contains(where: { $0.columnNumber != nil }) else { return true }
    issues.removeAll { $0.rule == "field-missing" }
    if headers.prefix(ownCount).count == 1, headers[0].contains("|") {
      issues.append(notHeader("| is no separator: put commas, semicolons or tabs between cells"))
    } else {
      issues.append(
        notHeader("if the columns are your own, make a template of them: rollcall template \(file.shellQuoted)"))
    }
    return true
  }

  private func notHeader(_ remedy: String) -> RowIssue { notHeader { .phrase("\($0); \(remedy)") } }

  private func notHeader(_ finding: (_ why: String) -> RowIssue.Finding) -> RowIssue {
    let named = headers.prefix(ownCount).filter { !$0.isEmpty }
    let shown = named.prefix(5).map { "'\($0.shown)'" }.joined(separator: ", ") + (named.count > 5 ? ", …" : "")
    let what =
      plan.unknownColumns.isEmpty
      ? named.count == 1 ? "\(shown) is no field" : "none of \(shown) is a field"
      : "the template's \(plan.unknownColumns.prefix(3).map(\.shown).joined(separator: ", ")) is not among \(shown)"
    return headerPlace(of: nil).issue("header", value: headers.first, finding(what))
  }

  /// The line of the next record that is a header rather than this one.
  private func laterHeader(_ following: [Record]) -> Int? {
    guard facts.form.mayHaveTitle else { return nil }
    func cells(_ record: Record) -> Set<String> {
      Set(record.fields.map { $0.asHeader }.filter { !$0.isEmpty })
    }
    let wanted = plan.columns
    if !wanted.isEmpty { return following.first { wanted.isSubset(of: cells($0)) }?.line }
    let byFields = following.first { record in cells(record).count { names.isField($0) } >= 2 }
    if let byFields { return byFields.line }
    // A title stands alone; the header below it does not.
    guard record.filledCount == 1 else { return nil }
    return following.first { $0.filledCount > 1 }?.line
  }
}

// MARK: - Cells under a header

extension Columns {
  /// That a column's cells would be stored although its header says that they are secrets; nil for others.
  func secretWarning(_ column: Int) -> RowIssue? {
    let header = headers[column]
    guard SecretHeader.matches(header) else { return nil }
    return headerPlace(of: column).issue(
      "secret-header", value: header, isWarning: true,
      .secretHeader(header, isSent: isSent(column), isInTemplate: plan.isUsed(column)))
  }

  /// That a column has values and no header.
  func unnamedIssue(_ column: Int, _ record: Record) -> RowIssue {
    place(of: column, in: record).issue(
      "header-empty", value: record.fields[column],
      "there is a value here and no header above it: give column \(CellName.letters(column)) a header, or empty it")
  }
}
