// The options that several verbs share, and what their texts mean.

import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import WorkerPool

/// Where the queue is.
struct QueueOptions: ParsableArguments {
  @Option(name: .customLong("db"), help: "The queue's file (or ROLLCALL_DB).", completion: .file())
  var database: String?
  @Flag(name: .customLong("force-db"), help: "Use a queue on a network file system all the same.")
  var forcesDatabase = false

  /// The file's path: the option, ROLLCALL_DB, or the default under the state folder.
  func path(in context: Context) throws -> String {
    if let given = database ?? context.environment["ROLLCALL_DB"], !given.isEmpty { return context.absolute(given) }
    if let state = context.environment["XDG_STATE_HOME"], state.hasPrefix("/") {
      return state + "/rollcall/rollcall.db"
    }
    if let home = context.environment["HOME"], !home.isEmpty { return home + "/.local/state/rollcall/rollcall.db" }
    throw Problem(
      "There is no home folder to keep the queue in.", hint: "Name its file with --db FILE or ROLLCALL_DB.", .usage)
  }

  /// Opens the queue, making it if need be.
  ///
  /// - Parameter lockWait: how long another process's lock is waited for.
  func open(in context: Context, lockWait: Duration = Queue.standardLockWait) throws -> Queue {
    try Queue(path: try path(in: context), time: context.time, lockWait: lockWait, allowsNetwork: forcesDatabase)
  }

  /// Opens the queue if its file exists; nil otherwise.
  func openIfExists(in context: Context, lockWait: Duration = Queue.standardLockWait) throws -> Queue? {
    FileManager.default.fileExists(atPath: try path(in: context)) ? try open(in: context, lockWait: lockWait) : nil
  }
}

/// Where the service is.
struct EndpointOptions: ParsableArguments {
  @Option(name: .customLong("endpoint"), help: "The service's address (or ROLLCALL_ENDPOINT).")
  var endpoint: String?

  /// What was asked for; nil when nothing was.
  func given(in context: Context) throws -> Endpoint? {
    guard let text = endpoint ?? context.environment["ROLLCALL_ENDPOINT"], !text.isEmpty else { return nil }
    return try Self.endpoint(text)
  }

  /// The endpoint of a run that nobody has named one for before.
  func chosen(in context: Context) throws -> Endpoint { try given(in: context) ?? Self.endpoint(Endpoint.service) }

  static func endpoint(_ text: String) throws -> Endpoint {
    do {
      return try Endpoint(text)
    } catch {
      throw Problem(error.description, .usage)
    }
  }
}

/// How fast, how many at once, how long.
struct PaceOptions: ParsableArguments {
  @Option(help: "The most requests a period: N/s, N/m, N/h or N/day. It holds for all runs with this key from now on.")
  var rate: Rate?
  @Option(help: "How many requests may start together (with --rate; 2 unless given).")
  var burst: Int?
  @Option(help: "Requests on the wire at once.")
  var concurrency = 4
  @Option(help: "How long a request may take.")
  var requestTimeout = Span(.seconds(30), "30s")
  @Option(help: "How late a create can land; what is in doubt is not sent again before (60s or the request timeout).")
  var settleDelay: Span?
  @Flag(help: "Take over what the service already has under a roster's name, instead of a conflict.")
  var adoptExisting = false
  @Option(help: "How often a row is sent at most before it has failed.")
  var maxAttempts = 5
  @Option(help: "A longer wait than this ends the run; it can be resumed.")
  var maxWait = Span(.seconds(600), "10m")
  @Option(help: "How long requests in flight may take to finish after the first interrupt.")
  var drainTimeout = Span(.seconds(25), "25s")

  func validate() throws {
    if let burst, !(1...100_000).contains(burst) { throw ValidationError("--burst must be 1 to 100000.") }
    if burst != nil, rate == nil { throw ValidationError("--burst goes with --rate.") }
    guard (1...1_024).contains(concurrency) else { throw ValidationError("--concurrency must be 1 to 1024.") }
    guard maxAttempts >= 1 else { throw ValidationError("--max-attempts must be at least 1.") }
    if let settleDelay, settleDelay.duration < requestTimeout.duration {
      throw ValidationError("--settle-delay must not be shorter than --request-timeout.")
    }
    guard requestTimeout.duration > .zero else { throw ValidationError("--request-timeout must be more than 0.") }
  }

  /// The quota that was asked for; nil when none was.
  var quota: Quota? { rate.map { Quota(rate: $0, burst: burst ?? 2) } }

  var rules: Rules {
    let delay = settleDelay?.duration ?? max(.seconds(60), requestTimeout.duration)
    return Rules(
      concurrency: concurrency, maxWait: maxWait.duration, drainTimeout: drainTimeout.duration,
      reconcile: ReconcileRules(settleDelay: delay, maxAttempts: maxAttempts, adoptsExisting: adoptExisting))
  }
}

/// What is said and written.
struct ReportOptions: ParsableArguments {
  @Option(name: .customLong("out"), help: "The folder of the outcome files (rollcall-<label>-<batch> unless given).")
  var folder: String?
  @Flag(help: "Print the summary as JSON on standard output.")
  var json = false
  @Flag(help: "Say nothing when all is done; otherwise only the closing table.")
  var quiet = false

  /// The folder of a batch's files.
  func folder(of batch: Batch, in context: Context) -> String {
    if let folder { return context.absolute(folder) }
    let stem = batch.shortLabel.split(separator: ".").first.map(String.init) ?? batch.shortLabel
    let safe = String(stem.map { $0 == "/" || $0.isWhitespace ? "-" : $0 })
    return context.absolute("rollcall-\(safe)-\(batch.id.rawValue)")
  }
}

extension Rate: ExpressibleByArgument {
  /// Reads a rate for an option.
  public init?(argument: String) { self.init(argument) }
}

/// A duration for an option, with its text as the default to show.
struct Span: ExpressibleByArgument {
  let duration: Duration
  let defaultValueDescription: String

  init(_ duration: Duration, _ text: String) {
    self.duration = duration
    defaultValueDescription = text
  }

  init?(argument: String) {
    guard let duration = Duration(text: argument) else { return nil }
    self.init(duration, argument)
  }
}
