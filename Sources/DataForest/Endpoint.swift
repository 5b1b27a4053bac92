// Where a Data Forest is: the service's own address unless told, and which other addresses are allowed.

import Foundation
package import Provisioning

/// The address of a Data Forest, checked.
package struct Endpoint: Hashable, Sendable {
  /// Why an address is not allowed.
  package enum Refusal: Error, Hashable {
    /// It is no address.
    case malformed(String)
    /// It holds a name or a password, which are not repeated here.
    case holdsCredentials
    /// It goes on after the port.
    case hasPath(String)
    /// Plain http to another machine, with that name.
    case plain(host: String)
  }

  /// The service's own address.
  package static let service = "https://df.apigw.ntruss.com"
  /// What every operation's path starts with.
  package static let prefix = "/api/v2"

  /// It in canonical form.
  package let baseURL: BaseURL
  /// Whether it is on this machine; plain http is allowed only then.
  package let isLoopback: Bool

  /// Reads an address such as `https://df.apigw.ntruss.com` or `http://127.0.0.1:4747`.
  ///
  /// - Throws: `Refusal` for anything that is no such address, for a path of its own, for a name and password in it,
  ///   and for plain http to another machine: the keys' signature would be readable on the way.
  package init(_ text: String) throws(Refusal) {
    guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = url.host?.lowercased(), !host.isEmpty
    else { throw .malformed(text) }
    guard Self.isPort(url) else { throw .malformed(text) }
    guard url.user == nil, url.password == nil else { throw .holdsCredentials }
    guard ["", "/"].contains(url.path), url.query == nil, url.fragment == nil else { throw .hasPath(text) }
    isLoopback = host == "localhost" || host == "[::1]" || host == "::1" || Self.isLoopbackAddress(host)
    guard scheme == "https" || isLoopback else { throw .plain(host: host) }
    guard let baseURL = BaseURL(text) else { throw .malformed(text) }
    self.baseURL = baseURL
  }

  /// Whether what stands behind the host's colon is a port, or nothing. What is greater would make the client trap that
  /// connects to it; and of more digits than a number has, Foundation says that there is no port.
  private static func isPort(_ url: URLComponents) -> Bool {
    guard let range = url.rangeOfPort, let text = url.string?[range], !text.isEmpty else { return true }
    return Int(text).map { 1...65_535 ~= $0 } ?? false
  }

  private static func isLoopbackAddress(_ host: String) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
