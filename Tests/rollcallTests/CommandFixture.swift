// Runs the command in process, in a folder and an environment of its own, against a sandbox on a free port.

import DataForest
import Foundation
import Pacing
import Sandbox
import Synchronization
import TestSupport

@testable import rollcall

/// What a command printed and how it ended.
struct CommandResult: CustomStringConvertible {
  let status: Int32
  let output: String
  let errorOutput: String
  /// Both, as a person sees them: in the order in which they came.
  let transcript: String

  var description: String { "status \(status)\n--- output\n\(output)--- error output\n\(errorOutput)" }
}

/// A folder with a queue in it, and the address of a sandbox.
struct CommandFixture: Sendable {
  let folder: String
  let endpoint: String
  let sandbox: SandboxServer
  var environment: [String: String] = [:]
  /// The command's time; one that jumps lets nobody wait.
  var time: any TimeSource = SystemTimeSource()
  /// How wide the terminal is that both outputs go to; nil: there is none.
  var columns: Int?

  /// The account that the sandbox has.
  static let account = SandboxConfiguration.standardAccounts[0]

  static func with<Value: Sendable>(
    _ configuration: SandboxConfiguration = SandboxConfiguration(), time: any TimeSource = SystemTimeSource(),
    _ body: @escaping @Sendable (CommandFixture) async throws -> Value
  ) async throws -> Value {
    try await withTemporaryFolder { folder in
      try await withSandbox(configuration, time: time) { sandbox, port in
        let endpoint = "http://127.0.0.1:\(port)"
        let environment = ["HOME": folder, "ROLLCALL_ENDPOINT": endpoint, "ROLLCALL_DB": folder + "/rollcall.db"]
        return try await body(
          CommandFixture(folder: folder, endpoint: endpoint, sandbox: sandbox, environment: environment, time: time))
      }
    }
  }

  func run(_ arguments: String..., answer: String? = nil, isInteractive: Bool = false) async -> CommandResult {
    await run(arguments, answer: answer, isInteractive: isInteractive)
  }

  func run(_ arguments: [String], answer: String?, isInteractive: Bool, input: Data? = nil) async -> CommandResult {
    let printed = Printed()
    let rest = Mutex(input)
    var context = Context(
      environment: environment, folder: folder, output: { printed.say($0) }, errorOutput: { printed.tell($0) },
      readAnswer: { answer }, isInteractive: isInteractive, drawsProgress: false, time: time,
      handlesSignals: false)
    let columns = columns
    (context.outputWidth, context.terminalWidth) = ({ columns }, { columns })
    context.readInput = {
      rest.withLock { rest in
        defer { rest = nil }
        return rest
      }
    }
    let status = await Rollcall.run(arguments, in: context)
    return CommandResult(
      status: status, output: printed.output, errorOutput: printed.errorOutput, transcript: printed.transcript)
  }

  /// Writes a file into the folder and returns its name.
  @discardableResult
  func write(_ text: String, to name: String = "class.csv") throws -> String {
    try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    return name
  }

  /// A roster of these names.
  @discardableResult
  func writeRoster(_ names: [String], image: String = "tensorflow:r2.3.1-py3", to name: String = "class.csv") throws
    -> String
  {
    let rows = names.map { "\($0),\(Self.account),\(image),ls,\($0)@example.com\n" }
    return try write("name,accountId,image,command,email\n" + rows.joined(), to: name)
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: folder + "/" + name, encoding: .utf8) }
}

/// What was printed, by a command whose parts run at once.
private final class Printed: Sendable {
  private let texts = Mutex((output: "", errorOutput: "", transcript: ""))

  var output: String { texts.withLock(\.output) }
  var errorOutput: String { texts.withLock(\.errorOutput) }
  var transcript: String { texts.withLock(\.transcript) }

  func say(_ text: String) {
    texts.withLock {
      $0.output += text
      $0.transcript += text
    }
  }

  func tell(_ text: String) {
    texts.withLock {
      $0.errorOutput += text
      $0.transcript += text
    }
  }
}
