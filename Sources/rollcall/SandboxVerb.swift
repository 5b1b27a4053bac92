// `rollcall sandbox`: a Data Forest of our own on loopback, for demos and tests.

import ArgumentParser
import DataForest
import Files
import Foundation
import Pacing
import Provisioning
import Sandbox
import Wire
import Words

struct SandboxVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox", abstract: "Run a Data Forest of our own on this machine, to try things out.",
    discussion: Fault.help)

  @Option(help: "The port on 127.0.0.1; 0 takes any free one.")
  var port = SandboxConfiguration.standardPort
  @Option(
    name: .customLong("host"),
    help: "What requests may name as their host, NAME:PORT, beside 127.0.0.1 and localhost; may be repeated.")
  var hosts: [String] = []
  @Option(name: .customLong("state"), help: "A file that keeps workspaces and ledger.", completion: .file())
  var stateFile: String?
  @Option(help: "The most requests a period, N/s, N/m, N/h or N/day; more are refused with 429.", transform: Rate.read)
  var rateLimit: Rate?
  @Option(help: "How many requests may come together (with --rate-limit).")
  var burst = 20
  @Option(help: "Another rate limit some time after the first request, DURATION=RATE; may be repeated.")
  var rateChange: [String] = []
  @Flag(help: "Say with each 429 when to come back.")
  var retryAfter = false
  @Option(help: "The most workspaces an account may have.")
  var accountQuota: Int?
  @Option(help: "How long every reply takes (0s unless given).", transform: Span.read)
  var latency = Span(.zero, "0s")
  @Option(help: "The status of a refused second create of a name: 400 or 409.")
  var duplicateStatus = 400
  @Option(help: "Something that goes wrong on purpose, NAME=PROBABILITY[,SETTING=VALUE…]; may be repeated.")
  var fault: [String] = []
  @Option(help: "How late a create lands with the fault 'late' (1s unless given).", transform: Span.read)
  var lateBy = Span(.seconds(1), "1s")
  @Option(help: "What the faults are drawn from.")
  var seed: UInt64 = 1
  @Flag(help: "Make a second workspace of the same name instead of refusing it.")
  var acceptDuplicates = false
  @Flag(help: "Answer as an account does that no longer offers AI workspaces.")
  var retired = false
  @Option(name: .customLong("account"), help: "An account that exists; may be repeated (two of them unless given).")
  var accounts: [String] = []
  @OptionGroup var output: OutputOptions
  @Option(help: "Print the ledger of the sandbox at this address and exit.")
  var ledger: String?

  func validate() throws {
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
    guard [400, 409].contains(duplicateStatus) else { throw ValidationError("--duplicate-status must be 400 or 409.") }
    guard burst >= 1 else { throw ValidationError("--burst must be at least 1.") }
    if let accountQuota, accountQuota < 0 { throw ValidationError("--account-quota must not be negative.") }
  }

  mutating func run() async throws {
    let context = Context.current
    if let ledger {
      try await printLedger(at: ledger, in: context)
      return
    }
    let settings = try settings(in: context)
    let server = try SandboxServer(settings, time: context.time)
    if server.wasCutOff, let path = settings.stateFile { context.say(SandboxWords.cutOff(path)) }
    let serving = Task { try await server.run { port in Self.announce(port, settings, in: context) } }
    let signals = context.onFirstSignal { _ in Self.end(server, in: context) }
    // Its terminal was closed: nobody is left who could stop it.
    let hangup = context.handlesSignals ? DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global()) : nil
    hangup?.setEventHandler { Self.end(server, in: context) }
    hangup?.activate()
    try await withTaskCancellationHandler {
      try await serving.value
    } onCancel: {
      serving.cancel()
    }
    signals?.stop()
    hangup?.cancel()
  }

  /// Ends the process: the libraries below trap now and then when a server is stopped right after a connection came.
  private static func end(_ server: SandboxServer, in context: Context) -> Never {
    do {
      try server.close()
    } catch {
      CommandError(error)?.tell(in: context)
      Foundation.exit(ExitStatus.toolFailed.rawValue)
    }
    Foundation.exit(ExitStatus.done.rawValue)
  }

  private func settings(in context: Context) throws -> SandboxConfiguration {
    var settings = SandboxConfiguration()
    settings.port = port
    settings.hosts = hosts
    settings.rateLimit = rateLimit.map { Quota(rate: $0, burst: burst) }
    settings.rateChanges = try rateChanges()
    settings.saysRetryAfter = retryAfter
    settings.accountQuota = accountQuota
    settings.latency = latency.duration
    settings.duplicateStatus = duplicateStatus
    settings.acceptsDuplicates = acceptDuplicates
    settings.isRetired = retired
    settings.faults = try faults()
    settings.stateFile = try stateFile.map { try Self.refuseQueue($0, in: context) }
    if !accounts.isEmpty { settings.accounts = accounts }
    settings.credentials = try CredentialSource.credentials(
      for: EndpointOptions.endpoint("http://127.0.0.1"), in: context)
    return settings
  }

  /// The path of the state file; never the queue, or what belongs beside it, whether it is there yet or not.
  private static func refuseQueue(_ stateFile: String, in context: Context) throws -> String {
    let path = context.absolute(stateFile)
    do {
      var needed = NeededFiles()
      if case .success(let queue) = Result(catching: { try QueueOptions.parse([]).path(in: context) }) {
        try needed.add(queue: queue)
      }
      try OutputPlace(path).check(needed: needed) { _ in true }
    } catch {
      // Its folder may come later.
      if error.code == .system(ENOENT) { return path }
      throw CommandError(
        "The sandbox's state cannot be kept in \(stateFile): \(FileWords.why(error.code)).",
        hint: FileWords.hint(error.code, elsewhere: "name another file with --state"), .usage)
    }
    return path
  }

  private func rateChanges() throws -> [(after: Duration, rate: Rate)] {
    guard rateChange.isEmpty || rateLimit != nil else {
      throw CommandError("--rate-change needs the limit that it changes.", hint: "Say it with --rate-limit.", .usage)
    }
    let changes = try rateChange.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let after = Duration(text: parts[0]), let rate = Rate(parts[1]) else {
        throw CommandError(
          "--rate-change \(text) is no change of the limit.", hint: "For example: --rate-change 30s=50/s.",
          .usage)
      }
      return (after: after, rate: rate)
    }
    return changes.sorted { $0.after < $1.after }
  }

  private func faults() throws -> Faults {
    var faults = Faults()
    faults.seed = seed
    faults.lateBy = lateBy.duration
    do {
      for text in fault { try faults.add(text) }
    } catch {
      throw CommandError(error.description, .usage)
    }
    return faults
  }

  /// What to type to use it. The fake pair opens nothing but a sandbox; a pair of one's own is never printed.
  private static func announce(_ port: Int, _ settings: SandboxConfiguration, in context: Context) {
    let address = "http://127.0.0.1:\(port)"
    var variables = [("ROLLCALL_ENDPOINT", address)]
    let isFake = settings.credentials.fingerprint == Credentials.sandbox.fingerprint
    if isFake {
      variables.append((Credentials.accessKeyVariable, Credentials.sandbox.accessKey))
      variables.append((Credentials.secretKeyVariable, Credentials.sandbox.secretKey))
    }
    context.answer([
      "endpoint": .string(address), "accounts": .texts(settings.accounts),
      "ledger": .string(address + SandboxServer.ledgerPath),
      "environment": .object(Dictionary(uniqueKeysWithValues: variables.map { ($0.0, .string($0.1)) })),
    ])
    // It lives on; whoever started it reads the document now.
    context.printDocument(of: .done)
    context.show("Sandbox at \(address), accounts \(settings.accounts.joined(separator: ", "))")
    context.show("To use it:")
    for (name, value) in variables { context.show("  export \(name)=\(value)") }
    if !isFake { context.show("  (with the credentials that are set here)") }
    context.show("The ledger: \(address)\(SandboxServer.ledgerPath)")
    context.show("Ctrl-C ends it.")
  }

  private func printLedger(at address: String, in context: Context) async throws {
    let endpoint = try EndpointOptions.endpoint(address)
    let unreachable = CommandError(
      "There is no sandbox at \(endpoint.baseURL).", hint: "Start one with `rollcall sandbox`.", .toolFailed)
    guard endpoint.isLoopback, let url = URL(string: endpoint.baseURL.text + SandboxServer.ledgerPath) else {
      throw unreachable
    }
    guard let text = try await Exchange.fetchText(url.absoluteString, timeout: .seconds(5)) else {
      throw unreachable
    }
    guard context.machine.printsDocument else { return context.output(json: text) }
    guard case .success(let value) = Result(catching: { try JSONParser.value(of: Array(text.utf8), .roster) }) else {
      throw CommandError("What \(endpoint.baseURL) answered is no ledger.", .toolFailed)
    }
    context.answer(["ledger": value])
  }
}
