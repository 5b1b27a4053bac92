// Reads the credentials from where the ecosystem keeps them.

import DataForest
import Foundation

enum CredentialSource {
  /// The credentials for an endpoint; on this machine, with none set, the sandbox's fake pair.
  static func credentials(for endpoint: Endpoint, in context: Context) throws -> Credentials {
    let home = context.environment["HOME"] ?? ""
    let file = home.isEmpty ? nil : FileManager.default.contents(atPath: home + "/.ncloud/configure")
    switch Credentials.look(in: context.environment, file: file.map { String(decoding: $0, as: UTF8.self) }) {
    case .found(let credentials): return credentials
    case .incomplete(let missing):
      throw Problem(
        "Only half of the credentials is there: \(missing) is missing.", hint: howToSet, .usage, reason: .credentials)
    case .malformed(let name):
      throw Problem(
        "\(name) holds a blank, a control character or a letter beyond ASCII, which no key has.",
        hint: "Copy the key again.", .usage, reason: .credentials)
    case .none where endpoint.isLoopback: return .sandbox
    case .none:
      throw Problem(
        "There are no credentials for \(endpoint.origin).",
        hint: howToSet + "\n      To try Rollcall without an account: `rollcall sandbox` in one terminal, then add "
          + "`--endpoint http://127.0.0.1:4747`.", .usage, reason: .credentials)
    }
  }

  private static let howToSet =
    "Set \(Credentials.accessKeyVariable) and \(Credentials.secretKeyVariable) in the environment, or write them to "
    + "~/.ncloud/configure."
}
