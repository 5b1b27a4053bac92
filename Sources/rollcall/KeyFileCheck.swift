// Who but its owner can get at the file with the keys.

import Files
import Foundation
import Provisioning
import Words

enum KeyFileCheck {
  /// What is wrong, and what mends it.
  struct Finding {
    let problem: String
    let remedy: String
  }

  /// Looks at `~/.ncloud/configure` and its folder.
  ///
  /// - Returns: all that is wrong; nil when there is no such file.
  /// - Throws: `FileError` when it may not be looked at.
  static func findings(home: String) throws(FileError) -> [Finding]? {
    let path = home + "/.ncloud/configure"
    guard let file = try FileFacts.of(path), let folder = try FileFacts.of(home + "/.ncloud") else { return nil }
    return problems(of: file, path, mayRead: true) + problems(of: folder, home + "/.ncloud", mayRead: false)
  }

  /// - Parameter mayRead: whether it matters who may read it.
  private static func problems(of facts: FileFacts, _ path: String, mayRead: Bool) -> [Finding] {
    let quoted = path.shellQuoted
    if facts.owner != geteuid(), facts.owner != 0 {
      return [
        Finding(
          problem: "\(path) belongs to another user (uid \(facts.owner)), who can read and change it",
          remedy:
            "Make it yours: `sudo chown \(geteuid()) \(quoted)`; and make new keys if that user should not have them.")
      ]
    }
    var findings: [Finding] = []
    if mayRead, facts.mode & 0o044 != 0 {
      findings.append(
        Finding(
          problem: "others may read the keys in \(path) (mode \(String(facts.mode, radix: 8)))",
          remedy: "`chmod 600 \(quoted)`"))
    }
    if facts.mode & 0o022 != 0 {
      findings.append(
        Finding(
          problem:
            "others may \(mayRead ? "change" : "put other files into") \(path) (mode \(String(facts.mode, radix: 8)))",
          remedy: "`chmod \(mayRead ? "600" : "700") \(quoted)`"))
    }
    return findings
  }
}
