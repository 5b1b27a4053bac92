// What a configured value may be: what its option takes, but for what would consent or destroy each time.

import DataForest
import Pacing
import Provisioning
import Words

enum SettingForm {
  static let bursts = 1...100_000
  static let concurrencies = 1...1_024

  /// Refuses a value that its option would refuse, too, by the name of the place where it stands.
  static func check(_ setting: Setting) throws {
    switch setting.key {
    case .database, .out, .profile: break
    case .endpoint: try checkEndpoint(setting)
    case .rate: try checkRate(setting)
    case .burst: try checkNumber(setting, bursts)
    case .concurrency: try checkNumber(setting, concurrencies)
    case .logFormat:
      let formats = LogFormat.allCases.map(\.rawValue)
      if !formats.contains(setting.text) { throw refusal(setting, formats.joined(separator: " or ")) }
    }
  }

  private static func checkEndpoint(_ setting: Setting) throws {
    do {
      _ = try Endpoint(setting.text)
    } catch {
      throw CommandError("\(setting.name): \(error.description)", hint: hint(setting), .usage)
    }
  }

  private static func checkRate(_ setting: Setting) throws {
    let texts = setting.texts
    if texts.contains("auto") {
      throw CommandError(
        "\(setting.name) is auto, which would forget at each run what was learned and what is waited for.",
        hint: "Remove it; `--rate auto`, typed once, learns anew.", .usage)
    }
    let rates = texts.compactMap { Rate($0) }
    guard !rates.isEmpty, rates.count == texts.count else { throw refusal(setting, Rate.forms) }
    guard PaceOptions.fitTogether(rates) else {
      throw CommandError(
        "\(setting.name) takes one of N/s and N/m, one N/h and one N/day, not \(setting.text.shown).",
        hint: hint(setting), .usage)
    }
  }

  private static func checkNumber(_ setting: Setting, _ range: ClosedRange<Int>) throws {
    guard let number = Int(setting.text), range.contains(number) else {
      throw refusal(setting, "\(range.lowerBound) to \(range.upperBound)")
    }
  }

  private static func refusal(_ setting: Setting, _ forms: String) -> CommandError {
    CommandError("\(setting.name) is '\(setting.text.shown)', but must be \(forms).", hint: hint(setting), .usage)
  }

  private static func hint(_ setting: Setting) -> String {
    switch setting.layer {
    case .commandLine: "Type it otherwise, or leave it out."
    case .environment: "Set it to such a value, or `unset \(setting.key.variable)`."
    case .profile(_, let path), .file(let path): "Mend it in \(path), or remove it there."
    }
  }
}
