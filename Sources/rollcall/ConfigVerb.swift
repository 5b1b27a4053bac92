// `rollcall config`: what every setting is, and where that comes from. Sends nothing, and shows no credential.

import ArgumentParser
import DataForest
import Pacing
import Provisioning

struct ConfigVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show what is configured, and where each value comes from.",
    discussion: """
      An option on the command line comes first, then ROLLCALL_ variables, then the profile, then the rest of the file.
      """)

  @OptionGroup var output: OutputOptions
  @Option(help: "The profile of the configuration file that counts (or ROLLCALL_PROFILE).")
  var profile: String?

  mutating func run() throws {
    let context = Context.current
    let rows = try SettingKey.allCases.map { try SettingRow($0, in: context) }
    let endpoint = try EndpointOptions.parse([]).chosen(in: context)
    let credentials = CredentialSource.place(for: endpoint, in: context)
    let (file, place) = (context.settings?.file, try SettingsFile.path(in: context))
    context.answer([
      "settings": .array(rows.map(\.json)), "credentials": .string(credentials), "isFileRead": .bool(file != nil),
    ])
    if let place { context.answer(["file": .string(place)]) }
    let shown = place.map { file == nil ? "\($0) (not there)" : $0 } ?? "none: there is no home folder"
    let names = rows.map(\.key.rawValue) + ["credentials"]
    let (width, valueWidth) = (names.map(\.count).max() ?? 0, rows.map(\.value.count).max() ?? 0)
    context.show("\("file".padded(to: width))  \(shown)")
    for row in rows {
      context.show(
        "\(row.key.rawValue.padded(to: width))  \(row.value.padded(to: valueWidth))  \(row.place)")
    }
    context.show("\("credentials".padded(to: width))  \(credentials)")
  }
}

/// A setting with its value, configured or built in.
private struct SettingRow {
  let key: SettingKey
  /// For people.
  let value: String
  /// For programs; nil where it depends on the roster, or is learned.
  let member: JSONValue?
  let place: String

  init(_ key: SettingKey, in context: Context) throws {
    self.key = key
    guard let setting = context.setting(key) else {
      (value, member) = try Self.builtIn(key, in: context)
      place = "built in"
      return
    }
    place = setting.layer.place(of: key)
    switch key {
    case .database: value = try QueueOptions.path(in: context)
    case .endpoint: value = try EndpointOptions.endpoint(setting.text).baseURL.text
    case .out: value = context.absolute(setting.text)
    case .rate: value = setting.texts.joined(separator: " ")
    case .burst, .concurrency, .logFormat, .profile: value = setting.text
    }
    member =
      switch key {
      case .rate: .texts(setting.texts)
      case .burst, .concurrency: Int64(setting.text).map(JSONValue.integer)
      case .database, .endpoint, .out, .logFormat, .profile: .string(value)
      }
  }

  private static func builtIn(_ key: SettingKey, in context: Context) throws -> (String, JSONValue?) {
    switch key {
    case .database:
      let path = try QueueOptions.path(in: context)
      return (path, .string(path))
    case .endpoint: return (Endpoint.service, .string(Endpoint.service))
    case .out: return ("the course's own", nil)
    case .rate: return ("learned", nil)
    case .burst: return ("2", .integer(2))
    case .concurrency: return ("4, or as the pace needs", nil)
    case .logFormat: return (LogFormat.text.rawValue, .string(LogFormat.text.rawValue))
    case .profile: return ("none", nil)
    }
  }

  var json: JSONValue {
    .members(["key": .string(key.rawValue), "value": member, "from": .string(place)])
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
