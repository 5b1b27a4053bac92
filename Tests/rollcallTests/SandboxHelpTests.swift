import Foundation
import Sandbox
import Testing

@testable import rollcall

@Suite struct SandboxHelpTests {
  @Test func `the help lists every fault, each with its settings`() async throws {
    try await CommandFixture.with { fixture in
      let help = await fixture.run("sandbox", "--help")
      #expect(help.status == 0)
      for fault in Fault.allCases { #expect(help.output.contains("  \(fault.rawValue)  "), "\(fault)") }
      for setting in [
        "status=", "title=", "megabytes=", "ahead=", "behind=", "in=", "idle=", "set=", "add=", "drop=", "huge=",
        "after=", "times=", "for=", "only=", "body=", "on=", "--host",
      ] { #expect(help.output.contains(setting), "\(setting)") }
    }
  }

  @Test func `a fault that is none is wrong use, and says what would be right`() async throws {
    try await CommandFixture.with { fixture in
      for (text, words) in [
        ("page-before=1,statsu=404", "no setting 'statsu'"), ("page=1", "page-before"),
        ("clock=1,ahead=6", "20s or 5m"),
      ] {
        let result = await fixture.run("sandbox", "--port", "0", "--fault", text)
        #expect(result.status == 2, "\(result)")
        #expect(result.errorOutput.contains(words), "\(result)")
      }
    }
  }
}
