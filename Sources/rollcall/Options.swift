// The options that several verbs share, and what their texts mean.

import ArgumentParser
import DataForest
import DurableQueue
import Files
import Foundation
import Pacing
import Provisioning
import Reporter
import SQLiteStore
import Words
import WorkerPool

/// Where the queue is.
struct QueueOptions: ParsableArguments {
  @Option(name: .customLong("db"), help: "The queue's file (or ROLLCALL_DB).", completion: .file())
  var database: String?
  @Option(help: "The profile of the configuration file that counts (or ROLLCALL_PROFILE).")
  var profile: String?
  @Flag(name: .customLong("force-db"), help: "Use a queue on a network file system all the same.")
  var forcesDatabase = false

  /// The file's path: the option, what is configured, or the default under the state folder, which must be named whole:
  /// another folder to stand in would be another queue.
  func path(in context: Context) throws -> String { try Self.path(database, in: context) }

  /// - Parameter typed: what the command line says.
  static func path(_ typed: String? = nil, in context: Context) throws -> String {
    if let given = typed ?? context.setting(.database)?.text, !given.isEmpty {
      if given.hasPrefix("~/"), try context.home() == nil { throw homeless }
      return context.absolute(given)
    }
    if let state = context.environment["XDG_STATE_HOME"], !state.isEmpty {
      return try Context.whole(state, "XDG_STATE_HOME") + "/rollcall/rollcall.db"
    }
    if let home = try context.home() { return home + "/.local/state/rollcall/rollcall.db" }
    throw homeless
  }

  private static let homeless = CommandError(
    "There is no home folder to keep the queue in.", hint: "Name its file with --db FILE or ROLLCALL_DB.", .usage)

  /// A command about the same queue, for a hint: what names the queue on this command line is needed again.
  func command(_ words: String, in context: Context) -> String {
    "`\((["rollcall", words] + self.words(in: context).map(\.shellQuoted)).joined(separator: " "))`"
  }

  /// The options that name the queue on this command line.
  func words(in context: Context) -> [String] {
    var options: [String] = []
    if let database, !database.isEmpty { options += ["--db", context.absolute(database)] }
    if let profile { options += ["--profile", profile] }
    if forcesDatabase { options.append("--force-db") }
    return options
  }

  /// Opens the queue, making it if need be.
  func open(in context: Context, lockWait: Duration = Queue.standardLockWait) throws -> Queue {
    let path = try path(in: context)
    return try Queue(path: path, time: context.time, lockWait: lockWait, allowsNetwork: forcesDatabase) {
      context.tell("Checking the queue \(path), because the last process that wrote to it was killed.")
    }
  }

  /// Opens the queue if its file exists; it is an error where that may not be seen.
  func openIfExists(in context: Context, lockWait: Duration = Queue.standardLockWait) throws -> Queue? {
    try Queue.exists(at: path(in: context)) ? open(in: context, lockWait: lockWait) : nil
  }
}

/// Where the service is.
struct EndpointOptions: ParsableArguments {
  @Option(name: .customLong("endpoint"), help: "The service's address (or ROLLCALL_ENDPOINT).")
  var endpoint: String?

  /// The one that the command line names.
  func typed() throws -> Endpoint? {
    guard let endpoint, !endpoint.isEmpty else { return nil }
    return try Self.endpoint(endpoint)
  }

  /// The endpoint of a run that nobody has named one for before.
  func chosen(in context: Context) throws -> Endpoint {
    try typed() ?? Self.endpoint(context.setting(.endpoint)?.text ?? Endpoint.service)
  }

  static func endpoint(_ text: String) throws -> Endpoint {
    do {
      return try Endpoint(text)
    } catch {
      throw CommandError(error.description, .usage)
    }
  }
}

/// How fast, how many at once, how long.
struct PaceOptions: ParsableArguments {
  private static let standardTimeout = Span(.seconds(30), "30s")
  private static let standardAttempts = 5
  private static let standardWait = Span(.seconds(600), "10m")

  @Option(
    help: """
      The most requests a period: N/s, N/m, N/h or N/day; may be repeated, all hold. For all runs with this key from now \
      on; auto forgets it, what was learned and what is waited for, and learns anew (or ROLLCALL_RATE).
      """, transform: RateOption.read)
  var rate: [RateOption] = []
  @Option(help: "How many requests may start together (with --rate; 2 unless given; or ROLLCALL_BURST).")
  var burst: Int?
  @Option(
    help: "Requests on the wire at once (4, and more where the pace needs it, unless given; or ROLLCALL_CONCURRENCY).")
  var concurrency: Int?
  @Option(help: "How long a request may take (30s unless given).", transform: Span.read)
  var requestTimeout = Self.standardTimeout
  @Option(
    help: "How late a create can land; what is in doubt is not sent again before (60s or the request timeout).",
    transform: Span.read)
  var settleDelay: Span?
  @Flag(help: "Take over what the service already has under a roster's name, instead of a conflict.")
  var adoptExisting = false
  @Option(help: "How often a row is sent at most before it has failed.")
  var maxAttempts = Self.standardAttempts
  @Flag(help: "Try now, whatever an earlier answer has asked everything with this key to wait for.")
  var ignoreWait = false
  @Option(help: "A longer wait than this ends the run; it can be resumed (10m unless given).", transform: Span.read)
  var maxWait = Self.standardWait
  @Option(
    help: "End for a person's look after so many failed rows: a number, or 3% of the batch (at least 5).",
    transform: HaltAfter.read)
  var haltAfter: HaltAfter?
  @Option(help: "End at the next HH:MM, by this machine's clock.", transform: TimeOfDay.read)
  var deadline: TimeOfDay?
  @Option(
    help: "How long requests in flight may take to finish after the first interrupt (25s unless given).",
    transform: Span.read)
  var drainTimeout = Span(.seconds(25), "25s")

  func validate() throws {
    if let burst, !SettingForm.bursts.contains(burst) { throw ValidationError("--burst must be 1 to 100000.") }
    if paceRate == nil, burst != nil { throw ValidationError("--burst goes with --rate N/s or N/m.") }
    if paceRate == nil, rate.isEmpty, let burst = Context.current.setting(.burst) {
      throw ValidationError("\(burst.name) goes with a rate of N/s or N/m.")
    }
    if rate.count > 1, rate.contains(.auto) { throw ValidationError("--rate auto goes alone.") }
    if !Self.fitTogether(rate.compactMap(\.rate)) {
      throw ValidationError("--rate takes one of N/s and N/m, one N/h and one N/day.")
    }
    guard SettingForm.concurrencies.contains(concurrency ?? 1) else {
      throw ValidationError("--concurrency must be 1 to 1024.")
    }
    guard maxAttempts >= 1 else { throw ValidationError("--max-attempts must be at least 1.") }
    if let settleDelay, settleDelay.duration < requestTimeout.duration {
      throw ValidationError("--settle-delay must not be shorter than --request-timeout.")
    }
    guard requestTimeout.duration > .zero else { throw ValidationError("--request-timeout must be more than 0.") }
  }

  /// Whether these can hold together: one of a second or a minute, one of an hour and one of a day.
  static func fitTogether(_ rates: [Rate]) -> Bool {
    let periods = rates.map { Window($0) == nil ? "short" : $0.period.rawValue }
    return Set(periods).count == periods.count
  }

  /// The rates that hold: those of the command line, or those that are configured.
  private var rates: [Rate] {
    rate.isEmpty ? (Context.current.setting(.rate)?.texts ?? []).compactMap { Rate($0) } : rate.compactMap(\.rate)
  }
  private var paceRate: Rate? { rates.first { Window($0) == nil } }
  private var windows: [Window] { rates.compactMap(Window.init) }
  private var chosenBurst: Int { burst ?? Self.number(.burst) ?? 2 }
  /// How many requests are to be on the wire at once; nil where nobody has said.
  var chosenConcurrency: Int? { concurrency ?? Self.number(.concurrency) }

  private static func number(_ key: SettingKey) -> Int? { Context.current.setting(key).flatMap { Int($0.text) } }

  /// The limit that will hold instead of what is known now, as far as that can be told beforehand.
  func limit(insteadOf known: Limit) -> Limit {
    if forgetsAll { return .standard }
    if rates.isEmpty { return known }
    if let paceRate { return Limit(quota: Quota(rate: paceRate, burst: chosenBurst, windows: windows), source: .flag) }
    var limit = known.source == .flag ? .standard : known
    limit.quota.windows = windows
    return limit
  }

  /// Whether what is known of the key is forgotten: its limit, what was learned, and what it waits for.
  var forgetsAll: Bool { rate.contains(.auto) }

  var limitRequest: LimitRequest {
    if let paceRate { return .quota(Quota(rate: paceRate, burst: chosenBurst, windows: windows)) }
    return rate.isEmpty && rates.isEmpty ? .none : .windows(windows)
  }

  /// The options that the next command for the same rows needs too: without them it would judge sooner, or otherwise, what
  /// this run has left.
  var optionsThatMatter: [String] {
    var words: [String] = []
    if requestTimeout.duration != Self.standardTimeout.duration {
      words += ["--request-timeout", requestTimeout.text]
    }
    if let settleDelay { words += ["--settle-delay", settleDelay.text] }
    if maxAttempts != Self.standardAttempts { words += ["--max-attempts", "\(maxAttempts)"] }
    if adoptExisting { words.append("--adopt-existing") }
    if maxWait.duration != Self.standardWait.duration { words += ["--max-wait", maxWait.text] }
    if let haltAfter { words += ["--halt-after", haltAfter.text] }
    if let concurrency { words += ["--concurrency", "\(concurrency)"] }
    return words
  }

  var connectionCount: Int { min(chosenConcurrency ?? Rules.mostConcurrency, DescriptorCheck.mostConnections) }

  /// The rules of a run of a batch of so many rows.
  func rules(rowCount: Int, at now: Instant) -> Rules {
    let delay = settleDelay?.duration ?? max(.seconds(60), requestTimeout.duration)
    var rules = Rules(
      concurrency: min(chosenConcurrency ?? 4, DescriptorCheck.mostConnections), maxWait: maxWait.duration,
      drainTimeout: drainTimeout.duration,
      reconcile: ReconcileRules(settleDelay: delay, maxAttempts: maxAttempts, adoptsExisting: adoptExisting))
    rules.requestTimeout = requestTimeout.duration
    rules.adaptsConcurrency = chosenConcurrency == nil && connectionCount == Rules.mostConcurrency
    rules.haltAfter = haltAfter?.count(of: rowCount)
    rules.deadline = deadline?.next(after: now).instant
    return rules
  }
}

/// Where the files of a run go, and how much is said.
struct OutOptions: ParsableArguments {
  @Option(
    name: .customLong("out"),
    help: """
      The folder of the outcome files (the one that the course had, or rollcall-<label>-<course>, unless given; or \
      ROLLCALL_OUT).
      """)
  var folder: String?
  @Flag(help: "Say nothing when all is done; otherwise only the closing table.")
  var quiet = false

  func validate() throws {
    if folder?.isEmpty == true { throw ValidationError("--out needs the name of a folder.") }
  }
}

/// What is printed and written.
struct ReportOptions: ParsableArguments {
  @OptionGroup(title: HelpTitle.everyday) var out: OutOptions
  @OptionGroup(title: HelpTitle.programs) var programs: ProgramOptions

  /// The folder that was typed or is configured. Either counts before what a course remembers.
  var folder: String? { out.folder ?? Context.current.setting(.out)?.text }
  var onFinish: String? { programs.onFinish }
  var logFormat: LogFormat { Context.current.machine.logsObjects ? .json : programs.logFormat }
  /// Whether people are not told more than they must be; programs are told all of it.
  var quiet: Bool { out.quiet && logFormat == .text }

  /// The options that the next command for the same rows needs too, so that it writes into the same folder.
  var optionsThatMatter: [String] { out.folder.map { ["--out", $0] } ?? [] }

  /// Refuses, before anything is read or sent, a folder (the batch's own, where there is one already) in which no report
  /// could be written; nothing is made.
  ///
  /// - Parameter owner: whose the report will be; nil where that is not known.
  func refuseUnwritable(
    folder: String? = nil, of owner: ReportOwner? = nil, needed: NeededFiles = NeededFiles(), in context: Context
  ) throws {
    guard let place = folder ?? self.folder.map(context.absolute) else {
      // Its name comes with the batch's number; that one can be made here can be told now.
      return try OutcomeFiles.refuse(context.absolute("rollcall-\(UUID().uuidString)"), to: nil, needed: needed)
    }
    try OutcomeFiles.refuse(place, to: owner, needed: needed)
  }

  /// The folder of a course's files: what was said, what the course remembers, or one that is called after it.
  func folder(of batch: Batch, in queue: Queue, _ context: Context) throws -> String {
    try folder.map(context.absolute) ?? Self.courseFolder(of: batch, in: queue, context)
  }

  /// The folder that a course remembers, or one that is called after it.
  static func courseFolder(of batch: Batch, in queue: Queue, _ context: Context) throws -> String {
    let record = try queue.course(batch.course)
    return record?.folder ?? standardFolder(of: batch.course, record?.id ?? batch.id.rawValue, in: context)
  }

  /// The folder of a course's files where nobody has named one.
  ///
  /// - Parameter number: the course's own.
  static func standardFolder(of course: Course, _ number: Int64, in context: Context) -> String {
    let stem = course.shortLabel.split(separator: ".").first.map(String.init) ?? course.shortLabel
    let safe = String(
      stem.map { $0 == "/" || $0.isWhitespace || $0.unicodeScalars.contains(where: \.isSteering) ? "-" : $0 })
    return context.absolute("rollcall-\(safe)-\(number)")
  }
}
