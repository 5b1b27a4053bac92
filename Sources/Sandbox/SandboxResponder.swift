// From HTTP to the sandbox and back.

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Pacing
import Provisioning

/// What Hummingbird hands over with a request: the connection, too.
struct SandboxContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

struct Responder: HTTPResponder {
  let server: SandboxServer

  func respond(to request: Request, context: SandboxContext) async throws -> Response {
    let path = request.uri.string
    let isMeant = server.isMeant(request, port: context.channel.localAddress?.port)
    if path.hasPrefix(SandboxServer.ownPrefix), !isMeant { return Self.response(HostCheck.refusal) }
    if path == SandboxServer.ledgerPath, request.method == .get {
      return Self.response(.ok, try server.ledgerJSON())
    }
    if path == SandboxServer.faultsPath, request.method == .post { return try await changeFaults(request) }
    var headers: [String: String] = [:]
    // A header that stands there twice is one with both values.
    for field in request.headers {
      headers[field.name.canonicalName] =
        headers[field.name.canonicalName].map { "\($0), \(field.value)" } ?? field.value
    }
    var asked = SandboxRequest(method: request.method.rawValue, path: path, headers: headers)
    asked.isMisdirected = !isMeant
    do {
      asked.body = Array(try await request.body.collect(upTo: Gateway.largestBody).readableBytesView)
    } catch is NIOTooManyBytesError {
      // The gateway refuses it, so that it is counted and its signature looked at like any other.
      asked.isTooLarge = true
    }
    if server.breaksNow(context.channel) {
      try await Self.reset(context.channel)
      return Self.response(.dropped)
    }
    let reply = server.reply(to: asked)
    // No longer once its task is cancelled, so that a stop waits for nobody.
    await server.time.wait(server.configuration.latency)
    if reply.delivery == .hung { await server.time.wait(.seconds(600)) }
    if reply.delivery == .dropped || reply.delivery == .hung { try await context.channel.close() }
    if !reply.headerChanges.isEmpty, reply.isDelivered {
      try await HeadChanger.add(
        reply.headerChanges, at: reply.serviceTime ?? server.time.now(), to: context.channel)
    }
    server.isIdle(context.channel)
    return Self.response(reply)
  }

  /// Ends a connection as a middlebox does that has forgotten it.
  private static func reset(_ channel: any Channel) async throws {
    if let options = channel as? any SocketOptionProvider {
      try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    }
    try await channel.close()
  }

  private func changeFaults(_ request: Request) async throws -> Response {
    guard MediaCheck.isJSON(request.headers[.contentType] ?? "") else { return Self.response(MediaCheck.refusal) }
    do {
      let body = try await request.body.collect(upTo: 1 << 16)
      try server.changeFaults(Array(body.readableBytesView))
      return Self.response(.ok, Array("{}\n".utf8))
    } catch {
      return Self.response(.badRequest, Array("\(error)\n".utf8))
    }
  }

  private static let requestID = HTTPField.Name("x-ncp-apigw-request-id")

  private static func response(_ reply: SandboxReply) -> Response {
    let pieces = reply.pieces
    // A reply whose connection is closed has no status; whatever stands here reaches nobody.
    var response = Response(
      status: .init(code: max(reply.status, 200)), headers: [.contentType: reply.contentType],
      body: pieces.count == 1 ? .init(byteBuffer: pieces[0]) : .init(contentsOf: pieces))
    if let coding = reply.coding { response.headers[.contentEncoding] = coding.rawValue }
    if case .page = reply.delivery { return response }
    if let name = Self.requestID { response.headers[name] = UUID().uuidString.lowercased() }
    if let seconds = reply.retryAfter { response.headers[.retryAfter] = String(seconds) }
    return response
  }

  private static func response(_ status: HTTPResponse.Status, _ body: [UInt8]) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(bytes: body)))
  }
}
