// Comparing what the service says about a workspace with what was sent: only the fields that were sent.

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
