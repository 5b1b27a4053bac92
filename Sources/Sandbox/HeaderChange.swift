// Headers as the service should not send them: changed in the reply's head as it goes out, where nothing mends them.

import Foundation
import NIOCore
import Pacing

/// A change of a reply's headers.
enum HeaderChange: Hashable, Sendable {
  /// One more, though there may be one of the name.
  case add(String, String)
  /// This one in place of all of the name.
  case set(String, String)
  /// None of the name.
  case drop(String)
}

extension HeaderChange {
  /// Reads a setting of the fault `headers`: `set` and `add` with `NAME: VALUE`, `drop` with a name, `huge` with
  /// kilobytes; nil when it is none.
  init?(_ setting: String, _ value: String) {
    let halves = value.split(separator: ":", maxSplits: 1).map(String.init)
    switch (setting, halves.count) {
    case ("set", 2): self = .set(halves[0], String(halves[1].drop { $0 == " " }))
    case ("add", 2): self = .add(halves[0], String(halves[1].drop { $0 == " " }))
    // A header without a value.
    case ("set", 1): self = .set(halves[0], "")
    case ("add", 1): self = .add(halves[0], "")
    case ("drop", 1): self = .drop(halves[0])
    case ("huge", _):
      guard let kilobytes = Int(value), (1...1_024).contains(kilobytes) else { return nil }
      self = .add("X-Padding", String(repeating: "x", count: kilobytes * 1_024))
    default: return nil
    }
    guard isPossible else { return nil }
  }

  private var isPossible: Bool {
    let (name, value) =
      switch self {
      case .add(let name, let value), .set(let name, let value): (name, value)
      case .drop(let name): (name, "")
      }
    // Without these it is unknown where the reply ends, which is another fault.
    let isFraming = ["content-length", "transfer-encoding", "connection"].contains(name.lowercased())
    let isName = !name.isEmpty && name.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: ":") }
    return isName && !isFraming && !value.utf8.contains { $0 == 0 || $0 == 10 || $0 == 13 }
  }

  /// What a `headers` without settings draws one of.
  static let oddities: [[HeaderChange]] = [
    [.set("Retry-After", "soon")], [.set("Retry-After", "-5")], [.set("Retry-After", "1e3")], [.set("Retry-After", "")],
    [.set("Retry-After", "epoch+20")], [.set("Retry-After", "date-20")], [.set("Retry-After", "rfc850+20")],
    [.add("Retry-After", "1"), .add("Retry-After", "60")], [.set("Content-Type", "text/plain")],
    [.drop("Content-Type")], [.add("Content-Type", "text/html")], [.drop("Date")], [.set("Date", "yesterday")],
    [.add("Date", "date+86400")], [.set("X-Padding", String(repeating: "x", count: 16_384))],
  ]

  /// Carries the changes out on a reply's head, as it stands on the wire; `now` is the service's time.
  static func applied(_ changes: [HeaderChange], to head: String, at now: Instant) -> String {
    var lines = head.components(separatedBy: "\r\n")
    func remove(_ name: String) {
      let rest = lines.dropFirst().filter { !$0.lowercased().hasPrefix(name.lowercased() + ":") }
      lines = [lines[0]] + rest
    }
    func insert(_ name: String, _ value: String) {
      // Before the two empty ones: what follows the last header's line end, and the empty line's.
      lines.insert("\(name): \(ServiceTime.text(value, at: now))", at: max(1, lines.count - 2))
    }
    for change in changes {
      switch change {
      case .add(let name, let value): insert(name, value)
      case .set(let name, let value):
        remove(name)
        insert(name, value)
      case .drop(let name): remove(name)
      }
    }
    return lines.joined(separator: "\r\n")
  }
}

/// The forms of time that headers come in.
enum ServiceTime {
  private static let forms = [
    "date": "EEE, dd MMM yyyy HH:mm:ss 'GMT'", "rfc850": "EEEE, dd-MMM-yy HH:mm:ss 'GMT'",
    "asctime": "EEE MMM dd HH:mm:ss yyyy",
  ]

  /// A value such as `epoch+20`, `epochms-5`, `date+30`, `rfc850+30` or `asctime+30`, so many seconds from now; any other
  /// one as it is.
  static func text(_ value: String, at now: Instant) -> String {
    guard let sign = value.firstIndex(where: { $0 == "+" || $0 == "-" }),
      let seconds = Int64(value[sign...]), abs(seconds) < 1 << 40
    else { return value }
    let then = now + .seconds(seconds)
    switch value[..<sign] {
    case "epoch": return String(then.microseconds / 1_000_000)
    case "epochms": return String(then.microseconds / 1_000)
    case let form: return forms[String(form)].map { formatted(then, $0) } ?? value
    }
  }

  private static func formatted(_ instant: Instant, _ form: String) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = .gmt
    formatter.dateFormat = form
    let text = formatter.string(from: Date(timeIntervalSince1970: Double(instant.microseconds / 1_000_000)))
    // A day of one digit has a space before it in this form.
    return form.hasPrefix("EEE MMM")
      ? text.replacingOccurrences(of: " 0", with: "  ", range: text.range(of: " 0")) : text
  }
}

/// Changes the head of one reply and leaves. It stands nearest to the socket: the server sets its Date after everybody.
final class HeadChanger: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let changes: [HeaderChange]
  private let now: Instant

  init(_ changes: [HeaderChange], at now: Instant) {
    self.changes = changes
    self.now = now
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let buffer = unwrapOutboundIn(data)
    let head = HeaderChange.applied(changes, to: String(decoding: buffer.readableBytesView, as: UTF8.self), at: now)
    context.write(wrapOutboundOut(ByteBuffer(string: head)), promise: promise)
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  /// Lets it change the next head of a connection.
  static func add(_ changes: [HeaderChange], at now: Instant, to channel: any Channel) async throws {
    try await channel.eventLoop.submit {
      try channel.pipeline.syncOperations.addHandler(HeadChanger(changes, at: now), position: .first)
    }.get()
  }
}
