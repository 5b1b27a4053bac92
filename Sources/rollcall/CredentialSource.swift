// Reads the credentials from where the ecosystem keeps them.

import DataForest
import Files
import Provisioning

enum CredentialSource {
  /// The credentials for an endpoint; on this machine, with none set, the sandbox's fake pair.
  static func credentials(for endpoint: Endpoint, in context: Context) throws -> Credentials {
    switch Credentials.look(in: context.environment, file: try configuration(in: context)) {
    case .found(let credentials): return credentials
    case .incomplete(let missing):
      throw CommandError(
        "Only half of the credentials is there: \(missing) is missing.", hint: howToSet, .usage, reason: .credentials)
    case .malformed(let name):
      throw CommandError(
        "\(name) holds a blank, a control character or a letter beyond ASCII, which no key has.",
        hint: "Copy the key again.", .usage, reason: .credentials)
    case .none where endpoint.isLoopback: return .sandbox
    case .none:
      throw CommandError(
        "There are no credentials for \(endpoint.baseURL).",
        hint: howToSet,
        more: [
          "      To try Rollcall without an account: `rollcall sandbox` in one terminal, then add "
            + "`--endpoint http://127.0.0.1:4747`."
        ], .usage, reason: .credentials)
    }
  }

  /// Where the credentials for an endpoint come from, without any of them.
  static func place(for endpoint: Endpoint, in context: Context) -> String {
    do {
      let file = try configuration(in: context)
      if case .none = Credentials.look(in: context.environment, file: file) {
        return endpoint.isLoopback ? "none (the sandbox's own pair is used)" : "none"
      }
      _ = try credentials(for: endpoint, in: context)
    } catch {
      return "not usable: \(CommandError(error)?.message ?? "\(error)")"
    }
    return "from \(isSet(in: context) ? Credentials.accessKeyVariable : "~/.ncloud/configure")"
  }

  /// Whether the environment has any of them.
  private static func isSet(in context: Context) -> Bool {
    [Credentials.accessKeyVariable, Credentials.secretKeyVariable].contains {
      context.environment[$0]?.contains { !$0.isWhitespace } == true
    }
  }

  /// The text of the official command's file; nil when there is none, or the environment has what is looked for.
  private static func configuration(in context: Context) throws -> String? {
    guard !isSet(in: context), let home = try context.home() else { return nil }
    let path = home + "/.ncloud/configure"
    do {
      guard let bytes = try FileLook.contents(of: path) else { return nil }
      return String(decoding: bytes, as: UTF8.self)
    } catch {
      throw CommandError(
        "The credentials in \(path) cannot be read: \(error.sentence).",
        hint: "Give the file back to \(error.user) (`sudo chown`, `chmod u+r`), or set "
          + "\(Credentials.accessKeyVariable) and \(Credentials.secretKeyVariable).", .usage)
    }
  }

  private static let howToSet =
    "Set \(Credentials.accessKeyVariable) and \(Credentials.secretKeyVariable) in the environment, or write them to "
    + "~/.ncloud/configure."
}
