// The program behind `scripts/bench`: times one part of the product and prints one line, so that peers in other
// languages run beside it the same way.
//
//   rollcall-bench queue [--items N] [--concurrency N] [--claim N]
//     N items of 600 B definitions, imported beforehand; tasks that each settle one item at a time, at FULL, until none
//     is left. They are handed out as the pool does it: claimed up to --claim at once (as many as there are tasks unless
//     given; 1 makes every task claim for itself). Time runs from the first claim to the last settle.
//   rollcall-bench client FILE --endpoint ADDRESS [--concurrency N]
//     The client alone, without a queue and rules: sends the definitions of FILE, one a line, N at once; the ceiling of
//     `scripts/bench drain`.
//   rollcall-bench storm --executable FILE --folder DIR [--rows N] [--kills N] [--workers N] [--seed N] [--rate N]
//     [--accept-duplicates]
//     The real command with its workers killed at random; see `scripts/storm`. Ends with 1 if a promise did not hold.
//   rollcall-bench every-call --executable FILE --folder DIR [--every N] [--only CALL [--at N]] [--lanes N]
//     [--library FILE]
//     The first import and the first run are killed at every call that changes something; see `scripts/storm`. Ends with 1
//     if a promise did not hold.

import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import SQLiteStore
import Storm

@main
enum Bench {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "storm" { return storm(arguments) }
    if arguments.first == "every-call" { return everyCall(arguments) }
    if arguments.first == "client" { return try await client(arguments) }
    guard arguments.first == "queue" else {
      let usage = "usage: rollcall-bench queue [--items N] [--concurrency N] [--claim N], client, storm, every-call\n"
      FileHandle.standardError.write(Data(usage.utf8))
      exit(2)
    }
    let itemCount = value(of: "--items", in: arguments) ?? 20_000
    let concurrency = value(of: "--concurrency", in: arguments) ?? 64
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { _ = Result { try FileManager.default.removeItem(at: folder) } }
    let claimSize = value(of: "--claim", in: arguments) ?? concurrency
    let perSecond = try await claimAndSettle(itemCount, concurrency, claimSize, in: folder.path)
    print(
      "rollcall claim+settle: \(Int(perSecond)) items/s (\(itemCount) items, \(concurrency) tasks, "
        + "\(claimSize) a claim)")
  }

  private static func client(_ arguments: [String]) async throws {
    guard arguments.count > 1, let address = text(of: "--endpoint", in: arguments) else {
      FileHandle.standardError.write(Data("rollcall-bench client needs a file and --endpoint.\n".utf8))
      exit(2)
    }
    let lines = try String(contentsOfFile: arguments[1], encoding: .utf8).split(separator: "\n").map(String.init)
    let concurrency = value(of: "--concurrency", in: arguments) ?? 64
    let madeCount = try await BareClient(lines, endpoint: Endpoint(address), concurrency: concurrency).run()
    print("\(madeCount) of \(lines.count) made")
  }

  private static func storm(_ arguments: [String]) {
    guard let executable = text(of: "--executable", in: arguments), let folder = text(of: "--folder", in: arguments)
    else {
      FileHandle.standardError.write(Data("rollcall-bench storm needs --executable and --folder.\n".utf8))
      exit(2)
    }
    var storm = Storm(executable: executable, folder: folder)
    storm.rowCount = value(of: "--rows", in: arguments) ?? storm.rowCount
    storm.killCount = value(of: "--kills", in: arguments) ?? storm.killCount
    storm.workerCount = value(of: "--workers", in: arguments) ?? storm.workerCount
    storm.seed = value(of: "--seed", in: arguments) ?? storm.seed
    storm.rate = value(of: "--rate", in: arguments) ?? storm.rate
    storm.acceptsDuplicates = arguments.contains("--accept-duplicates")
    let result = storm.run()
    print(result)
    exit(result.failure == nil ? 0 : 1)
  }

  private static func everyCall(_ arguments: [String]) {
    guard let executable = text(of: "--executable", in: arguments), let folder = text(of: "--folder", in: arguments)
    else {
      FileHandle.standardError.write(Data("rollcall-bench every-call needs --executable and --folder.\n".utf8))
      exit(2)
    }
    var kills = EveryCall(executable: executable, folder: folder)
    kills.every = max(1, value(of: "--every", in: arguments) ?? kills.every)
    kills.only = text(of: "--only", in: arguments)
    kills.number = value(of: "--at", in: arguments)
    kills.library = text(of: "--library", in: arguments)
    kills.laneCount = value(of: "--lanes", in: arguments) ?? ProcessInfo.processInfo.activeProcessorCount
    let result = kills.run { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
    print(result)
    exit(result.failures.isEmpty ? 0 : 1)
  }

  private static func text(of option: String, in arguments: [String]) -> String? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
    return arguments[index + 1]
  }

  private static func value(of option: String, in arguments: [String]) -> Int? {
    guard let index = arguments.firstIndex(of: option), index + 1 < arguments.count else { return nil }
    return Int(arguments[index + 1])
  }

  private static let baseURL: BaseURL = {
    let address = "https://example.com"
    guard let url = BaseURL(address) else { preconditionFailure("the address is written right") }
    return url
  }()

  private static func claimAndSettle(
    _ itemCount: Int, _ concurrency: Int, _ claimSize: Int, in folder: String
  ) async throws -> Double {
    let queue = try Queue(path: folder + "/rollcall.db", time: SystemTimeSource())
    let scope = try queue.keyScope(baseURL: baseURL, fingerprint: "0123456789ab")
    guard let rate = Rate("1000000/s") else { preconditionFailure("the rate is written right") }
    try queue.setLimit(Quota(rate: rate, burst: 1_000_000), source: .flag, of: scope)
    let batch = try importItems(itemCount, into: queue)
    let owner = try queue.becomeOwner()
    let source = LeaseSource(size: claimSize) { size in
      try await queue.claim(
        upTo: size, of: batch, for: owner.id, with: scope, within: .zero, under: .standard
      ).leases
    }
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<concurrency {
        group.addTask { try await work(queue, claimSize == 1 ? source.claimForOne : source.next) }
      }
      try await group.waitForAll()
    }
    let elapsed = (ContinuousClock.now - start).seconds
    let tally = try queue.tally(of: batch)
    precondition(tally[.done] == itemCount, "every item is done")
    return Double(itemCount) / elapsed
  }

  private static func work(_ queue: Queue, _ next: () async throws -> Lease?) async throws {
    while let lease = try await next() {
      let outcome = Outcome(.made, remoteID: lease.name, status: 200)
      _ = try await queue.settle(Answer(lease: lease.handle, outcome: outcome, latency: .zero))
    }
  }

  private static func importItems(_ count: Int, into queue: Queue) throws -> BatchID {
    let new = NewBatch(
      label: "bench", target: "dataforest", baseURL: baseURL,
      columns: ["name"], digest: "bench")
    let padding = String(repeating: "x", count: 560)
    let base = Definition.Base(text: Array("{\"name\":\"\",\"padding\":\"\(padding)\"}".utf8), nameAt: 9)
    let spool = RowSpool()
    for index in 1...count {
      let name = "n\(index)"
      let content = NewRow.Content.item(account: "acc", name: name, definition: Definition(base: base, name: name))
      try spool.append(NewRow(ordinal: index, line: index + 1, cells: [name], content: content))
    }
    let result = try queue.importBatch(new, spool.rows)
    guard let result else { preconditionFailure("the import was not declined") }
    return result.batch
  }
}

/// Hands out leases one by one, claiming the next ones when none is left; whoever comes meanwhile waits for that claim.
private actor LeaseSource {
  private let size: Int
  private let claim: @Sendable (Int) async throws -> [Lease]
  private var leases: [Lease] = []
  private var isEmpty = false
  private var underWay: Task<Void, any Error>?

  init(size: Int, claim: @escaping @Sendable (Int) async throws -> [Lease]) {
    self.size = size
    self.claim = claim
  }

  func next() async throws -> Lease? {
    while leases.isEmpty, !isEmpty {
      let claiming = underWay ?? Task { try await claimMore() }
      underWay = claiming
      try await claiming.value
    }
    return leases.popLast()
  }

  private func claimMore() async throws {
    leases = try await claim(size).reversed()
    isEmpty = leases.isEmpty
    underWay = nil
  }

  nonisolated func claimForOne() async throws -> Lease? { try await claim(1).first }
}
