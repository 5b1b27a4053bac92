// Whether a request means this sandbox: a web page may have its own name lead to this machine (DNS rebinding).

import Foundation
import HTTPTypes

enum HostCheck {
  static let field = HTTPField.Name("host")
  private static let names = ["127.0.0.1", "localhost", "[::1]"]

  /// Whether a Host header names the loopback address and port that the sandbox listens on, or one of the others.
  static func allows(_ host: String?, port: Int, others: [String]) -> Bool {
    guard let host = host?.lowercased() else { return false }
    if others.contains(where: { $0.lowercased() == host }) { return true }
    // Port 80 is not written.
    return names.contains { host == "\($0):\(port)" || (port == 80 && host == $0) }
  }

  /// The answer to a request that names another host. What it names is not repeated: somebody else chose it.
  static let refusal = SandboxReply.gateway(
    403, 230, "Forbidden", "The Host header must name the sandbox's own address, such as 127.0.0.1 and its port.")
}

/// What a change must be sent as: a web page can send forms and plain text to this machine, JSON it cannot.
enum MediaCheck {
  /// Whether a content type is JSON, whatever its parameters.
  static func isJSON(_ contentType: String) -> Bool {
    contentType.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased() == "application/json"
  }

  /// The answer to anything else.
  static let refusal = SandboxReply.gateway(
    415, 100, "Unsupported Media Type", "The content type must be application/json.")
}
