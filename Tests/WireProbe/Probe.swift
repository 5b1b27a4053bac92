// The program behind `scripts/cut-link`: posts over a connection that came about before, as the command does.
//
//   wire-probe ADDRESS [--request-timeout MILLISECONDS] [--without-user-timeout] [--without-reset]
//     Posts to ADDRESS/ready and prints "ready". Then, for every line of standard input, posts to ADDRESS/ and that line
//     and prints what came of it.

import Foundation
import Provisioning
import Wire

@main
enum Probe {
  static func main() async throws {
    var arguments = CommandLine.arguments.dropFirst()
    var timeout = Duration.seconds(3)
    if let index = arguments.firstIndex(of: "--request-timeout"), index + 1 < arguments.endIndex {
      guard let milliseconds = Int(arguments[index + 1]) else { return leave("--request-timeout needs milliseconds.") }
      timeout = .milliseconds(milliseconds)
      arguments.removeSubrange(index...index + 1)
    }
    var rules = ConnectionRules(unacknowledgedLimit: timeout)
    if arguments.contains("--without-user-timeout") { rules.unacknowledgedLimit = nil }
    if arguments.contains("--without-reset") { rules.closesByReset = false }
    // The connection must be there when the link is cut.
    rules.idleLimit = .seconds(60)
    guard let address = arguments.first(where: { !$0.hasPrefix("--") }) else { return leave("an address is missing.") }

    let exchange = Exchange(requestTimeout: timeout, concurrency: 1, rules: rules)
    func post(_ path: String) async -> String {
      switch await exchange.post("{}", to: "\(address)/\(path)", headers: []) {
      case .success(let reply): "status \(reply.status)"
      case .failure(let failure): "\(failure.outcome.kind): \(failure.outcome.message ?? "")"
      }
    }
    let ready = await post("ready")
    guard ready == "status 200" else { return leave("the first request failed, \(ready)") }
    say("ready")
    while let path = readLine() { say(await post(path)) }
    try await exchange.shutdown()
  }

  private static func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

  private static func leave(_ why: String) {
    FileHandle.standardError.write(Data("wire-probe: \(why)\n".utf8))
    exit(1)
  }
}
