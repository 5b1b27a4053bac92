import Foundation
import TestSupport
import Testing

@testable import rollcall

/// What a person and a program get of one roster, from `check` to the files, compared as a whole.
@Suite struct WholeOutputTests {
  // What several outputs say.
  private static let issues = #"""
    class.csv:5: name (A5): 'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, none at the end
        N4,6COytUeFj7b8eOhq2L5zL,PyTorch:1,ls,n4@example.com
        ^~
    class.csv:5: image (C5): 'PyTorch:1' must be an image and its tag, for example tensorflow:r2.3.1-py3 (at most 30 and 20 characters, each a–z, 0–9, '.', '_' or '-')
        N4,6COytUeFj7b8eOhq2L5zL,PyTorch:1,ls,n4@example.com
                                 ^~~~~~~~~
    """#
  private static let leftOut = "1 of 4 rows have issues and are left out; they go into failed.csv."
  private static let plan = #"""
    Plan for class.csv: 4 rows
      endpoint  ENDPOINT (this machine)
      account   6COytUeFj7b8eOhq2L5zL
      rows      3 new
      names     n1 … n3
      carried   email
    """#
  private static let table = #"""
    Batch 1, class.csv:
      done     2
      failed   1
      invalid  1
      rows     4
      1 × the name was already taken by something we did not make
        n3      the name was already taken by something we did not make: already there as …
        line 5  invalid: name: 'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, …
    """#

  /// Two rows that are made, one whose name somebody else has taken, and one that is invalid.
  private func withClass(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["n3"], image: "tensorflow:r1.15.2-py3", to: "theirs.csv")
      let theirs = await fixture.run("run", "theirs.csv", "--rate", "500/s", "--db", "theirs.db")
      #expect(theirs.status == 0, "\(theirs)")
      let rows = ["n1", "n2", "n3"].map {
        "\($0),\(CommandFixture.account),tensorflow:r2.3.1-py3,ls,\($0)@example.com\n"
      }
      let invalid = "N4,\(CommandFixture.account),PyTorch:1,ls,n4@example.com\n"
      try fixture.write("name,accountId,image,command,email\n" + rows.joined() + invalid)
      try await body(fixture)
    }
  }

  private func expect(
    _ result: CommandResult, _ fixture: CommandFixture, status: Int32, output: String = "", errorOutput: String = "",
    at location: SourceLocation = #_sourceLocation
  ) {
    #expect(result.status == status, "\(result)", sourceLocation: location)
    #expect(fixture.frozen(result.output) == output, sourceLocation: location)
    #expect(fixture.frozen(result.errorOutput) == errorOutput, sourceLocation: location)
  }

  private func expectFile(
    _ name: String, _ fixture: CommandFixture, _ text: String, at location: SourceLocation = #_sourceLocation
  ) throws {
    let found = fixture.frozen(try fixture.read(name))
    #expect(found == text, "\(name)", sourceLocation: location)
  }

  @Test func `a roster with an issue, and the plan without it`() async throws {
    try await withClass { fixture in
      expect(
        await fixture.run("check", "class.csv"), fixture, status: 5,
        errorOutput: #"""
          \#(Self.issues)
          Error: class.csv has 2 issues in 1 row; nothing was queued or sent.
          Hint: Mend the lines above and run the same command again.

          """#)
      expect(
        await fixture.run("check", "class.csv", "--json"), fixture, status: 5,
        output: #"""
          {"error":{"code":"roster_issues","hint":"Mend the lines above and run the same command again.","message":"class.csv has 2 issues in 1 row; nothing was queued or sent."},"gone":[],"issueCount":2,"issues":[{"cell":"A5","column":"name","file":"class.csv","line":5,"lines":"5","message":"'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, none at the end","rowCount":1,"rule":"name-form","severity":"issue","value":"N4"},{"cell":"C5","column":"image","file":"class.csv","line":5,"lines":"5","message":"'PyTorch:1' must be an image and its tag, for example tensorflow:r2.3.1-py3 (at most 30 and 20 characters, each a–z, 0–9, '.', '_' or '-')","rowCount":1,"rule":"image-form","severity":"issue","value":"PyTorch:1"}],"issuesLeftOutCount":0,"kinds":[{"column":"name","firstLine":5,"issueCount":1,"lastLine":5,"rowCount":1,"rule":"name-form","severity":"issue"},{"column":"image","firstLine":5,"issueCount":1,"lastLine":5,"rowCount":1,"rule":"image-form","severity":"issue"}],"plan":{"accountCount":1,"accounts":["6COytUeFj7b8eOhq2L5zL"],"carried":["email"],"counts":{"back":0,"cancelled":0,"changed":0,"conflict":0,"done":0,"failedBefore":0,"gone":0,"inDoubt":0,"invalid":1,"leased":0,"new":3,"ready":0,"reassigned":0,"renamed":0},"dropped":[],"endpoint":"ENDPOINT","firstName":"n1","gpuCount":0,"held":[],"lastName":"n3","pace":{"burst":2,"forecastSeconds" : SECONDS,"rate":"2/s","source":"standard","windows":[]},"rowCount":4,"sent":["name","accountId","image","command"],"toCreateCount":3},"reassigned":[],"renamed":[],"rowCount":4,"schemaVersion":3,"status":5,"warningCount":0}

          """#,
        errorOutput: #"""
          \#(Self.issues)
          Error: class.csv has 2 issues in 1 row; nothing was queued or sent.
          Hint: Mend the lines above and run the same command again.

          """#)
      expect(
        await fixture.run("check", "class.csv", "--skip-invalid", "--issues", "issues.csv"), fixture, status: 3,
        output: #"""
          \#(Self.plan)
            pace      2/s, burst 2, until a limit is known: 3 creates in about 1 s, less if the service allows more, done by TIME

          """#,
        errorOutput: #"""
          \#(Self.issues)
          \#(Self.leftOut)

          """#)
      try expectFile(
        "issues.csv", fixture,
        #"""
        file,line,column,cell,rule,severity,value,message,rows,lines
        class.csv,5,name,A5,name-form,issue,N4,"'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, none at the end",1,5
        class.csv,5,image,C5,image-form,issue,PyTorch:1,"'PyTorch:1' must be an image and its tag, for example tensorflow:r2.3.1-py3 (at most 30 and 20 characters, each a–z, 0–9, '.', '_' or '-')",1,5

        """#)
      expect(
        await fixture.run("run", "class.csv", "--skip-invalid", "--dry-run", "--rate", "500/s"), fixture, status: 3,
        errorOutput: #"""
          \#(Self.issues)
          \#(Self.leftOut)
          \#(Self.plan)
            pace      500/s, burst 2 (--rate): 3 creates in about 1 s, done TIME

          """#)
    }
  }

  @Test func `a run, what it says afterwards, and its files`() async throws {
    try await withClass { fixture in
      let run = ["run", "class.csv", "--skip-invalid", "--rate", "500/s", "--concurrency", "1", "--out", "report"]
      expect(
        await fixture.run(run, answer: nil, isInteractive: false), fixture, status: 3,
        errorOutput: #"""
          \#(Self.issues)
          \#(Self.leftOut)
          \#(Self.plan)
            pace      500/s, burst 2 (--rate): 3 creates in about 1 s, done TIME
          \#(Self.table)
          Files in FOLDER/report/

          """#)
      expect(
        await fixture.run("status"), fixture, status: 0,
        output: #"""
          Batch 1, FOLDER/class.csv, imported TIME
            endpoint  ENDPOINT
            last run  Finished CLOCK. 2 of 4 rows done.
            done: 2
            failed: 1
            invalid: 1
            rows: 4

          """#)
      expect(
        await fixture.run("list"), fixture, status: 0,
        output: #"""
          1  class.csv  2/4 made  2 failed  Finished CLOCK. 2 of 4 rows done.

          """#)
      expect(
        await fixture.run("show", "n1"), fixture, status: 0,
        output: #"""
          n1 of 6COytUeFj7b8eOhq2L5zL: done
            row       line 2 of batch 1, class.csv
            id        ID-3
            sent as   {"accountId":"6COytUeFj7b8eOhq2L5zL","configuration":{"docker":{"command":"ls","image":"tensorflow:r2.3.1-py3"}},"name":"n1"}
            list · TIME · 1 entries · after DURATION
            attempt 1 · TIME · made · HTTP 200 · after DURATION · request REQUEST

          """#)
      expect(
        await fixture.run("show", "n3"), fixture, status: 0,
        output: #"""
          n3 of 6COytUeFj7b8eOhq2L5zL: failed
            row       line 4 of batch 1, class.csv
            id        ID-2
            why       the name was already taken by something we did not make (already there as ID-2 although nothing that was sent has made it)
            sent as   {"accountId":"6COytUeFj7b8eOhq2L5zL","configuration":{"docker":{"command":"ls","image":"tensorflow:r2.3.1-py3"}},"name":"n3"}
            no attempt yet
            list · TIME · 1 entries · after DURATION

          """#)
      expect(
        await fixture.run("report", "--out", "again"), fixture, status: 0,
        errorOutput: #"""
          \#(Self.table)
          Files in FOLDER/again/

          """#)
      expect(
        await fixture.run("adopt"), fixture, status: 0,
        output: #"""
          Made in the last hour, perhaps by somebody who is at work now:
          n3  ID-2  made TIME  image: tensorflow:r1.15.2-py3 → tensorflow:r2.3.1-py3

          """#)
      try expectFile(
        "report/summary.json", fixture,
        #"""
        {
          "actualSeconds" : SECONDS,
          "adoptedCount" : 0,
          "attemptCount" : 2,
          "batch" : 1,
          "changedCount" : 0,
          "courseId" : 1,
          "database" : "FOLDER/rollcall.db",
          "endpoint" : "ENDPOINT",
          "finishedAt" : "TIME",
          "forecastSeconds" : SECONDS,
          "goneCount" : 0,
          "importedAt" : "TIME",
          "invalidCount" : 1,
          "label" : "FOLDER/class.csv",
          "latency" : {
            "count" : 2,
            "max" : SECONDS,
            "p50" : SECONDS,
            "p90" : SECONDS,
            "p99" : SECONDS
          },
          "messages" : {
            "conflict" : "already there as ID-2 although nothing that was sent has made it"
          },
          "queueId" : "QUEUE",
          "reasons" : {
            "conflict" : 1
          },
          "rowCount" : 4,
          "run" : {
            "endedAt" : "TIME",
            "message" : "Finished CLOCK. 2 of 4 rows done.",
            "reason" : "some_failed",
            "status" : 3
          },
          "schemaVersion" : 3,
          "startedAt" : "TIME",
          "states" : {
            "cancelled" : 0,
            "done" : 2,
            "failed" : 1,
            "in_doubt" : 0,
            "leased" : 0,
            "ready" : 0
          },
          "wait" : {
            "count" : 3,
            "max" : SECONDS,
            "p50" : SECONDS,
            "p90" : SECONDS,
            "p99" : SECONDS
          },
          "writtenAt" : "TIME"
        }

        """#)
      try expectFile(
        "report/succeeded.csv", fixture,
        #"""
        name,accountId,image,command,email,rollcall_state,rollcall_account,rollcall_name,rollcall_id,rollcall_reason,rollcall_message,rollcall_attempts,rollcall_finished_at,rollcall_seen_at,rollcall_differs,rollcall_queue,rollcall_batch,rollcall_line
        n1,6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls,n1@example.com,done,6COytUeFj7b8eOhq2L5zL,n1,ID-3,,,1,TIME,TIME,,QUEUE,1,2
        n2,6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls,n2@example.com,done,6COytUeFj7b8eOhq2L5zL,n2,ID-4,,,1,TIME,TIME,,QUEUE,1,3

        """#)
      try expectFile(
        "report/failed.csv", fixture,
        #"""
        name,accountId,image,command,email,rollcall_state,rollcall_account,rollcall_name,rollcall_id,rollcall_reason,rollcall_message,rollcall_attempts,rollcall_finished_at,rollcall_seen_at,rollcall_differs,rollcall_queue,rollcall_batch,rollcall_line
        n3,6COytUeFj7b8eOhq2L5zL,tensorflow:r2.3.1-py3,ls,n3@example.com,failed,6COytUeFj7b8eOhq2L5zL,n3,ID-2,conflict,already there as ID-2 although nothing that was sent has made it,0,TIME,,,QUEUE,1,4
        N4,6COytUeFj7b8eOhq2L5zL,PyTorch:1,ls,n4@example.com,invalid,,,,invalid,"name: 'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, none at the end; image: 'PyTorch:1' must be an image and its tag, for example tensorflow:r2.3.1-py3 (at most 30 and 20 characters, each a–z, 0–9, '.', '_' or '-')",0,,,,QUEUE,1,5

        """#)
      try expectFile(
        "report/unprocessed.csv", fixture,
        #"""
        name,accountId,image,command,email,rollcall_state,rollcall_account,rollcall_name,rollcall_id,rollcall_reason,rollcall_message,rollcall_attempts,rollcall_finished_at,rollcall_seen_at,rollcall_differs,rollcall_queue,rollcall_batch,rollcall_line

        """#)
      try expectFile(
        "report/gone.csv", fixture,
        #"""
        name,accountId,image,command,email,rollcall_state,rollcall_account,rollcall_name,rollcall_id,rollcall_reason,rollcall_message,rollcall_attempts,rollcall_finished_at,rollcall_seen_at,rollcall_differs,rollcall_gone_at,rollcall_line

        """#)
      try expectFile(
        "report/outcomes.jsonl", fixture,
        #"""
        {"account":"6COytUeFj7b8eOhq2L5zL","attempts":1,"finishedAt":"TIME","id":"ID-3","line":2,"name":"n1","roster":{"accountId":"6COytUeFj7b8eOhq2L5zL","command":"ls","email":"n1@example.com","image":"tensorflow:r2.3.1-py3","name":"n1"},"row":1,"seenAt":"TIME","state":"done"}
        {"account":"6COytUeFj7b8eOhq2L5zL","attempts":1,"finishedAt":"TIME","id":"ID-4","line":3,"name":"n2","roster":{"accountId":"6COytUeFj7b8eOhq2L5zL","command":"ls","email":"n2@example.com","image":"tensorflow:r2.3.1-py3","name":"n2"},"row":2,"seenAt":"TIME","state":"done"}
        {"account":"6COytUeFj7b8eOhq2L5zL","attempts":0,"finishedAt":"TIME","id":"ID-2","line":4,"message":"already there as ID-2 although nothing that was sent has made it","name":"n3","reason":"conflict","roster":{"accountId":"6COytUeFj7b8eOhq2L5zL","command":"ls","email":"n3@example.com","image":"tensorflow:r2.3.1-py3","name":"n3"},"row":3,"state":"failed"}
        {"line":5,"message":"name: 'N4' must start with a–z and hold only a–z, 0–9 and single hyphens, none at the end; image: 'PyTorch:1' must be an image and its tag, for example tensorflow:r2.3.1-py3 (at most 30 and 20 characters, each a–z, 0–9, '.', '_' or '-')","roster":{"accountId":"6COytUeFj7b8eOhq2L5zL","command":"ls","email":"n4@example.com","image":"PyTorch:1","name":"N4"},"row":4,"state":"invalid"}

        """#)
    }
  }
}
