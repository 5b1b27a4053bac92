// `check --online`: what only the service knows, by read calls, one a second at most. Creates nothing.

import BulkImport
import DataForest
import DurableQueue
import Pacing
import Provisioning
import Words

/// What a roster's rows ask for, each with the first line that does.
struct WantedThings {
  fileprivate private(set) var accounts: [String: Int] = [:]
  fileprivate private(set) var images: [String: Int] = [:]
  /// By account.
  fileprivate private(set) var names: [String: [String: Int]] = [:]

  mutating func note(_ row: NewRow) throws {
    guard case .item(let account, let name, let definition) = row.content else { return }
    names[account, default: [:]][name] = row.line
    if accounts[account] == nil { accounts[account] = row.line }
    let image = try JSONValue(text: definition.text)[path: "configuration.docker.image"]?.stringValue
    if let image, images[image] == nil { images[image] = row.line }
  }
}

/// Compares what a roster asks for with what the service reports.
struct OnlineCheck {
  /// How many issues are printed; the rest are counted.
  private static let shownCount = 20

  let check: RosterCheck
  let wanted: WantedThings
  let client: DataForestClient
  /// A check stores nothing, not even in the queue that it takes permits.
  private var calls: ReadCalls { ReadCalls(time: context.time) }
  let queue: Queue?
  let context: Context

  /// Prints what does not fit, and ends the command when something does not or the service does not tell.
  func run() async throws {
    let issues = try await accountIssues() + imageIssues() + nameIssues()
    context.answer(["serviceIssues": .texts(issues)])
    for issue in issues.prefix(Self.shownCount) { context.tell(issue, as: .issue) }
    if issues.count > Self.shownCount { context.tell("… and \(issues.count - Self.shownCount) more.") }
    guard issues.isEmpty else {
      let count = issues.count == 1 ? "1 thing does" : "\(issues.count) things do"
      throw CommandError(
        "\(count) not fit what the service has.", hint: "Mend the lines above and run the same command again.",
        .rosterIssues)
    }
    context.say("The service has these accounts and images, and none of the new names.")
  }

  private func accountIssues() async throws -> [String] {
    let accounts: [RemoteAccount] = try await told("the accounts") { await client.accounts() }
    let known = Set(accounts.map(\.id))
    let list = accounts.map { "\($0.name) \($0.id)" }.joined(separator: ", ")
    return wanted.accounts.filter { !known.contains($0.key) }.sorted { $0.value < $1.value }.map { account, line in
      "\(check.planName):\(line): accountId: '\(account)' is none of the accounts of these credentials: "
        + (list.isEmpty ? "there are none" : list)
    }
  }

  private func imageIssues() async throws -> [String] {
    var known: Set<String> = []
    for type in ["tensorflow", "pytorch"] {
      known.formUnion(try await told("the images") { await client.images(of: type) }.map(Self.plain))
    }
    return wanted.images.filter { !known.contains(Self.plain($0.key)) }.sorted { $0.value < $1.value }.map {
      image, line in
      "\(check.planName):\(line): image: the service has no '\(image)': it has \(known.sorted().joined(separator: ", "))"
    }
  }

  /// An image with or without the service's own prefix is one image.
  private static func plain(_ image: String) -> String {
    image.hasPrefix("dataforest/") ? String(image.dropFirst("dataforest/".count)) : image
  }

  /// New names that somebody has taken: each would be a conflict.
  private func nameIssues() async throws -> [String] {
    let known = try knownNames()
    var issues: [(line: Int, text: String)] = []
    for (account, lines) in wanted.names.sorted(by: { $0.key < $1.key }) {
      let reply: Result<(items: [RemoteItem], isWhole: Bool), ReadFailure> = try await calls.ask {
        switch await client.list(account: account, naming: { Set(lines.keys) }) {
        case .listed(let items, let isWhole, _, _): return .success((items, isWhole))
        case .failed(let outcome): return .failure(ReadFailure(outcome))
        }
      }
      switch reply {
      case .success((let items, let isWhole)):
        if !isWhole { context.tell("warning: " + ForeignWords.neverWhole(account)) }
        let ids = Dictionary(items.map { ($0.name, $0.id) }) { first, _ in first }
        for (name, line) in lines where !known.contains("\(account) \(name)") {
          guard let id = ids[name] else { continue }
          issues.append(
            (
              line,
              "\(check.planName):\(line): name: '\(name)' is there already as \(id), and not from this queue: choose "
                + "another, or take it over with run --adopt-existing"
            ))
        }
      case .failure(let lost) where lost.outcome.kind == .accountRefused || lost.outcome.kind == .refused: continue
      case .failure(let lost): throw failure(lost.outcome, "the workspaces of \(account)")
      }
    }
    return issues.sorted { $0.line < $1.line }.map(\.text)
  }

  /// The names that this queue has sent something for; what they found is their own.
  private func knownNames() throws -> Set<String> {
    var known: Set<String> = []
    guard let queue else { return known }
    for batch in try queue.batches() where batch.baseURL == check.endpoint.baseURL {
      try queue.forEachRow(of: batch.id) { row in
        if let item = row.item, item.attemptCount > 0 || item.state == .done {
          known.insert("\(item.account) \(item.name)")
        }
      }
    }
    return known
  }

  private func told<Value>(_ what: String, _ call: () async -> ReadReply<Value>) async throws -> Value {
    let reply: Result<Value, ReadFailure> = try await calls.ask {
      switch await call() {
      case .told(let value, _): return .success(value)
      case .failed(let outcome): return .failure(ReadFailure(outcome))
      }
    }
    switch reply {
    case .success(let value): return value
    case .failure(let lost): throw failure(lost.outcome, what)
    }
  }

  private func failure(_ outcome: Outcome, _ what: String) -> CommandError {
    CommandError(
      "The service does not tell \(what): \(outcome.text).",
      hint: "`rollcall doctor` looks at everything; without --online the roster alone is checked.",
      outcome.kind.haltsRun ? .personNeeded : .paused)
  }
}

extension Outcome {
  /// Why there is no answer, and the service's message.
  var text: String {
    let reason = Reason(kind)?.displayTextWhileWaiting ?? kind.rawValue
    return "\(reason)\(message.map { " (\($0))" } ?? "")"
  }
}
