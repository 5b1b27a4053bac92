// `rollcall adopt [NAME…]`: looks at what conflicts have found, or at what was made otherwise than the roster asks for, and
// keeps what is there. Read calls only.

import ArgumentParser
import DataForest
import DurableQueue
import Pacing
import Provisioning
import Words

struct AdoptVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adopt", abstract: "Take over what a conflict found, after a look; or look again at what differs.",
    discussion: """
      Each name is looked up at the service, and what it has there is kept: an adopted row is done, and where it is not what \
      the roster asks for, that is told. Without a name the conflicts are looked at and listed, and nothing is changed.
      --differs looks again at the rows that were made otherwise than the roster asks for.
      """)

  @Argument(help: "The names.")
  var items: [String] = []
  @Option(help: "The batch's number (the latest unless given).")
  var batch: Int64?
  @Flag(help: "Look again at the rows that differ from what was made, and keep what is there.")
  var differs = false
  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions

  mutating func run() async throws {
    let context = Context.current
    let queue = try queueOptions.openExisting(in: context)
    let batch = try BatchChoice.latest(batch, in: queue)
    let all = try differs ? queue.changedRows(of: batch.id) : queue.conflicts(of: batch.id)
    let chosen = items.isEmpty ? all : all.filter { items.contains($0.name) }
    let keeps = differs || !items.isEmpty
    let report = LookReport(
      context: context, keeps: keeps,
      retry: queueOptions.command("retry \(batch.id.rawValue) --reason conflict", in: context))
    context.machine.note(batch: batch.id.rawValue)
    context.answer(["batch": .integer(batch.id.rawValue), "isKept": .bool(keeps), "looks": .array([])])
    var isWhole = true
    if !chosen.isEmpty {
      let results = try await look(at: chosen, of: batch, in: queue, context)
      let changed =
        try keeps ? queue.store(results.compactMap { if case .found(let look) = $0 { look } else { nil } }) : []
      context.answer(["looks": .array(results.map { $0.members(unless: changed) })])
      report.tell(results, unless: changed)
      let keptCount = results.count { if case .found(let look) = $0 { !changed.contains(look) } else { false } }
      isWhole = !keeps || keptCount == chosen.count
    }
    if chosen.isEmpty, items.isEmpty {
      context.show("Batch \(batch.id.rawValue), \(batch.shortLabel): \(differs ? "nothing differs" : "no conflicts").")
    }
    func command(_ words: String) -> String { queueOptions.command(words, in: context) }
    let unknown = items.filter { name in !all.contains { $0.name == name } }
    guard unknown.isEmpty else {
      let what =
        differs
        ? "No row of batch \(batch.id.rawValue) that differs has"
        : "No conflict of batch \(batch.id.rawValue) has found something of"
      throw CommandError(
        "\(what) the name \(unknown.map(\.shown).joined(separator: ", ")).",
        hint: differs
          ? "changed.csv of the batch's report has the rows that differ; \(command("report \(batch.id.rawValue)")) writes it."
          : "\(command("adopt --batch \(batch.id.rawValue)")) lists the conflicts.", .usage)
    }
    guard isWhole else {
      throw Exit(Ending(status: .someFailed, reason: .someFailed, message: "Some rows are left as they were."))
    }
  }

  private func look(
    at targets: [LookTarget], of batch: Batch, in queue: Queue, _ context: Context
  ) async throws -> [LookResult] {
    let endpoint = try EndpointOptions.endpoint(batch.baseURL.text)
    let credentials = try CredentialSource.credentials(for: endpoint, in: context)
    let client = DataForestClient(
      .init(endpoint: endpoint, credentials: credentials, requestTimeout: .seconds(30), concurrency: 1),
      time: context.time)
    let result: Result<[LookResult], any Error>
    do {
      let calls = try ReadCalls(
        queue, baseURL: batch.baseURL, fingerprint: credentials.fingerprint, time: context.time)
      result = .success(try await ServiceLook(client: client, calls: calls, time: context.time).look(at: targets))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }
}

/// Tells what a look has found.
private struct LookReport {
  /// What was made so short a time ago may be somebody's who is at work now.
  private static let recent = Duration.seconds(3_600)

  let context: Context
  /// Whether it is kept what the service has; otherwise it was only asked for.
  let keeps: Bool
  /// The command that sends what a conflict was in the way of.
  let retry: String

  private func say(_ line: String) { keeps ? context.say(line) : context.show(line) }

  func tell(_ results: [LookResult], unless changed: [Look]) {
    var looks: [Look] = []
    for result in results {
      switch result {
      case .found(let look) where changed.contains(look):
        say("\(look.target.name)  changed meanwhile: left as it is; look again")
      case .found(let look): looks.append(look)
      case .absent(let target):
        say(
          "\(target.name)  \(target.remoteID ?? "?")  is not there any more\(keeps && target.state == .failed ? "; \(retry) sends it" : "")"
        )
      case .untold(let target, let id, let why):
        say("\(target.name)  \(id)  is there, but the service does not tell what it is (\(why)): left as it is")
      case .several(let target, let ids):
        say(
          "\(target.name)  \(ids.joined(separator: ", "))  there more than once: left alone; delete what is too much")
      }
    }
    let now = context.time.now()
    // What is done was made by us.
    let recent = looks.filter { look in
      look.target.state != .done && look.entry.createdAt.map { now - $0 < Self.recent } ?? false
    }
    for look in looks where !recent.contains(look) { say(Self.line(look)) }
    if !recent.isEmpty {
      say("Made in the last hour, perhaps by somebody who is at work now:")
      for look in recent { say(Self.line(look)) }
    }
    guard keeps else { return }
    let differing = looks.filter { $0.shown != $0.target.wanted }.count
    say(
      "\(looks.count.of("row")) kept as the service has \(looks.count == 1 ? "it" : "them")\(differing > 0 ? "; \(differing) not as the roster asks for" : "")."
    )
  }

  private static func line(_ look: Look) -> String {
    let differences = Schema.workspace.differences(made: look.shown, wanted: look.target.wanted)
    let made = look.entry.createdAt.map { "made \($0.rfc3339())" }
    let differs = differences.isEmpty ? "as the roster asks for" : differences.map(\.text).joined(separator: "; ")
    return ([look.target.name, look.entry.id] + [made, differs].compactMap(\.self)).joined(separator: "  ")
  }
}
