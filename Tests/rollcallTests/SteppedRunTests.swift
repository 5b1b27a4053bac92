import DurableQueue
import Pacing
import Reporter
import TestSupport
import Testing
import Words

@testable import rollcall

/// What a run does where it has to wait: for limits, for a service that throttles, and for what a list tells of lost answers.
@Suite struct SteppedRunTests {
  private func withCourse(limit: String, burst: Int, _ body: (SteppedCourse) throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let course = try SteppedCourse(folder, limit: limit, burst: burst)
      try body(course)
      try course.queue.close()
    }
  }

  @Test func `several limits hold at once, and auto forgets them`() async throws {
    try await withCourse(limit: "100/s", burst: 100) { course in
      let students = Array(1...6)
      for options in [["--rate", "100/s", "--rate", "4/day"], []] {
        let run = try course.run(students, options)
        guard case .paused(nil, let until?) = run.end else {
          Issue.record("\(run)")
          return
        }
        // One of the four permits is the probe's.
        #expect(course.service.createCount == 3, "\(run)")
        #expect(until - course.time.now() > .seconds(80_000), "\(run)")
        let limit = try course.queue.limit(
          baseURL: course.service.baseURL, fingerprint: SteppedCourse.fingerprint)
        #expect(limit.text == "the limit that was set with --rate, 100/s and 4/day,")
      }
      #expect(try course.run(students, ["--rate", "auto"]).end == .finished)
      #expect(course.service.createCount == 6)
    }
  }

  @Test(arguments: 1...5)
  func `throttled by the service, every row is made once and no attempt is lost`(seed: Int) async throws {
    try await withCourse(limit: "60/s", burst: 3) { course in
      let run = try course.run(
        Array(1...30), ["--rate", "500/s", "--burst", "8", "--concurrency", "8"], number: seed)
      #expect(run.end == .finished)
      #expect(course.service.throttledCount > 0)
      #expect(course.service.createCount == 30 && course.service.names.count == 30)
      #expect(run.summary.attemptCount == 30)
    }
  }

  @Test(arguments: 1...5)
  func `answers that are lost are settled by the service's list: every row once, nothing sent twice`(
    seed: Int
  ) async throws {
    try await withCourse(limit: "500/s", burst: 100) { course in
      course.service.set(.losesAnswers)
      let run = try course.run(
        Array(1...30), ["--rate", "500/s", "--burst", "8", "--settle-delay", "30s", "--max-attempts", "20"],
        number: seed)
      #expect(run.end == .finished)
      #expect(course.service.createCount == 30 && course.service.names.count == 30)
      #expect(try SteppedCourse.lines("succeeded.csv", of: run).count == 30)
      for shown in [try course.show("s1"), try course.show("2", line: 2)] {
        #expect(shown.hasPrefix("s1 of acc: done"), "\(shown)")
        #expect(shown.contains("attempt 1 · ") && shown.contains("list · "), "\(shown)")
      }
    }
  }

  @Test func `show tells of every wait`() async throws {
    try await withCourse(limit: "20/s", burst: 1) { course in
      #expect(try course.run(Array(1...6), ["--rate", "500/s", "--burst", "8"]).end == .finished)
      let shown = try course.show("s6")
      #expect(shown.contains("wait · "), "\(shown)")
      #expect(shown.contains("throttled: the service asked us to slow down"), "\(shown)")
    }
  }
}
