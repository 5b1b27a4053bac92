// The file of what is configured. It says where credentials are sent, so nobody else may be able to write it; and nothing
// in it is passed over: who misspells a key believes that it holds.

import Files
import Foundation
import Provisioning

/// What a configuration file says.
struct SettingsFile {
  /// A file of a person is shorter than that.
  private static let most = 1 << 20
  private static let profilesKey = "profiles"

  let path: String
  private(set) var values: [SettingKey: String] = [:]
  private var profiles: [String: [SettingKey: String]] = [:]

  /// Where it is, or would be; nil where there is no home folder.
  static func path(in context: Context) throws -> String? {
    if let folder = context.environment["XDG_CONFIG_HOME"], !folder.isEmpty {
      return try Context.whole(folder, "XDG_CONFIG_HOME") + "/rollcall/config.json"
    }
    return try context.home().map { $0 + "/.config/rollcall/config.json" }
  }

  /// Reads it; nil where there is none.
  static func read(in context: Context) throws -> SettingsFile? {
    guard let path = try path(in: context) else { return nil }
    do {
      guard let bytes = try FileLook.contents(of: path, upTo: most) else { return nil }
      try SettingsFileOwner.check(path)
      guard bytes.count <= most else {
        throw CommandError(
          "The configuration \(path) has more than 1 MB.", hint: "Look whether it is that file.", .usage)
      }
      return try SettingsFile(bytes, path)
    } catch let error as FileError {
      throw CommandError(
        "The configuration \(path) cannot be read: \(FileWords.why(error.code)) (\(error.path)).",
        hint: "Look at its folder, or move it away.", .usage)
    } catch let refusal as FileRefusal {
      throw CommandError(
        "The configuration \(path) cannot be read: \(refusal.sentence).",
        hint: "Make it a file that \(refusal.user) can read (`sudo chown`, `chmod u+r`), or move it away.", .usage)
    }
  }

  private init(_ bytes: [UInt8], _ path: String) throws {
    self.path = path
    let value: JSONValue
    do {
      value = try JSONParser.value(of: bytes)
    } catch {
      throw CommandError(
        "The configuration \(path) cannot be read: \(error.description).", hint: "Mend it there, or move it away.",
        .usage)
    }
    guard case .object(let members) = value else { throw wrongType("The configuration \(path)", "an object", value) }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if name == Self.profilesKey { try readProfiles(value) } else { try read(name, value, .file(path), into: &values) }
    }
  }

  private mutating func readProfiles(_ value: JSONValue) throws {
    guard case .object(let members) = value else {
      throw wrongType("\"\(Self.profilesKey)\" in \(path)", "an object of profiles", value)
    }
    for (profile, value) in members.sorted(by: { $0.key < $1.key }) {
      let layer = SettingLayer.profile(profile, file: path)
      guard case .object(let members) = value else {
        throw wrongType("Profile \(profile.shown) of \(path)", "an object", value)
      }
      var values: [SettingKey: String] = [:]
      for (name, value) in members.sorted(by: { $0.key < $1.key }) { try read(name, value, layer, into: &values) }
      profiles[profile] = values
    }
  }

  // MARK: - Keys and values

  private func read(
    _ name: String, _ value: JSONValue, _ layer: SettingLayer, into values: inout [SettingKey: String]
  ) throws {
    let isTop = layer == .file(path)
    guard let key = SettingKey(rawValue: name), key != .profile || isTop else {
      throw ForeignKey.refusal(name, in: layer.place(of: .profile), isTop: isTop)
    }
    let setting = Setting(key: key, text: try text(of: key, value, layer.name(of: key)), layer: layer)
    if key == .database, !setting.text.hasPrefix("/"), !setting.text.hasPrefix("~/") {
      throw CommandError(
        "\(setting.name) is '\(setting.text.shown)', which begins with neither a slash nor ~/.",
        hint: "Write a whole path: in each folder it would mean another queue.", .usage)
    }
    try SettingForm.check(setting)
    values[key] = setting.text
  }

  private func text(of key: SettingKey, _ value: JSONValue, _ name: String) throws -> String {
    switch (key, value) {
    case (.burst, .integer(let number)), (.concurrency, .integer(let number)): return "\(number)"
    case (.burst, _), (.concurrency, _): throw wrongType(name, "a whole number", value)
    case (.rate, .array(let elements)):
      let texts = elements.compactMap(\.stringValue)
      guard !texts.isEmpty, texts.count == elements.count else { fallthrough }
      return texts.joined(separator: " ")
    case (.rate, _): throw wrongType(name, #"a list of texts, as ["10/s", "500/day"]"#, value)
    case (_, .string(let text)) where !text.isEmpty: return text
    default: throw wrongType(name, "a text that is not empty", value)
    }
  }

  private func wrongType(_ name: String, _ wanted: String, _ value: JSONValue) -> CommandError {
    CommandError(
      "\(name) must be \(wanted), not \(value.typeName).", hint: "Mend it in \(path), or remove it there.", .usage)
  }

  // MARK: - Profiles

  /// The values of the profile that somebody has chosen.
  ///
  /// - Parameter path: where the file is, or would be; nil where there is no home folder.
  static func profile(_ chosen: Setting, of file: SettingsFile?, _ path: String?) throws -> [SettingKey: String] {
    let name = chosen.text.shown
    guard let file else {
      throw CommandError(
        "There is no configuration\(path.map { " \($0)" } ?? "") to have the profile '\(name)' of \(chosen.name).",
        hint: path == nil
          ? "Set HOME or XDG_CONFIG_HOME, or leave the profile out." : "Write it there, or leave the profile out.",
        .usage)
    }
    if let values = file.profiles[chosen.text] { return values }
    let names = file.profiles.keys.sorted()
    let nearest = Suggestion.nearest(to: chosen.text, among: names).map { " Did you mean '\($0.shown)'?" } ?? ""
    throw CommandError(
      "\(file.path) has no profile '\(name)', which \(chosen.name) names.\(nearest)",
      hint: names.isEmpty ? "It has no profiles." : "It has \(names.map(\.shown).joined(separator: ", ")).", .usage)
  }
}

extension JSONValue {
  /// What it is, for a sentence that it is something else.
  fileprivate var typeName: String {
    switch self {
    case .object: "an object"
    case .array: "a list"
    case .string(let text): text.isEmpty ? "an empty text" : "a text"
    case .integer, .fraction: "a number"
    case .bool: "true or false"
    case .null: "null"
    }
  }
}
