import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import DataForest

/// Replies of all kinds over real connections, with the state table as the judge. `scripts/fuzz replies` runs many more.
@Suite struct ReplyFuzzTests {
  @Test func `whatever a reply is, a create is not sent again without a look and no row fails by one foreign answer`()
    async throws
  {
    let environment = ProcessInfo.processInfo.environment
    let seed = environment["SEED"].flatMap { Int($0) } ?? Int.random(in: 0..<1_000_000)
    let count = environment["REPLIES"].flatMap { Int($0) }
    print("seed \(seed)")
    try await withTemporaryFolder { folder in
      let fuzz = try ReplyFuzz(folder: folder, seed: seed, stops: count != nil)
      try await fuzz.run(replies: count ?? 600)
    }
  }
}

/// A service that answers anything, and a queue that works with it.
private final class ReplyFuzz: Sendable {
  private struct World {
    var grammar: ReplyGrammar
    /// What there is: entries of the list by name.
    var made: [String: (id: String, entry: String)] = [:]
    var nextID = 1
    var replyCount = 0
    var lastReply: MadeReply?
    var isLastListWhole = false
    var madeTwice: [String] = []
  }

  /// What the client was told of a name.
  private struct Known {
    var foreignCount = 0
    var refusedCount = 0
    /// When an answer was last unknown and no look has come since.
    var unknownSince: Instant?
  }

  private static let account = "acc"
  private static let settleDelay = Duration.seconds(60)
  private let time = ManualTimeSource()
  private let world: Mutex<World>
  private let queue: Queue
  private let scope: KeyScopeID
  private let ownership: Mutex<Ownership>
  private let rules = ReconcileRules(settleDelay: settleDelay)
  private let stops: Bool

  init(folder: String, seed: Int, stops: Bool) throws {
    world = Mutex(World(grammar: ReplyGrammar(random: SeededGenerator(seed: seed), stops: stops)))
    queue = try Queue(path: folder + "/rollcall.db", time: time)
    scope = try queue.keyScope(baseURL: "https://example.com", fingerprint: "0123456789ab")
    try queue.setLimit(Quota(rate: try #require(Rate("1000000/s")), burst: 1_000_000), source: .flag, of: scope)
    ownership = Mutex(try queue.becomeOwner())
    self.stops = stops
  }

  func run(replies: Int) async throws {
    let server = try RawServer { [self] path, body in answer(path, body) }
    server.start()
    let client = DataForestClient(
      .init(
        endpoint: try Endpoint("http://127.0.0.1:\(server.port)"), credentials: .sandbox,
        requestTimeout: stops ? .milliseconds(500) : .seconds(20)), time: time)
    var batchNumber = 0
    var memory = MemoryWatch()
    while world.withLock({ $0.replyCount }) < replies {
      batchNumber += 1
      let batch = try importBatch(batchNumber)
      let account = try #require(try queue.accountsWithReadyItems(of: batch).first)
      var known: [String: Known] = [:]
      while try queue.tally(of: batch).unfinishedCount > 0 {
        if try await !send(of: batch, with: client, &known) || chance(0.05) {
          try await look(at: account, of: batch, with: client, isLate: chance(0.8), &known)
        }
        memory.look(after: world.withLock { $0.replyCount })
      }
      try judge(batch, known)
      // Lists of all that was ever made would take most of the time.
      world.withLock { $0.made = [:] }
    }
    try await client.shutdown()
    server.stop()
    #expect(world.withLock { $0.madeTwice }.isEmpty)
    #expect(memory.growth < 64_000_000, "it has grown by \(memory.growth) bytes")
    print("\(world.withLock { $0.replyCount }) replies, grown by \(memory.growth / 1_000_000) MB")
  }

  private func chance(_ of: Double) -> Bool { world.withLock { $0.grammar.chance(of) } }

  private func importBatch(_ number: Int) throws -> BatchID {
    let new = NewBatch(
      label: "/class-\(number).csv", target: "dataforest", baseURL: "https://example.com",
      columns: ["name"], digest: "d\(number)")
    let result = try queue.importBatch(new) { add in
      for row in 1...50 {
        let name = "n\(number)-\(row)"
        let text = #"{"accountId":"\#(Self.account)","configuration":{"docker":{"image":"t:1"}},"name":"\#(name)"}"#
        try add(
          NewRow(
            ordinal: row, line: row + 1, cells: [name],
            content: .item(account: Self.account, name: name, definition: Definition(text: text))))
      }
    }
    return try #require(result).batch
  }

  // MARK: - The service

  private func answer(_ path: String, _ body: [UInt8]) -> MadeReply {
    world.withLock { world in
      world.replyCount += 1
      let reply: MadeReply
      if path.hasSuffix("/create") {
        reply = create(JSONBody(body)?.string("name") ?? "", &world)
      } else {
        (reply, world.isLastListWhole) = world.grammar.list(world.made.values.map(\.entry).sorted())
      }
      world.lastReply = reply
      return reply
    }
  }

  private func create(_ name: String, _ world: inout World) -> MadeReply {
    if world.made[name] != nil { world.madeTwice.append(name) }
    let isMade = world.grammar.chance(0.5)
    let id = "id\(world.nextID)"
    if isMade {
      world.nextID += 1
      let entry = #"{"id":"\#(id)","name":"\#(name)","imageVersion":"t:1","createdAt":"\#(time.now().rfc3339())"}"#
      world.made[name] = (id, entry)
    }
    return world.grammar.create(id: id, wasMade: isMade)
  }

  // MARK: - The client

  /// - Returns: whether there was anything to send.
  private func send(
    of batch: BatchID, with client: DataForestClient, _ known: inout [String: Known]
  ) async throws -> Bool {
    time.advance(by: .seconds(1))
    let claim = try await queue.claim(
      upTo: 1, of: batch, for: ownership.withLock(\.id), with: scope, within: .milliseconds(500),
      under: AttemptTerms(settleDelay: Self.settleDelay, requestTimeout: .seconds(30)))
    guard let lease = claim.leases.first else { return false }
    #expect(known[lease.name]?.unknownSince == nil, "\(lease.name) is sent again without a look")
    world.withLock { $0.lastReply = nil }
    let outcome = await client.create(lease.definition)
    // A connection that was closed after the reply before may be found so.
    let reply =
      world.withLock { $0.lastReply } ?? MadeReply(bytes: [], allowed: [.unreachable, .unknown], name: "none")
    #expect(reply.allowed.contains(outcome.kind), "\(reply.name): \(outcome.kind), \(outcome.message ?? "")")
    #expect(outcome.message?.count ?? 0 <= 1_000 && outcome.requestID?.count ?? 0 <= 200, "\(reply.name)")
    if outcome.kind == .made { #expect(outcome.remoteID == world.withLock { $0.made[lease.name]?.id }) }
    if !outcome.kind.isDefinite { known[lease.name, default: Known()].unknownSince = time.now() }
    if outcome.kind == .foreign { known[lease.name, default: Known()].foreignCount += 1 }
    if outcome.kind == .refused { known[lease.name, default: Known()].refusedCount += 1 }
    _ = try await queue.settle(Answer(lease: lease.handle, outcome: outcome, latency: .milliseconds(5)))
    if outcome.kind.holdsAccount { try await beginAnew(batch) }
    return true
  }

  /// What a run holds, the next one lifts.
  private func beginAnew(_ batch: BatchID) async throws {
    try await queue.end(ownership.withLock { $0 })
    let request = RunRequest(batch: batch, baseURL: "https://example.com", fingerprint: "0123456789ab")
    let next = try await queue.onOwnThread { queue in try queue.begin(request)?.ownership ?? queue.becomeOwner() }
    ownership.withLock { $0 = next }
  }

  private func look(
    at account: BatchAccount, of batch: BatchID, with client: DataForestClient, isLate: Bool,
    _ known: inout [String: Known]
  ) async throws {
    time.advance(by: isLate ? Self.settleDelay + .seconds(1) : .seconds(1))
    let asked = time.moment()
    let answer = await client.list(account: Self.account) { [queue] in try queue.names(in: account.scope) }
    guard case .listed(let items, let isWhole, let skew, _) = answer else { return }
    let (isReallyWhole, reply) = world.withLock { ($0.isLastListWhole, $0.lastReply) }
    #expect(!isWhole || isReallyWhole, "\(reply?.name ?? "") was taken for a whole list")
    let list = RemoteList(items: items, isWhole: isWhole, asked: asked, clockSkew: skew)
    _ = try await queue.reconcile(list, in: account.scope, of: batch, by: rules) { client.isMade($0, from: $1) }
    guard isWhole else { return }
    for (name, one) in known where one.unknownSince.map({ asked.wall - $0 >= Self.settleDelay }) ?? false {
      known[name]?.unknownSince = nil
    }
  }

  // MARK: - The judge

  private func judge(_ batch: BatchID, _ known: [String: Known]) throws {
    let made = world.withLock { $0.made }
    try queue.forEachRow(of: batch) { row in
      let item = try #require(row.item)
      let told = known[item.name] ?? Known()
      switch (item.state, item.reason) {
      case (.done, _): #expect(item.remoteID == made[item.name]?.id, "\(item.name)")
      case (.failed, .foreign):
        #expect((told.foreignCount > 1 || item.attemptCount >= 5) && made[item.name] == nil, "\(item.name)")
      case (.failed, .refused): #expect(told.refusedCount > 0 && made[item.name] == nil, "\(item.name)")
      case (.failed, .unknown): #expect(item.attemptCount >= 5 && made[item.name] == nil, "\(item.name)")
      default: Issue.record("\(item.name) is \(item.state), \(item.reason?.rawValue ?? "-"): \(item.message ?? "")")
      }
    }
  }
}

/// How much memory the process has come to hold since it was warm.
private struct MemoryWatch {
  private var base: Int?
  private var most = 0
  private var next = 200

  mutating func look(after replies: Int) {
    guard replies >= next else { return }
    next = replies + 100
    guard let status = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = status.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return }
    let size = pages * Int(getpagesize())
    base = base ?? size
    most = max(most, size)
  }

  var growth: Int { base.map { most - $0 } ?? 0 }
}
