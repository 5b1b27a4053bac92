package import Provisioning

/// Addresses of tests, as they write them.
extension BaseURL: ExpressibleByStringLiteral {
  /// Makes one of an address that is one.
  package init(stringLiteral address: String) {
    guard let url = BaseURL(address) else { preconditionFailure("\(address) is no base URL") }
    self = url
  }
}
