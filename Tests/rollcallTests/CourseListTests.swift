import Foundation
import TestSupport
import Testing

@testable import rollcall

/// All courses at once, and how their runs ended.
@Suite struct CourseListTests {
  /// The mixed course; one whose key was refused; one that was only imported.
  private func withCourses(_ body: @escaping @Sendable (CommandFixture) async throws -> Void) async throws {
    try await MixedCourse.with { fixture in
      try fixture.writeRoster((1...52).map { "b\($0)" }, to: "business.csv")
      var other = fixture
      other.environment["NCLOUD_ACCESS_KEY"] = "SOMEBODY-ELSES-KEY"
      other.environment["NCLOUD_SECRET_KEY"] = "SOMEBODY-ELSES-SECRET"
      let refused = await other.run("run", "business.csv", "--rate", "500/s", "--out", "business")
      #expect(refused.status == 6, "\(refused)")
      try fixture.writeRoster(["c1"], to: "chemistry.csv")
      #expect(await fixture.run("import", "chemistry.csv").status == 0)
      try await body(fixture)
    }
  }

  @Test func `one line a course, at 80 and 120 columns and without a terminal`() async throws {
    try await withCourses { fixture in
      let plain = await fixture.run("list")
      #expect(
        fixture.frozen(plain.output) == #"""
          3  business.csv   0/52 made                       52 waiting  Stopped CLOCK: the service refused the credentials (The access key is unknown.). 52 rows not sent.
          4  chemistry.csv   0/1 made                        1 waiting  Never run.
          2  class.csv       1/4 made  2 failed  1 changed              Finished CLOCK. 2 of 4 rows done. 1 cancelled.

          """#)
      let narrow = await fixture.at(80).run("list")
      #expect(
        fixture.frozen(narrow.output) == #"""
          3  business.csv   0/52 made                       52 waiting
              Stopped CLOCK: the service refused the credentials (The access key is
              unknown.). 52 rows not sent.
          4  chemistry.csv   0/1 made                        1 waiting  Never run.
          2  class.csv       1/4 made  2 failed  1 changed
              Finished CLOCK. 2 of 4 rows done. 1 cancelled.

          """#)
      let wide = await fixture.at(120).run("list")
      #expect(
        fixture.frozen(wide.output) == #"""
          3  business.csv   0/52 made                       52 waiting  Stopped CLOCK: the service refused the credentials (The
                                                                        access key is unknown.). 52 rows not sent.
          4  chemistry.csv   0/1 made                        1 waiting  Never run.
          2  class.csv       1/4 made  2 failed  1 changed              Finished CLOCK. 2 of 4 rows done. 1 cancelled.

          """#)
      for shown in [narrow, wide] { RowsTests.expectWhole(shown.output, as: plain.output) }
      let batches = await fixture.run("list", "--batches")
      #expect(
        fixture.frozen(batches.output) == #"""
          1  TIME  class.csv      ENDPOINT  2 done, 1 failed, 1 invalid
          2  TIME  class.csv      ENDPOINT  1 done, 1 failed, 1 cancelled, 1 invalid
          3  TIME  business.csv   ENDPOINT  52 not sent
          4  TIME  chemistry.csv  ENDPOINT  1 not sent

          """#)
    }
  }

  @Test func `for programs`() async throws {
    try await withCourses { fixture in
      for (arguments, member, count) in [
        (["list"], "courses", 3), (["list", "--batches"], "batches", 4), (["runs"], "runs", 2),
        (["runs", "business"], "runs", 1),
      ] {
        let result = await fixture.run(arguments + ["--json"], answer: nil, isInteractive: false)
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(object?["schemaVersion"] as? Int == 3 && object?["status"] as? Int == 0, "\(result)")
        #expect((object?[member] as? [Any])?.count == count, "\(result)")
      }
    }
  }

  @Test func `the runs of a course, the last one first`() async throws {
    try await withCourses { fixture in
      let plain = await fixture.run("runs")
      #expect(
        fixture.frozen(plain.output) == #"""
          DAY CLOCK  run  batch 3  business.csv  exit 6  Stopped CLOCK: the service refused the credentials (The access key is unknown.). 52 rows not sent.
          DAY CLOCK  run  batch 1  class.csv     exit 3  Finished CLOCK. 2 of 4 rows done.

          """#)
      let narrow = await fixture.at(80).run("runs")
      #expect(
        fixture.frozen(narrow.output) == #"""
          DAY CLOCK  run  batch 3  business.csv  exit 6  Stopped CLOCK: the service
                                                                refused the credentials
                                                                (The access key is
                                                                unknown.). 52 rows not
                                                                sent.
          DAY CLOCK  run  batch 1  class.csv     exit 3  Finished CLOCK. 2 of 4
                                                                rows done.

          """#)
      RowsTests.expectWhole(narrow.output, as: plain.output)
      for course in ["class.csv", "class", "CLASS.csv", "1", fixture.folder + "/class.csv"] {
        let runs = await fixture.run("runs", course)
        #expect(
          fixture.frozen(runs.output) == "DAY CLOCK  run  batch 1  exit 3  Finished CLOCK. 2 of 4 rows done.\n",
          "\(course)")
      }
      let wrong = await fixture.run("runs", "clas.csv")
      #expect(
        wrong.status == 2
          && wrong.errorOutput.hasPrefix("Error: There is no course 'clas.csv': did you mean 'class.csv'?\n"))
      let one = await fixture.run("runs", "--limit", "1")
      #expect(one.output.split(separator: "\n").count == 1 && one.errorOutput.contains("--limit"), "\(one)")
      // The run of another batch is not told of this one.
      #expect(await fixture.run("status", "3").output.contains("  last run  Stopped "))
      #expect(!(await fixture.run("status", "2").output.contains("last run")))
    }
  }
}
