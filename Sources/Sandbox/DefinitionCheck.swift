// The service's checks of a create, field by field, by the same schema that the client's import reads rosters by.

import DataForest
import Provisioning

enum DefinitionCheck {
  private static let imagePattern = #"^(dataforest/)?([a-z0-9._-]{1,30}):([a-z0-9._-]{1,20})$"#

  /// A path, and its steps: split once, for there is a create for every row.
  private struct Place {
    let path: String
    let steps: [String]

    init(_ path: String) {
      self.path = path
      steps = path.split(separator: ".").map(String.init)
    }

    func value(in body: JSONValue) -> JSONValue? { steps.reduce(Optional(body)) { $0?[key: $1] } }
  }

  /// The paths where an object belongs because fields stand in it, each before what stands in it.
  private static let objectPlaces: [Place] = {
    let paths = Schema.workspace.fields.flatMap { field in
      (1..<max(1, field.steps.count)).map { field.steps.prefix($0).joined(separator: ".") }
    }
    return Set(paths).sorted().map(Place.init)
  }()

  private static let fields = Schema.workspace.fields.map { (field: $0, place: Place($0.path)) }
  private static let fieldPaths = Set(Schema.workspace.fields.map(\.path))

  /// Whether this can be an id of the service.
  static func isID(_ id: String) -> Bool {
    Schema.workspace.field(at: "accountId")?.rules.allSatisfy { $0.allows(id) } ?? false
  }

  /// Whether a workspace may have this name.
  static func isName(_ name: String) -> Bool {
    Schema.workspace.field(at: "name")?.rules.allSatisfy { $0.allows(name) } ?? false
  }

  /// What the service refuses about a definition; nil when it would take it.
  static func refusal(of body: JSONValue) -> SandboxReply? {
    for place in objectPlaces {
      switch place.value(in: body) {
      case .object?, .null?, nil: continue
      case let value?: return .refusal(400, "invalid request parameter (\(place.path), '\(value.canonicalText)')")
      }
    }
    for (field, place) in fields {
      guard let value = place.value(in: body), value != .null else {
        if field.isRequired { return refusal(field, "null") }
        continue
      }
      guard let texts = texts(of: value, field.kind) else { return refusal(field, value.canonicalText) }
      if field.isRequired, texts.allSatisfy(\.isEmpty) { return refusal(field, "") }
      for text in texts {
        for rule in field.rules where rule.isStrict && !rule.allows(text) { return refusal(field, text) }
      }
    }
    return nil
  }

  /// The members of a create that no field knows, by path.
  static func unknownPaths(of body: JSONValue, at prefix: String = "") -> [String] {
    guard case .object(let members) = body else { return [] }
    return members.flatMap { key, value -> [String] in
      let path = prefix.isEmpty ? key : "\(prefix).\(key)"
      if fieldPaths.contains(path) { return [] }
      let isOnTheWay = objectPlaces.contains { $0.path == path }
      return isOnTheWay ? unknownPaths(of: value, at: path) : [path]
    }
  }

  private static func refusal(_ field: Field, _ value: String) -> SandboxReply {
    let pattern = field.path == "configuration.docker.image" ? ". Must match \"\(imagePattern)\"" : ""
    return .refusal(400, "invalid request parameter (\(field.path), '\(value)')\(pattern)")
  }

  /// The texts that the rules apply to; nil when the value is of another type than the field.
  private static func texts(of value: JSONValue, _ kind: Field.Kind) -> [String]? {
    switch (kind, value) {
    case (.string, .string(let text)): [text]
    case (.integer, .integer(let number)): [String(number)]
    case (.integerList, .array(let elements)): all(elements) { integerText($0) }
    case (.stringMap, .object(let members)): all(Array(members.values)) { $0.stringValue }
    case (.objectList(let members), .array(let elements)): all(elements) { objectText($0, members) }
    default: nil
    }
  }

  private static func all(_ values: [JSONValue], _ text: (JSONValue) -> String?) -> [String]? {
    let texts = values.compactMap(text)
    return texts.count == values.count ? texts : nil
  }

  private static func integerText(_ value: JSONValue) -> String? {
    guard case .integer(let number) = value else { return nil }
    return String(number)
  }

  private static func objectText(_ value: JSONValue, _ members: [String: Field.Member]) -> String? {
    let isWhole = members.allSatisfy { name, member in
      switch (member, value[key: name]) {
      case (.string, .string), (.boolean, .bool): true
      default: false
      }
    }
    return isWhole ? value.canonicalText : nil
  }
}
