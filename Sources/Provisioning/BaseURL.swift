// Where a service is. One service must have one address, or its items would count twice.

import Foundation

/// A base URL in canonical form: scheme and host in lower case, no default port, no slash or dot at the end, dot segments
/// resolved; no query, user or fragment.
package struct BaseURL: Hashable, Sendable, CustomStringConvertible {
  /// As it is stored, compared and put before each path.
  package let text: String
  /// As people read it.
  package var description: String { text }

  /// The canonical form of an address; nil for what is no base of http addresses.
  package init?(_ address: String) {
    guard let url = URLComponents(string: address), let scheme = url.scheme?.lowercased(),
      scheme == "http" || scheme == "https", let given = url.host?.lowercased(),
      url.user == nil, url.password == nil, url.query == nil, url.fragment == nil
    else { return nil }
    let host = given.hasSuffix(".") ? String(given.dropLast()) : given
    guard !host.isEmpty, host.last != ".", let path = Self.resolved(url.percentEncodedPath) else { return nil }
    let port = url.port.flatMap { $0 == (scheme == "https" ? 443 : 80) ? nil : ":\($0)" } ?? ""
    text = "\(scheme)://\(host)\(port)\(path)"
  }

  /// A path without dot segments (RFC 3986, 5.2.4) and without a slash at its end; nil where it leads above the root.
  private static func resolved(_ path: String) -> String? {
    var segments: [Substring] = []
    for segment in path.split(separator: "/", omittingEmptySubsequences: true) {
      switch segment {
      case ".": break
      case "..":
        if segments.popLast() == nil { return nil }
      default: segments.append(segment)
      }
    }
    return segments.map { "/" + $0 }.joined()
  }
}
