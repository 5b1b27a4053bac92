// The client: one signed POST a call. Every failure is an outcome.

package import Pacing
package import Provisioning
import Wire

/// A Data Forest as a target.
package struct DataForestClient: Target {
  /// How the client is set up.
  package struct Configuration: Sendable {
    /// Where the service is.
    package var endpoint: Endpoint
    /// What signs.
    package var credentials: Credentials
    /// The deadline of a request, from its start to the last byte of its reply.
    package var requestTimeout: Duration
    /// The most requests at once; as many connections are kept.
    package var concurrency: Int

    /// Makes a configuration.
    package init(
      endpoint: Endpoint, credentials: Credentials, requestTimeout: Duration = .seconds(30), concurrency: Int = 4
    ) {
      self.endpoint = endpoint
      self.credentials = credentials
      self.requestTimeout = requestTimeout
      self.concurrency = concurrency
    }
  }

  /// The target's name in item keys.
  package static let targetName = "dataforest"
  /// The most that is read of a reply with a detail, accounts or images.
  static let largestDetail = 1_024 * 1_024

  private let configuration: Configuration
  let time: any TimeSource
  private let exchange: Exchange

  /// Makes a client; `shutdown` must be called before it is let go of.
  package init(_ configuration: Configuration, time: any TimeSource) {
    self.configuration = configuration
    self.time = time
    exchange = Exchange(requestTimeout: configuration.requestTimeout, concurrency: configuration.concurrency)
  }

  /// Closes the connections.
  package func shutdown() async throws { try await exchange.shutdown() }

  /// The target's name in item keys.
  package var name: String { Self.targetName }
  /// Scheme, host and port of the endpoint.
  package var baseURL: BaseURL { configuration.endpoint.baseURL }

  /// What nothing that is kept of a reply may repeat.
  var accessKey: String { configuration.credentials.accessKey }

  /// Asks for a workspace.
  package func create(_ definition: String) async -> Outcome {
    switch await post("/aiworkspaces/create", definition) {
    case .success(let reply): Outcome(reply, at: time.now()).unlessCut(reply).hiding(accessKey)
    case .failure(let lost): lost.outcome
    }
  }

  /// Asks for an account's workspaces.
  package func list(account: String) async -> ListReply { await list(account: account, of: nil) }

  /// Asks for an account's workspaces and, of a long list, keeps those of some names.
  package func list(account: String, naming names: @escaping NameLookup) async -> ListReply {
    await list(account: account, of: names)
  }

  private func list(account: String, of names: NameLookup?) async -> ListReply {
    let body = JSONValue.object(["search": .object(["accountId": .string(account)])])
    let (address, headers) = signed("/aiworkspaces/getList")
    let list = ListBody(of: names, hiding: accessKey)
    return switch await exchange.post(body.canonicalText, to: address, headers: headers, reading: list) {
    case .success((let reply, let list)):
      ListReply(reply.hiding(accessKey), list, at: time.now()).hiding(accessKey)
    case .failure(let lost): .failed(lost.outcome)
    }
  }

  /// Asks for a workspace's detail.
  package func detail(of item: RemoteItem) async -> DetailReply {
    let body = JSONValue.object(["id": .string(item.id)])
    return switch await post("/aiworkspaces/getDetail", body.canonicalText, upTo: Self.largestDetail) {
    case .success(let reply):
      DetailReply(reply, of: item, upTo: Self.largestDetail, at: time.now()).hiding(accessKey)
    case .failure(let lost): .failed(lost.outcome)
    }
  }

  /// Description (none and empty are the same) and image (with or without its `dataforest/`) are what was sent; where
  /// the detail is known, every field that was sent.
  package func isMade(_ item: RemoteItem, from definition: String) -> Bool {
    guard case .success(let sent) = Result(catching: { try JSONValue(text: definition) }) else { return false }
    if let detail = item.detail { return WorkspaceDetail.isMade(detail, from: sent) }
    let image = sent[path: "configuration.docker.image"]?.stringValue
    let isSameImage = item.image == nil || Self.withoutPrefix(item.image) == Self.withoutPrefix(image)
    return item.name == sent[key: "name"]?.stringValue && isSameImage
      && (item.description ?? "") == (sent[key: "description"]?.stringValue ?? "")
  }

  /// The newest configuration that the detail tells of, and the description, as far as the definition has them.
  package func definition(of item: RemoteItem, like definition: String) -> String? {
    guard let detail = item.detail, case .success(let sent) = Result(catching: { try JSONValue(text: definition) })
    else { return nil }
    return WorkspaceDetail.definition(detail, like: sent).map { $0 == sent ? definition : $0.canonicalText }
  }

  /// The same as far as either of two definitions has it: a field that was made and is not wanted any more is there still.
  package func definition(of item: RemoteItem, like wanted: String, or made: String) -> String? {
    guard case .success(let value) = Result(catching: { try JSONValue(text: wanted) }),
      case .success(let other) = Result(catching: { try JSONValue(text: made) })
    else { return nil }
    return definition(of: item, like: value.joined(with: other).canonicalText)
  }

  static func withoutPrefix(_ image: String?) -> String? {
    image.map { $0.hasPrefix("dataforest/") ? String($0.dropFirst("dataforest/".count)) : $0 }
  }

  func post(
    _ operation: String, _ body: String, upTo limit: Int = Exchange.usualLimit
  ) async -> Result<Reply, TransportFailure> {
    let (address, headers) = signed(operation)
    let reply = await exchange.post(body, to: address, headers: headers, upTo: limit)
    return reply.map { $0.hiding(accessKey) }
  }

  private func signed(_ operation: String) -> (address: String, headers: [(name: String, value: String)]) {
    let path = Endpoint.prefix + operation
    let headers = Signature.headers(method: "POST", path: path, at: time.now(), with: configuration.credentials)
    return (configuration.endpoint.baseURL.text + path, headers)
  }
}
