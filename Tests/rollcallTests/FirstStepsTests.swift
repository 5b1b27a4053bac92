// `firstSteps` of a template: a column of succeeded.csv, filled in for each row and never sent.

import Foundation
import Sandbox
import Testing

@testable import rollcall

@Suite struct FirstStepsTests {
  private func template(_ steps: String) -> String {
    """
    {"accountId":"\(CommandFixture.account)","name":"ai-${학번}","configuration":{"docker":{
     "image":"tensorflow:r2.3.1-py3","command":"ls"}},"rollcall":{"firstSteps":\(steps),"drop":["전화"]}}
    """
  }

  @Test func `a text of the template becomes a column of what succeeded, filled in for each row`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("학번,성명,전화\n101,\"Kim, Min\",010\n102,Lee,011\n")
      try fixture.write(
        self.template(#""${성명}: open https://lab.example.com/${rollcall_name}, not $${it}""#), to: "lab.json")
      let run = await fixture.run(
        "run", "class.csv", "--template", "lab.json", "--rate", "500/s", "--concurrency", "1", "--out", "report")
      #expect(run.status == 0, "\(run)")
      let lines = fixture.frozen(try fixture.read("report/succeeded.csv")).split(separator: "\n")
      #expect(lines[0].hasPrefix("학번,성명,rollcall_first_steps,rollcall_state,"), "\(lines[0])")
      #expect(
        lines[1].hasPrefix(
          #"101,"Kim, Min","Kim, Min: open https://lab.example.com/ai-101, not ${it}",done,"#), "\(lines[1])")
      #expect(lines[2].hasPrefix(#"102,Lee,"Lee: open https://lab.example.com/ai-102, not ${it}",done,"#))
      #expect(try !fixture.read("report/failed.csv").contains("rollcall_first_steps"))
      let rows = await fixture.run("rows", "--csv").output.replacing("\u{FEFF}", with: "")
      #expect(rows == (try fixture.read("report/succeeded.csv").replacing("\u{FEFF}", with: "")))
      #expect(fixture.sandbox.ledger.unknownFields.isEmpty)
      // Another text is another roster, although its rows are the same; nothing is sent for it.
      try fixture.write(self.template(#""Hello ${성명}""#), to: "lab.json")
      #expect(await fixture.run("run", "class.csv", "--out", "report").status == 0)
      #expect(try fixture.read("report/succeeded.csv").contains(",Hello Lee,"))
      #expect(fixture.sandbox.ledger.createRequests == 2)
    }
  }

  @Test func `a placeholder of no column, of a dropped one, or none at all is told`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.write("학번,성명,전화\n101,Kim,010\n")
      for (steps, told) in [
        (#""${e-mail}""#, "Error: The template's firstSteps names e-mail, which is no column of class.csv."),
        (#""${전화}""#, "Error: The template's firstSteps names 전화, which is no column of class.csv."),
        (#""${성명""#, "Error: lab.json: rollcall.firstSteps a placeholder is opened with ${ and never closed with }"),
        ("5", "Error: lab.json: rollcall.firstSteps must be a text"),
      ] {
        try fixture.write(self.template(steps), to: "lab.json")
        let check = await fixture.run("check", "class.csv", "--template", "lab.json")
        #expect(check.status == 5 && check.errorOutput.contains(told), "\(check)")
      }
    }
  }
}
