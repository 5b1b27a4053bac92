// `rollcall doctor`: is all well? Sends read calls only, one a second.

import ArgumentParser
import DataForest
import DurableQueue
import Pacing
import Provisioning
import Words

struct DoctorVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "See whether all is well: queue, endpoint, credentials, clock, accounts, images.",
    discussion: "Sends read calls only. Ends with 0 when all is well, else with 6.")

  @OptionGroup var output: OutputOptions
  @OptionGroup var queueOptions: QueueOptions
  @OptionGroup var endpointOptions: EndpointOptions

  mutating func run() async throws {
    let context = Context.current
    let report = Report(context: context)
    if let file = context.settings?.file { report.good("config", "\(file); see `rollcall config`") }
    try checkQueue(report, context)
    let endpoint = try endpointOptions.chosen(in: context)
    report.good("endpoint", endpoint.baseURL.text)
    report.checkKeyFile()
    guard let credentials = report.credentials(for: endpoint) else { throw Exit(report.ending) }
    try checkWait(of: endpoint, credentials, report, context)
    let client = DataForestClient(
      .init(endpoint: endpoint, credentials: credentials, requestTimeout: .seconds(30), concurrency: 1),
      time: context.time)
    await checkService(client, report, context)
    try await client.shutdown()
    if !report.isWell { throw Exit(report.ending) }
  }

  // MARK: - The queue

  private func checkQueue(_ report: Report, _ context: Context) throws {
    let path = try queueOptions.path(in: context)
    let queue: Queue
    do {
      guard let found = try queueOptions.openIfExists(in: context, lockWait: .seconds(5)) else {
        report.good("queue", "\(path) does not exist yet; the first import makes it")
        return
      }
      queue = found
    } catch let error as QueueError {
      report.bad("queue", error.description, error.hint ?? "")
      return
    }
    let health = try queue.health()
    if health.problems.isEmpty {
      report.good("queue", "\(queue.path), \(Self.size(health.byteCount)), tables number \(health.schema)")
    } else {
      report.bad(
        "queue", "\(queue.path) is damaged: \(health.problems[0])", "Keep a copy, and try `sqlite3 FILE .recover`.")
    }
    if let name = health.networkName {
      report.bad("disk", "the queue is on \(name), where it could be damaged", "Name a file on a disk of this machine.")
    } else if let free = health.freeByteCount {
      if free < 200_000_000 {
        report.bad("disk", "only \(Self.size(free)) are free", "Free some; a million rows take about 600 MB.")
      } else {
        report.good("disk", "\(Self.size(free)) free")
      }
    }
    if health.isReadableByOthers {
      report.bad(
        "access", "others may read the queue, which holds people's names", "chmod 600 \(queue.path.shellQuoted)")
    } else {
      report.good("access", "readable by its owner alone")
    }
    // What is damaged was told; the rest of the look goes on.
    if health.problems.isEmpty { try checkBatches(queue, report) }
  }

  private func checkBatches(_ queue: Queue, _ report: Report) throws {
    let unfinished = try queue.batches().filter { try queue.tally(of: $0.id).unfinishedCount > 0 }
    report.good(
      "batches",
      unfinished.isEmpty
        ? "none unfinished" : "\(unfinished.count) unfinished; see \(queueOptions.command("list", in: .current))")
    for owner in try queue.processesAtWork() where owner.isStopped {
      report.bad(
        "process", "process \(owner.process) is stopped and keeps what it holds",
        "`kill -CONT \(owner.process)` or `kill \(owner.process)`")
    }
  }

  /// What the key waits for: no fault, but what a person looks for who asks why nothing is sent.
  private func checkWait(
    of endpoint: Endpoint, _ credentials: Credentials, _ report: Report, _ context: Context
  ) throws {
    // A queue that cannot be opened was told of.
    guard case .success(let queue?) = Result(catching: { try queueOptions.openIfExists(in: context) }) else { return }
    let (baseURL, fingerprint) = (endpoint.baseURL, credentials.fingerprint)
    do {
      if let wait = try queue.waits(baseURL: baseURL, fingerprint: fingerprint).first {
        report.good("wait", "until \(wait.until.rfc3339()): \(wait.text); `--ignore-wait` tries at once")
      } else if let last = try queue.lastWait(baseURL: baseURL, fingerprint: fingerprint) {
        report.good("wait", "none now; the last one was to last until \(last.until.rfc3339()): \(last.text)")
      } else {
        report.good("wait", "none")
      }
      for gate in try queue.limitGates(baseURL: baseURL, fingerprint: fingerprint) {
        report.good("limit", "\(gate.limit.text) lets the next request start at \(gate.next.rfc3339())")
      }
      for hold in try queue.holds(baseURL: baseURL) {
        report.good("hold", "account \(hold.account): \(hold.text); a run tries it again")
      }
    } catch let error as QueueError where error.code == .corrupt {
      report.bad("wait", error.description, error.hint ?? "")
    }
    try queue.close()
  }

  private static func size(_ count: Int64) -> String {
    count < 1_000_000
      ? "\(count / 1_000) kB" : count < 10_000_000_000 ? "\(count / 1_000_000) MB" : "\(count / 1_000_000_000) GB"
  }

  // MARK: - The service

  private func checkService(_ client: DataForestClient, _ report: Report, _ context: Context) async {
    switch await client.accounts() {
    case .failed(let outcome):
      report.bad("service", outcome.text, Self.remedy(outcome))
      if let skew = outcome.clockSkew { report.bad("clock", ClockWords.difference(skew), ClockWords.remedy + ".") }
      return
    case .told(let accounts, let skew):
      report.good("credentials", "accepted")
      if let skew, abs(skew.microseconds) > 60_000_000 {
        report.bad("clock", ClockWords.difference(skew), ClockWords.remedy + ".")
      } else {
        report.good("clock", skew == nil ? "the service does not say its time" : "within a minute of the service's")
      }
      if accounts.isEmpty { report.bad("accounts", "there are none", "Make an account in the Data Forest console.") }
      for account in accounts {
        let status = account.status ?? "?"
        if status == "RUNNING" || status == "ACCEPTED" {
          report.good("account", "\(account.name)  \(account.id)")
        } else {
          report.bad("account", "\(account.name)  \(account.id) is \(status)", "Wait until it runs.")
        }
      }
    }
    for type in ["tensorflow", "pytorch"] {
      await context.time.wait(.seconds(1))
      switch await client.images(of: type) {
      case .told(let images, _): report.good("images", images.isEmpty ? "no \(type)" : images.joined(separator: ", "))
      case .failed(let outcome): report.bad("images", outcome.text, Self.remedy(outcome))
      }
    }
  }

  private static func remedy(_ outcome: Outcome) -> String {
    switch outcome.kind {
    case _ where outcome.clockSkew != nil: "Set the clock first."
    case .foreign: ForeignWords.remedy + "."
    case .denied: "Check the credentials; keys are made in the console under 마이페이지 > 인증키 관리."
    case .unreachable: "Check the endpoint and the network."
    case .misdirected where outcome.status == nil: Closing.untrustedHint
    case .misdirected: "Check the endpoint; redirects are never followed."
    case .notOffered: "This account's Data Forest does not offer AI workspaces."
    default: "Try again later."
    }
  }
}

/// The lines of a look at everything.
private final class Report {
  private let context: Context
  private var checks: [JSONValue] = []
  private var problems: [String] = []

  init(context: Context) { self.context = context }

  var isWell: Bool { problems.isEmpty }

  /// How the command ends where not all is well.
  var ending: Ending {
    Ending(
      status: .personNeeded, reason: .personNeeded, message: "Not all is well: \(problems.joined(separator: "; ")).",
      hint: "See to it, then look again with `rollcall doctor`.")
  }

  func good(_ what: String, _ text: String) { say("ok  ", what, text) }

  func bad(_ what: String, _ text: String, _ remedy: String, more: [String] = []) {
    problems.append("\(what): \(text)")
    say("bad ", what, text, remedy: remedy, more: more)
  }

  private func say(_ mark: String, _ what: String, _ text: String, remedy: String = "", more: [String] = []) {
    let isGood = mark.hasPrefix("ok")
    let whole = ([remedy] + more).filter { !$0.isEmpty }.joined(separator: "\n")
    let members: [String: JSONValue?] = [
      "check": .string(what), "isWell": .bool(isGood), "text": .string(text),
      "remedy": whole.isEmpty ? nil : .string(whole),
    ]
    checks.append(.members(members))
    context.answer(["checks": .array(checks)])
    let line = "\(mark) \(what)\(String(repeating: " ", count: max(1, 12 - what.count)))\(text)"
    context.say(
      lines: [line] + (remedy.isEmpty ? [] : ["      -> \(remedy)"]) + more, as: isGood ? .note : .warning,
      members.compactMapValues(\.self))
  }

  /// Whether anybody else can read the file with the keys, or put another one in its place.
  func checkKeyFile() {
    do {
      guard let home = try context.home(), let findings = try KeyFileCheck.findings(home: home) else { return }
      for finding in findings { bad("key file", finding.problem, finding.remedy) }
      if findings.isEmpty { good("key file", "\(home)/.ncloud/configure is readable by its owner alone") }
    } catch {
      // What stands in the way of reading it is said where the credentials are read.
    }
  }

  func credentials(for endpoint: Endpoint) -> Credentials? {
    do {
      return try CredentialSource.credentials(for: endpoint, in: context)
    } catch let problem as CommandError {
      bad("credentials", problem.message, problem.hint ?? "", more: problem.more)
    } catch {
      bad("credentials", "\(error)", "")
    }
    return nil
  }
}
