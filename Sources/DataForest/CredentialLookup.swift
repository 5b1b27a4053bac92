// Where credentials come from, by the ecosystem's habits: two variables, else the official command's file. Never a flag,
// because flags show in the process list. The environment and the file's text are handed in; nothing is read here.

import Foundation

extension Credentials {
  /// The variable with the access key, as the Terraform provider names it.
  package static let accessKeyVariable = "NCLOUD_ACCESS_KEY"
  /// The variable with the secret key.
  package static let secretKeyVariable = "NCLOUD_SECRET_KEY"

  /// What a look for credentials found.
  package enum Lookup: Sendable {
    /// Both halves.
    case found(Credentials)
    /// Neither half anywhere.
    case none
    /// Only one half; the name of the missing one.
    case incomplete(missing: String)
    /// One half has blanks, control characters or letters beyond ASCII in it; its name.
    case malformed(String)
  }

  /// Looks in the environment first, then in the text of `~/.ncloud/configure`; nil when there is no such file.
  package static func look(in environment: [String: String], file: String?) -> Lookup {
    // A file of variables with CRLF leaves a carriage return behind each.
    let access = environment[accessKeyVariable].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 }
    let secret = environment[secretKeyVariable].map(\.trimmed).flatMap { $0.isEmpty ? nil : $0 }
    if access != nil || secret != nil {
      return pair(access, secret, names: (accessKeyVariable, secretKeyVariable))
    }
    guard let file else { return .none }
    let values = defaultSection(of: file)
    let names = ("ncloud_access_key_id", "ncloud_secret_access_key")
    let (fileAccess, fileSecret) = (values[names.0], values[names.1])
    return fileAccess == nil && fileSecret == nil ? .none : pair(fileAccess, fileSecret, names: names)
  }

  private static func pair(_ access: String?, _ secret: String?, names: (String, String)) -> Lookup {
    guard let access else { return .incomplete(missing: names.0) }
    guard let secret else { return .incomplete(missing: names.1) }
    // It goes into a header, where a control character would make every request fail.
    for (value, name) in [(access, names.0), (secret, names.1)]
    where !value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      return .malformed(name)
    }
    return .found(Credentials(accessKey: access, secretKey: secret))
  }

  /// The `name = value` lines of the section `DEFAULT`, to which lines before the first section belong.
  private static func defaultSection(of file: String) -> [String: String] {
    var current = "DEFAULT"
    var values: [String: String] = [:]
    for line in file.split(whereSeparator: \.isNewline) {
      let line = line.trimmed
      if line.hasPrefix("["), line.hasSuffix("]") {
        current = line.dropFirst().dropLast().trimmed
      } else if current == "DEFAULT", let equals = line.firstIndex(of: "="), !line.hasPrefix("#") {
        let value = line[line.index(after: equals)...].trimmed
        if !value.isEmpty { values[line[..<equals].trimmed] = value }
      }
    }
    return values
  }
}

extension StringProtocol {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
