import DataForest
import Foundation
import Testing

@testable import rollcall

/// Nothing of the keys is in anything that is written or printed.
@Suite struct SecretsTests {
  @Test func `no output, file, log or queue holds a key`() async throws {
    try await CommandFixture.with { fixture in
      var printed = ""
      func run(_ arguments: String...) async {
        let result = await fixture.run(arguments, answer: nil, isInteractive: false)
        printed += "\(arguments): \(result)\n"
      }
      try fixture.writeRoster((1...8).map { "n\($0)" })
      let bad = try fixture.read("class.csv") + "Bad Name,\(CommandFixture.account),x,ls,\n"
      try fixture.write(bad, to: "bad.csv")
      await run("check", "class.csv", "--online")
      await run("check", "bad.csv", "--issues", "issues.csv", "--json")
      await run("run", "class.csv", "--rate", "500/s", "--out", "report", "--json", "--log-format", "json")
      await run("run", "bad.csv", "--rate", "500/s", "--skip-invalid", "--out", "second")
      await run("status")
      await run("status", "--json")
      await run("show", "n1")
      await run("list")
      await run("doctor")
      await run("report", "1", "--out", "third")
      await run("retry", "--out", "second")
      await run("sandbox", "--ledger", fixture.endpoint)
      // A wrong pair: what the service says of it is shown, and the pair is not.
      var other = fixture
      other.environment["NCLOUD_ACCESS_KEY"] = "OTHER-ACCESS-KEY-77"
      other.environment["NCLOUD_SECRET_KEY"] = "OTHER-SECRET-KEY-88"
      try fixture.writeRoster(["late1"], to: "late.csv")
      let refused = await other.run("run", "late.csv", "--rate", "500/s", "--out", "refused")
      #expect(refused.status == 6, "\(refused)")
      printed += "\(refused)"
      let secrets = [
        Credentials.sandbox.accessKey, Credentials.sandbox.secretKey, "OTHER-ACCESS-KEY-77", "OTHER-SECRET-KEY-88",
      ]
      for secret in secrets { #expect(!printed.contains(secret), "\(secret) was printed") }
      let files = FileManager.default.enumerator(atPath: fixture.folder)?.compactMap { $0 as? String } ?? []
      var count = 0
      for file in files {
        guard let data = FileManager.default.contents(atPath: fixture.folder + "/" + file) else { continue }
        count += 1
        for secret in secrets { #expect(data.range(of: Data(secret.utf8)) == nil, "\(secret) is in \(file)") }
      }
      #expect(count > 20, "the reports and the queue were looked at: \(files)")
    }
  }
}
