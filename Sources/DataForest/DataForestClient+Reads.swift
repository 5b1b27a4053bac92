// Read calls for people who ask whether all is well: accounts and images.

import Foundation
import Pacing
package import Provisioning
import Wire

/// A Data Forest account that the credentials may use.
package struct RemoteAccount: Hashable, Sendable {
  /// Its id, which rosters name.
  package let id: String
  /// Its name, which people know.
  package let name: String
  /// What the service says of it; `RUNNING` when all is well.
  package let status: String?
}

/// What came of a read call.
package enum ReadReply<Value: Sendable>: Sendable {
  /// It came; `clockSkew`: how far the service's clock is ahead of ours, nil when the reply does not tell.
  case told(Value, clockSkew: Duration?)
  /// It did not; the outcome says why.
  case failed(Outcome)
}

extension DataForestClient {
  /// Asks for the accounts that the credentials may use.
  package func accounts() async -> ReadReply<[RemoteAccount]> {
    await read("/accounts/getList", .object([:])) { body in
      body.objects("contents")?.compactMap { entry in
        guard let id = entry.string("id") else { return nil }
        return RemoteAccount(id: id, name: entry.string("name") ?? "", status: entry.string("status"))
      }
    }
  }

  /// Asks for the images of a type, `tensorflow` or `pytorch`, as definitions name them.
  package func images(of type: String) async -> ReadReply<[String]> {
    let body = JSONValue.object(["search": .object(["typeName": .string(type)])])
    return await read("/aiworkspaces/getDockerImageList", body) { reply in
      reply.object("dockerImages")?.lists.flatMap { name, tags in tags.map { "\(name):\($0)" } }.sorted()
    }
  }

  private func read<Value: Sendable>(
    _ operation: String, _ body: JSONValue, _ decode: (JSONBody) -> Value?
  ) async -> ReadReply<Value> {
    let reply: Reply
    switch await post(operation, body.canonicalText, upTo: Self.largestDetail) {
    case .success(let came): reply = came
    case .failure(let lost): return .failed(lost.outcome)
    }
    let now = time.now()
    let outcome = Outcome(reply, needsID: false, at: now).unlessCut(reply, Self.largestDetail)
      .hiding(accessKey)
    guard outcome.kind == .made else { return .failed(outcome) }
    guard let body = JSONBody(reply.body), let value = decode(body) else {
      return .failed(Outcome(.unknown, message: "the reply cannot be read", status: reply.status))
    }
    return .told(value, clockSkew: reply.date.map { $0 - now })
  }
}
