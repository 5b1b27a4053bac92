// A peer that speaks TLS and answers every request with 200.

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

final class SecurePeer: Sendable {
  private final class Count: Sendable {
    let value = Atomic(0)
  }

  private let channel: any Channel
  private let count = Count()

  /// - Parameter certificate: what it shows.
  init(_ certificate: TestCertificate) async throws {
    let shown = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(certificate.loaded())], privateKey: .privateKey(TestCertificate.key())))
    let count = count
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandlers([
            NIOSSLServerHandler(context: shown), Answering { count.value.add(1, ordering: .relaxed) },
          ])
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  var address: String { "https://127.0.0.1:\(channel.localAddress?.port ?? 0)/" }
  var requestCount: Int { count.value.load(ordering: .relaxed) }

  func close() async throws { try await channel.close() }

  /// What a client that trusts only this certificate is set up with.
  static func trusting(_ certificate: TestCertificate) throws -> TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates([try certificate.loaded()])
    return configuration
  }
}

private final class Answering: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let note: @Sendable () -> Void
  private var text = ""

  init(_ note: @escaping @Sendable () -> Void) { self.note = note }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    text += String(buffer: unwrapInboundIn(data))
    guard text.hasSuffix("{}") else { return }
    note()
    text = ""
    let reply = ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
