// Who but its owner can get at the file with the keys.

import Files
import Foundation
import Provisioning

enum KeyFileCheck {
  /// What is wrong, and what mends it.
  typealias Finding = (problem: String, remedy: String)

  /// All that is wrong with `~/.ncloud/configure` and its folder; nil when there is no such file.
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
        (
          "\(path) belongs to another user (uid \(facts.owner)), who can read and change it",
          "Make it yours: `sudo chown \(geteuid()) \(quoted)`; and make new keys if that user should not have them."
        )
      ]
    }
    let mode = "(mode \(String(facts.mode, radix: 8)))"
    var findings: [Finding] = []
    if mayRead, facts.mode & 0o044 != 0 {
      findings.append(("others may read the keys in \(path) \(mode)", "`chmod 600 \(quoted)`"))
    }
    if facts.mode & 0o022 != 0 {
      findings.append(
        mayRead
          ? ("others may change \(path) \(mode)", "`chmod 600 \(quoted)`")
          : ("others may put other files into \(path) \(mode)", "`chmod 700 \(quoted)`"))
    }
    return findings
  }
}
