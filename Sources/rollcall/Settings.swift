// What stands configured where the command line says nothing: in the environment and in a file, with profiles. Never an
// option that consents or destroys. Which layer has a value is asked layer by layer, because that is shown; the library's
// own reader would also write a log wherever a variable of its own asks for one.

import Configuration

/// What can be configured, as the file calls it.
enum SettingKey: String, CaseIterable {
  case database = "db"
  case endpoint, out, rate, burst, concurrency, logFormat, profile

  /// The environment's name for it.
  var variable: String { self == .logFormat ? "ROLLCALL_LOG_FORMAT" : "ROLLCALL_\(rawValue.uppercased())" }
  /// The command line's.
  var option: String { self == .logFormat ? "--log-format" : "--\(rawValue)" }

  fileprivate var configurationKey: AbsoluteConfigKey { AbsoluteConfigKey([rawValue]) }
}

/// Where a value stands.
enum SettingLayer: Hashable {
  case commandLine, environment
  case profile(String, file: String)
  case file(String)

  /// Where it is, for people.
  func place(of key: SettingKey) -> String {
    switch self {
    case .commandLine: "\(key.option) on the command line"
    case .environment: key.variable
    case .profile(let name, let path): "profile \(name) of \(path)"
    case .file(let path): path
    }
  }

  /// What it is called in a sentence about it.
  func name(of key: SettingKey) -> String {
    switch self {
    case .commandLine: key.option
    case .environment: key.variable
    case .profile, .file: "\"\(key.rawValue)\" in \(place(of: key))"
    }
  }
}

/// A value, and where it stands.
struct Setting: Hashable {
  let key: SettingKey
  let text: String
  let layer: SettingLayer

  /// The texts of one that can have several.
  var texts: [String] { text.split { $0 == "," || $0.isWhitespace }.map(String.init) }
  var name: String { layer.name(of: key) }
}

/// All that is configured, in layers; the first that has a value decides.
struct Settings: Sendable {
  private var layers: [(layer: SettingLayer, values: any ConfigProvider)]
  /// The file that was read; nil where there is none.
  private(set) var file: String?

  /// What the environment alone says, unchecked.
  init(environment: [String: String]) { layers = [Self.layer(of: environment)] }

  /// What holds for a command line; all of it is checked, also what does not count because another layer is nearer.
  init(_ arguments: [String], in context: Context) throws {
    self.init(environment: context.environment)
    let typed: [(SettingKey, String?)] = [SettingKey.profile, .logFormat].map {
      ($0, MachineOutput.value(of: $0.option, in: arguments))
    }
    layers.insert(Self.layer(.commandLine, typed.reduce(into: [:]) { $0[$1.0] = $1.1 }), at: 0)
    for key in SettingKey.allCases { try text(key, in: .environment).map { try SettingForm.check($0) } }
    let file = try SettingsFile.read(in: context)
    if let file { layers.append(Self.layer(.file(file.path), file.values)) }
    self.file = file?.path
    if let chosen = self[.profile] {
      let path = try file?.path ?? SettingsFile.path(in: context)
      let values = try SettingsFile.profile(chosen, of: file, path)
      layers.insert(Self.layer(.profile(chosen.text, file: path ?? ""), values), at: 2)
    }
  }

  private static func layer(of environment: [String: String]) -> (SettingLayer, any ConfigProvider) {
    let variables = Set(SettingKey.allCases.map(\.variable))
    // A variable that is empty says nothing.
    let values = environment.filter { variables.contains($0.key) && !$0.value.isEmpty }
    return (.environment, EnvironmentVariablesProvider(environmentVariables: values).prefixKeys(with: "rollcall"))
  }

  private static func layer(_ layer: SettingLayer, _ values: [SettingKey: String]) -> (SettingLayer, any ConfigProvider)
  {
    let values = values.map { ($0.configurationKey, ConfigValue(.string($1), isSecret: false)) }
    return (layer, InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)))
  }

  /// The value that counts; nil where none is configured.
  subscript(key: SettingKey) -> Setting? {
    layers.lazy.compactMap { Self.setting(key, in: $0) }.first
  }

  /// A layer's own value.
  private func text(_ key: SettingKey, in layer: SettingLayer) -> Setting? {
    layers.first { $0.layer == layer }.flatMap { Self.setting(key, in: $0) }
  }

  private static func setting(
    _ key: SettingKey, in layer: (layer: SettingLayer, values: any ConfigProvider)
  ) -> Setting? {
    // Texts cannot be of a wrong type, which is all that could be thrown.
    guard
      case .success(let found) = Result(catching: {
        try layer.values.value(forKey: key.configurationKey, type: .string)
      }), case .string(let text)? = found.value?.content
    else { return nil }
    return Setting(key: key, text: text, layer: layer.layer)
  }
}

extension Context {
  /// What is configured for an option that the command line leaves out; nil where that is nothing.
  func setting(_ key: SettingKey) -> Setting? {
    settings.map { $0[key] } ?? Settings(environment: environment)[key]
  }
}
