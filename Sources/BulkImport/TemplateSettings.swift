// What a template says about reading its roster, so that the options are typed once: `"rollcall": {"headerLine": 2}`.

package import Provisioning

/// How a roster is to be read, as its template says. It is no part of the definition and never sent.
package struct TemplateSettings: Hashable, Sendable {
  /// The member of a template that holds them.
  package static let key = "rollcall"
  private static let known = [
    "headerLine", "except", "only", "drop", "carry", "sheet", "format", "allowNoLineEnd", "firstSteps",
  ]

  /// As in `RosterOptions`.
  package var headerLine: Int?
  /// As in `RosterOptions`.
  package var except: [RosterOptions.Condition] = []
  /// As in `RosterOptions`.
  package var only: [RosterOptions.Condition] = []
  /// The headers of columns that are left out.
  package var drop: [String] = []
  /// The headers of columns that only travel.
  package var carry: [String] = []
  /// As in `RosterOptions`.
  package var sheet: String?
  /// As in `RosterOptions`.
  package var format: RosterOptions.Format?
  /// As in `RosterOptions`.
  package var allowsNoLineEnd = false
  /// What a person is to do first with what was made; a column of the report.
  package var firstSteps: FirstSteps?

  /// Makes settings that say nothing.
  package init() {}

  /// Reads them; adds what is wrong with them to the problems.
  package init(_ value: JSONValue, _ problems: inout [String]) {
    guard case .object(let members) = value else {
      problems.append("\(Self.key) must be an object such as {\"headerLine\": 2, \"except\": [\"순번=합계\"]}")
      return
    }
    for (key, value) in members.sorted(by: { $0.key < $1.key }) where value != .null {
      guard let problem = read(key.asHeader, value) else { continue }
      problems.append("\(Self.key).\(key.shown) \(problem)")
    }
  }

  /// - Returns: what is wrong; nil when nothing is.
  private mutating func read(_ key: String, _ value: JSONValue) -> String? {
    switch key {
    case "headerLine":
      guard case .integer(let line) = value, (1...1_000_000).contains(line) else {
        return "must be the number of a line, from 1"
      }
      headerLine = Int(line)
    case "except", "only":
      guard let conditions = value.texts?.map(RosterOptions.Condition.init), !conditions.contains(nil) else {
        return "must be an array of texts such as \"순번=합계\""
      }
      if key == "except" { except = conditions.compactMap(\.self) } else { only = conditions.compactMap(\.self) }
    case "drop", "carry":
      guard let headers = value.texts?.map(\.asHeader), !headers.contains("") else {
        return "must be an array of headers such as \"전화\""
      }
      if key == "drop" { drop = headers } else { carry = headers }
    case "sheet":
      guard let name = value.stringValue, !name.isEmpty else { return "must be the name of a sheet" }
      sheet = name
    case "format":
      guard let format = value.stringValue.flatMap(RosterOptions.Format.init) else {
        return "must be \"csv\", \"json\" or \"jsonl\""
      }
      self.format = format
    case "allowNoLineEnd":
      guard case .bool(let isAllowed) = value else { return "must be true or false" }
      allowsNoLineEnd = isAllowed
    case "firstSteps":
      guard let text = value.stringValue, !text.isEmpty else { return "must be a text" }
      do throws(RecordFault) { firstSteps = try FirstSteps(text) } catch { return error.message }
    default:
      let near = Self.known.nearest(to: key).map { ": did you mean \"\($0)\"?" }
      return "is not known" + (near ?? "; there are \(Self.known.joined(separator: ", "))")
    }
    return nil
  }

  /// Whether they say nothing.
  package var isEmpty: Bool { self == TemplateSettings() }

  /// The settings as a template has them, in a fixed order, without those that say nothing.
  package var json: [(key: String, value: JSONValue)] {
    func texts(_ texts: [String]) -> JSONValue? { texts.isEmpty ? nil : .array(texts.map(JSONValue.string)) }
    func conditions(_ conditions: [RosterOptions.Condition]) -> JSONValue? {
      texts(conditions.map { "\($0.column)=\($0.value)" })
    }
    let all: [(String, JSONValue?)] = [
      ("headerLine", headerLine.map { .integer(Int64($0)) }), ("except", conditions(except)),
      ("only", conditions(only)),
      ("drop", texts(drop)), ("carry", texts(carry)), ("sheet", sheet.map(JSONValue.string)),
      ("format", format.map { .string($0.rawValue) }), ("allowNoLineEnd", allowsNoLineEnd ? .bool(true) : nil),
      ("firstSteps", firstSteps.map { .string($0.text) }),
    ]
    return all.compactMap { key, value in value.map { (key, $0) } }
  }
}

extension JSONValue {
  /// The texts of an array of nothing but texts; nil for others.
  fileprivate var texts: [String]? {
    guard case .array(let elements) = self else { return nil }
    let texts = elements.compactMap(\.stringValue)
    return texts.count == elements.count ? texts : nil
  }
}

extension RosterOptions {
  /// A setting of the template that is not used because a person says otherwise.
  package enum Overruled: Hashable, Sendable {
    /// The line of the header, of the template.
    case headerLine(Int)
    /// Rows that are no rows, of the template.
    case except([Condition])
    /// Rows that are wanted, of the template.
    case only([Condition])
    /// The sheet, of the template.
    case sheet(String)
    /// What the roster is, of the template.
    case format(Format)
  }

  /// Takes from a template what a person does not say; says what of it a person has overruled. Columns that either leaves
  /// out, or lets travel, are left out and travel.
  package mutating func take(_ settings: TemplateSettings) -> [Overruled] {
    var overruled: [Overruled] = []
    if let own = headerLine, let other = settings.headerLine, own != other { overruled.append(.headerLine(other)) }
    headerLine = headerLine ?? settings.headerLine
    if let own = format, let other = settings.format, own != other { overruled.append(.format(other)) }
    format = format ?? settings.format
    if let own = sheet, let other = settings.sheet, own != other { overruled.append(.sheet(other)) }
    sheet = sheet ?? settings.sheet
    if !except.isEmpty, !settings.except.isEmpty, Set(except) != Set(settings.except) {
      overruled.append(.except(settings.except))
    }
    if except.isEmpty { except = settings.except }
    if !only.isEmpty, !settings.only.isEmpty, Set(only) != Set(settings.only) { overruled.append(.only(settings.only)) }
    if only.isEmpty { only = settings.only }
    dropped.formUnion(settings.drop)
    carried.formUnion(settings.carry)
    allowsNoLineEnd = allowsNoLineEnd || settings.allowsNoLineEnd
    return overruled
  }
}
