// Comparing what the service says about a workspace with what was sent: only the fields that were sent.

import Pacing
import Provisioning

enum WorkspaceDetail {
  /// Whether a workspace's detail has every field of a definition. What the service fills in by itself is not looked at;
  /// a configuration that was changed since counts by any of its versions.
  static func isMade(_ detail: String, from sent: JSONValue) -> Bool {
    guard let told = value(of: detail), case .object(let members) = sent else { return false }
    return members.allSatisfy { key, value in
      switch key {
      case "configuration": versions(told).contains { holds($0, value) }
      case "description": (told[key: key]?.stringValue ?? "") == (value.stringValue ?? "")
      case "accountId": told[key: key] == nil || told[key: key] == value
      default: told[key: key] == value
      }
    }
  }

  /// The body as a value; nil when it is no JSON.
  private static func value(of detail: String) -> JSONValue? {
    if case .success(let value) = Result(catching: { try JSONParser.value(of: Array(detail.utf8), .reply) }) {
      value
    } else {
      nil
    }
  }

  /// Whether a detail tells what a workspace was made with.
  static func isReadable(_ detail: String) -> Bool { value(of: detail).map { !versions($0).isEmpty } ?? false }

  /// What a detail tells, with the members of a definition alone; nil when it tells no configuration.
  static func definition(_ detail: String, like sent: JSONValue) -> JSONValue? {
    guard let told = value(of: detail), let newest = newestVersion(told), case .object(var members) = sent else {
      return nil
    }
    for (key, value) in members {
      switch key {
      case "configuration": members[key] = asTold(newest, like: value)
      case "description":
        let text = told[key: key]?.stringValue ?? ""
        members[key] = text == value.stringValue ?? "" ? value : text.isEmpty ? nil : .string(text)
      case "accountId", "name": members[key] = told[key: key] ?? value
      default: members[key] = told[key: key]
      }
    }
    return .object(members)
  }

  /// A value as the service tells it, with the members of what was sent alone; what fits stays as it was sent.
  private static func asTold(_ told: JSONValue, like sent: JSONValue, key: String = "") -> JSONValue {
    guard case .object(let toldMembers) = told, case .object(let sentMembers) = sent else {
      return holds(told, sent, key: key) ? sent : told
    }
    var members: [String: JSONValue] = [:]
    for (key, value) in sentMembers {
      guard let toldValue = toldMembers[key], toldValue != .null else { continue }
      let shown = asTold(toldValue, like: value, key: key)
      // Of a part that was sent and of which nothing is told nothing is there.
      if shown != .object([:]) || value == shown { members[key] = shown }
    }
    return .object(members)
  }

  /// The configuration that was made last; where no times are told, the last of the list.
  private static func newestVersion(_ told: JSONValue) -> JSONValue? {
    guard case .array(let contents)? = told[key: "contents"] else { return nil }
    let versions = contents.enumerated().compactMap { place, content in
      content[key: "configuration"].map { configuration in
        let at = content[key: "createdAt"]?.stringValue.flatMap(Instant.init(rfc3339:))
        return (at: at?.microseconds ?? .min, place: place, configuration: configuration)
      }
    }
    return versions.max { ($0.at, $0.place) < ($1.at, $1.place) }?.configuration
  }

  private static func versions(_ told: JSONValue) -> [JSONValue] {
    guard case .array(let contents)? = told[key: "contents"] else { return [] }
    return contents.compactMap { $0[key: "configuration"] }
  }

  /// Whether `told` has all that `sent` has; an image counts with or without its `dataforest/`.
  private static func holds(_ told: JSONValue, _ sent: JSONValue, key: String = "") -> Bool {
    switch (told, sent) {
    case (.object(let told), .object(let sent)):
      sent.allSatisfy { key, value in told[key].map { holds($0, value, key: key) } ?? false }
    case (.array(let told), .array(let sent)):
      told.count == sent.count && zip(told, sent).allSatisfy { holds($0, $1) }
    case (.string(let told), .string(let sent)) where key == "image":
      DataForestClient.withoutPrefix(told) == DataForestClient.withoutPrefix(sent)
    default: told == sent
    }
  }
}

extension JSONValue {
  /// This value, with the members that only another one has.
  func joined(with other: JSONValue) -> JSONValue {
    guard case .object(var members) = self, case .object(let others) = other else { return self }
    for (key, value) in others { members[key] = members[key].map { $0.joined(with: value) } ?? value }
    return .object(members)
  }
}
