// `check --online`: what only the service knows. Read calls, one a second at most: the accounts, their workspaces' names,
// and the images. Creates nothing.

import BulkImport
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Synchronization
import Words

/// Compares a roster's rows with what the service reports.
struct OnlineCheck {
  /// How many issues are printed; the rest are counted.
  private static let shownCount = 20

  let check: RosterCheck
  let client: DataForestClient
  let queue: Queue?
  let context: Context

  /// What the rows ask for, each with the first line that does.
  private struct Wanted {
    var accounts: [String: Int] = [:]
    var images: [String: Int] = [:]
    var names: [String: Set<String>] = [:]
  }

  /// Prints what does not fit.
  ///
  /// - Throws: `CommandError`, when something does not fit or the service does not tell.
  func run() async throws {
    let wanted = try self.wanted()
    var issues = try await accountIssues(wanted)
    issues += try await imageIssues(wanted)
    issues += try await nameIssues(wanted)
    for issue in issues.prefix(Self.shownCount) { context.tell(issue) }
    if issues.count > Self.shownCount { context.tell("… and \(issues.count - Self.shownCount) more.") }
    guard issues.isEmpty else {
      let count = issues.count == 1 ? "1 thing does" : "\(issues.count) things do"
      throw CommandError(
        "\(count) not fit what the service has.", hint: "Mend the lines above and run the same command again.",
        .rosterIssues)
    }
    context.say("The service has these accounts and images, and none of the new names.")
  }

  private func wanted() throws -> Wanted {
    var wanted = Wanted()
    _ = try check.reader.read { row in
      guard case .accepted(let account, let name, let definition) = row.content else { return }
      wanted.names[account, default: []].insert(name)
      if wanted.accounts[account] == nil { wanted.accounts[account] = row.line }
      let image = try JSONValue(text: definition.text)[path: "configuration.docker.image"]?.stringValue
      if let image, wanted.images[image] == nil { wanted.images[image] = row.line }
    }
    return wanted
  }

  private func accountIssues(_ wanted: Wanted) async throws -> [String] {
    let accounts: [RemoteAccount] = try told(await client.accounts(), "the accounts")
    let known = Set(accounts.map(\.id))
    let list = accounts.map { "\($0.name) \($0.id)" }.joined(separator: ", ")
    return wanted.accounts.filter { !known.contains($0.key) }.sorted { $0.value < $1.value }.map { account, line in
      "\(check.shownPath):\(line): accountId: '\(account)' is none of the accounts of these credentials: "
        + (list.isEmpty ? "there are none" : list)
    }
  }

  private func imageIssues(_ wanted: Wanted) async throws -> [String] {
    var known: Set<String> = []
    for type in ["tensorflow", "pytorch"] {
      await context.pause(.seconds(1))
      known.formUnion(try told(await client.images(of: type), "the images").map(Self.plain))
    }
    return wanted.images.filter { !known.contains(Self.plain($0.key)) }.sorted { $0.value < $1.value }.map {
      image, line in
      "\(check.shownPath):\(line): image: the service has no '\(image)': it has \(known.sorted().joined(separator: ", "))"
    }
  }

  /// An image with or without the service's own prefix is one image.
  private static func plain(_ image: String) -> String {
    image.hasPrefix("dataforest/") ? String(image.dropFirst("dataforest/".count)) : image
  }

  /// New names that somebody has taken: each would be a conflict.
  private func nameIssues(_ wanted: Wanted) async throws -> [String] {
    var taken: [String: [String: String]] = [:]
    for (account, names) in wanted.names.sorted(by: { $0.key < $1.key }) {
      await context.pause(.seconds(1))
      switch await client.list(account: account, naming: names) {
      case .listed(let items, let isWhole, _, _):
        if !isWhole { context.tell("warning: " + ForeignWords.neverWhole(account)) }
        taken[account] = Dictionary(items.map { ($0.name, $0.id) }) { first, _ in first }
      case .failed(let outcome) where outcome.kind == .accountRefused || outcome.kind == .refused: continue
      case .failed(let outcome): throw failure(outcome, "the workspaces of \(account)")
      }
    }
    let known = try knownNames()
    var issues: [String] = []
    _ = try check.reader.read { row in
      guard case .accepted(let account, let name, _) = row.content, let id = taken[account]?[name],
        !known.contains("\(account) \(name)")
      else { return }
      issues.append(
        "\(check.shownPath):\(row.line): name: '\(name)' is there already as \(id), and not from this queue: choose "
          + "another, or take it over with run --adopt-existing")
    }
    return issues
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

  private func told<Value>(_ reply: ReadReply<Value>, _ what: String) throws -> Value {
    switch reply {
    case .told(let value, _): return value
    case .failed(let outcome): throw failure(outcome, what)
    }
  }

  private func failure(_ outcome: Outcome, _ what: String) -> CommandError {
    let reason = Reason(outcome.kind)?.displayTextWhileWaiting ?? outcome.kind.rawValue
    return CommandError(
      "The service does not tell \(what): \(reason)\(outcome.message.map { " (\($0))" } ?? "").",
      hint: "`rollcall doctor` looks at everything; without --online the roster alone is checked.",
      outcome.kind.haltsRun ? .personNeeded : .paused)
  }
}

extension Context {
  /// Waits by the command's own time.
  func pause(_ duration: Duration) async {
    let held = Mutex<(any Alarm)?>(nil)
    await withCheckedContinuation { continuation in
      let alarm = time.alarm(at: time.now() + duration) { continuation.resume() }
      held.withLock { $0 = alarm }
    }
    withExtendedLifetime(held) {}
  }
}
