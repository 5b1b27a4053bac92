// The service's checks of a create, field by field, by the same schema that the client's import reads rosters by.

import DataForest
import Provisioning

enum DefinitionCheck {
  private static let imagePattern = #"^(dataforest/)?([a-z0-9._-]{1,30}):([a-z0-9._-]{1,20})$"#

  /// Where an object belongs because fields stand in it, each before what stands in it.
  private static let objectPlaces = Set(
    Schema.workspace.fields.flatMap { field in (1..<max(1, field.steps.count)).map { Array(field.steps.prefix($0)) } }
  ).sorted { $0.lexicographicallyPrecedes($1) }

  private static let fieldPlaces = Set(Schema.workspace.fields.map(\.steps))

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
      switch body[steps: place] {
      case .object?, .null?, nil: continue
      case let value?: return refusal(place.joined(separator: "."), value.canonicalText)
      }
    }
    for field in Schema.workspace.fields {
      guard let value = body[steps: field.steps], value != .null else {
        if field.isRequired { return refusal(field.path, "null") }
        continue
      }
      guard let texts = texts(of: value, field.kind) else { return refusal(field.path, value.canonicalText) }
      if field.isRequired, texts.allSatisfy(\.isEmpty) { return refusal(field.path, "") }
      for text in texts {
        for rule in field.rules where rule.isStrict && !rule.allows(text) { return refusal(field.path, text) }
      }
    }
    return nil
  }

  /// The members of a create that no field knows, by path.
  static func unknownPaths(of body: JSONValue, at place: [String] = []) -> [String] {
    guard case .object(let members) = body else { return [] }
    return members.flatMap { key, value -> [String] in
      let place = place + [key]
      if fieldPlaces.contains(place) { return [] }
      return objectPlaces.contains(place) ? unknownPaths(of: value, at: place) : [place.joined(separator: ".")]
    }
  }

  private static func refusal(_ path: String, _ value: String) -> SandboxReply {
    let pattern = path == "configuration.docker.image" ? ". Must match \"\(imagePattern)\"" : ""
    return .refusal(400, "invalid request parameter (\(path), '\(value)')\(pattern)")
  }

  /// The texts that the rules apply to; nil when the value is of another type than the field.
  private static func texts(of value: JSONValue, _ kind: Field.Kind) -> [String]? {
    switch (kind, value) {
    case (.string, .string(let text)): [text]
    case (.integer, .integer(let number)): [String(number)]
    case (.integerList, .array(let elements)):
      all(elements) { if case .integer(let number) = $0 { String(number) } else { nil } }
    case (.stringMap, .object(let members)): all(Array(members.values)) { $0.stringValue }
    case (.objectList(let members), .array(let elements)):
      all(elements) { element in
        let isWhole = members.allSatisfy { name, member in element[key: name].map(member.allows) ?? false }
        return isWhole ? element.canonicalText : nil
      }
    default: nil
    }
  }

  private static func all(_ values: [JSONValue], _ text: (JSONValue) -> String?) -> [String]? {
    let texts = values.compactMap(text)
    return texts.count == values.count ? texts : nil
  }
}
