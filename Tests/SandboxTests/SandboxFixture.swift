// A sandbox without a socket, and requests signed for it.

import DataForest
import Pacing
import Provisioning
import TestSupport

@testable import Sandbox

struct SandboxFixture {
  let server: SandboxServer
  let time = ManualTimeSource()

  static let account = SandboxConfiguration.standardAccounts[0]

  init(_ configuration: SandboxConfiguration = SandboxConfiguration()) throws {
    server = try SandboxServer(configuration, time: time)
  }

  /// Sends an operation with its body as text.
  func post(
    _ operation: String, _ body: String, credentials: Credentials = .sandbox, clockAhead: Duration = .zero
  ) -> SandboxReply {
    let path = Endpoint.prefix + "/" + operation
    var headers = ["content-type": "application/json"]
    for header in Signature.headers(method: "POST", path: path, at: time.now() + clockAhead, with: credentials) {
      headers[header.name] = header.value
    }
    return server.reply(to: SandboxRequest(method: "POST", path: path, headers: headers, body: Array(body.utf8)))
  }

  static func definition(
    _ name: String, account: String = account, image: String = "tensorflow:r2.3.1-py3", more: String = ""
  ) -> String {
    """
    {"accountId":"\(account)","name":"\(name)","description":"for \(name)","configuration":
    {"docker":{"image":"\(image)","command":"ls"\(more)}}}
    """
  }

  func create(_ name: String) -> SandboxReply { post("aiworkspaces/create", Self.definition(name)) }
}

extension SandboxReply {
  var message: String? { body[key: "message"]?.stringValue }
  var id: String? { body[key: "id"]?.stringValue }
}
