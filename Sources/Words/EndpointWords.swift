// Why an address is not taken for a service's.

package import DataForest

extension Endpoint.Refusal: CustomStringConvertible {
  /// One sentence: what is wrong and what would be right.
  package var description: String {
    switch self {
    case .malformed(let text): "The endpoint '\(text)' is no address; it looks like \(Endpoint.service)."
    case .holdsCredentials: "The endpoint holds a name or password; credentials never stand in an address."
    case .hasPath(let text): "The endpoint '\(text)' has a path; give only scheme, host and port."
    case .plain(let host): "Plain http is allowed only to this machine; use https for '\(host)'."
    }
  }
}
