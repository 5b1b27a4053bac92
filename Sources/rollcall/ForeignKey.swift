// Why a key has no place in the configuration file.

import DataForest
import Files
import Foundation
import Provisioning

enum ForeignKey {
  /// Options that a person gives for one command, knowing what it is about to do.
  private static let consenting = [
    "yes", "allowGone", "allowRenamed", "allowReassigned", "allowRowNumbers", "allowShortNumbers", "allowNoLineEnd",
    "forceDb", "maxGone", "maxNew", "skipInvalid", "adoptExisting", "ignoreWait", "fresh", "drop", "onFinish",
  ]
  private static let secrets = [
    "secret", "password", "passwd", "passphrase", "token", "accesskey", "apikey", "privatekey", "credential",
  ]

  /// - Parameter isTop: whether it stands in no profile.
  static func refusal(_ name: String, in place: String, isTop: Bool) -> CommandError {
    let letters = name.lowercased().filter { $0.isLetter || $0.isNumber }
    if secrets.contains(where: letters.contains) {
      return CommandError(
        "\"\(name.shown)\" in \(place) looks like a credential, and none belongs there.",
        hint:
          "Remove it; the keys are read from \(Credentials.accessKeyVariable) and \(Credentials.secretKeyVariable), "
          + "or from ~/.ncloud/configure.", .usage)
    }
    if consenting.contains(where: { $0.lowercased() == letters }) {
      return CommandError(
        "\"\(name.shown)\" in \(place) cannot be configured: it consents to something, or gives something up, and is "
          + "typed for one command by who has looked.",
        hint: "Remove it, and type the option where it is meant.", .usage)
    }
    let keys = SettingKey.allCases.filter { isTop || $0 != .profile }.map(\.rawValue) + (isTop ? ["profiles"] : [])
    let nearest = Suggestion.nearest(to: name, among: keys).map { " Did you mean \"\($0)\"?" } ?? ""
    return CommandError(
      "There is no key \"\(name.shown)\", which stands in \(place).\(nearest)",
      hint: "The keys are \(keys.joined(separator: ", ")).", .usage)
  }
}

/// Who but its owner can write the configuration file, or put another one in its place.
enum SettingsFileOwner {
  /// Refuses a file that says where credentials go, if others could have written it.
  static func check(_ path: String) throws {
    let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    var seen: Set<String> = []
    for path in [path, real].flatMap({ [$0, ($0 as NSString).deletingLastPathComponent] })
    where seen.insert(path).inserted {
      guard let facts = try FileFacts.of(path) else { continue }
      let quoted = path.shellQuoted
      if facts.owner != geteuid(), facts.owner != 0 {
        throw refusal(
          "\(path) belongs to another user (uid \(facts.owner))", "`sudo chown \(geteuid()) \(quoted)`")
      }
      if facts.mode & 0o022 != 0 {
        let mode = "(mode \(String(facts.mode, radix: 8)))"
        throw refusal("others may write to \(path) \(mode)", "`chmod go-w \(quoted)`")
      }
    }
  }

  private static func refusal(_ problem: String, _ remedy: String) -> CommandError {
    CommandError(
      "The configuration is not read: \(problem), and it says where credentials are sent.",
      hint: "Look at what it says, then \(remedy).", .usage)
  }
}
