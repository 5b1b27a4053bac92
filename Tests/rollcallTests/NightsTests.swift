import DurableQueue
import Pacing
import Reporter
import TestSupport
import Testing

@testable import rollcall

/// Fourteen nights of one course in virtual time, through import, pool and reporter: students join and leave, one night
/// the service is gone, one night the key is wrong, and from one night on the limit is another.
@Suite struct NightsTests {
  @Test func `every student has one workspace in the end, whatever the nights were like`() async throws {
    try await withTemporaryFolder { folder in
      let course = try SteppedCourse(folder, limit: "20/s", burst: 20)
      var random = SeededGenerator(seed: 14)
      var students = Array(1...40)
      var ever = Set(students)
      for night in 1...14 {
        if night > 1 {
          let leaving = Set(
            (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in students.randomElement(using: &random) })
          let joining = (0..<Int.random(in: 1...5, using: &random)).map { (ever.max() ?? 0) + 1 + $0 }
          students = students.filter { !leaving.contains($0) } + joining
          ever.formUnion(joining)
          course.time.advance(by: .seconds(86_400))
          let run = try nightly(course, night, students)
          let gone = try SteppedCourse.lines("gone.csv", of: run).map { $0.prefix { $0 != "," } }
          #expect(Set(gone.map(String.init)) == Set(leaving.map { "s\($0)" }), "night \(night)")
          #expect(run.summary.goneCount == leaving.count, "night \(night)")
        } else {
          _ = try nightly(course, night, students)
        }
      }
      // Who left on a night without service was never made.
      #expect(Set(students.map { "s\($0)" }).isSubset(of: course.service.names))
      #expect(course.service.names.isSubset(of: Set(ever.map { "s\($0)" })))
      #expect(course.service.createCount == course.service.names.count, "no create was sent for a name that was there")
      #expect(course.service.throttledCount < course.service.createCount / 5, "\(course.service.throttledCount)")
      try course.queue.close()
    }
  }

  /// One night and what must hold of it.
  private func nightly(_ course: SteppedCourse, _ night: Int, _ students: [Int]) throws -> SteppedCourse.Run {
    let before = course.service.names
    course.service.set(night == 5 ? .gone : night == 8 ? .deniesKey : .well)
    if night == 10 { course.service.set(Quota(rate: Rate("2/s") ?? .untilLearned, burst: 2)) }
    let run = try course.run(students, ["--max-wait", "60s", "--concurrency", "4"], number: night)
    let files = try ["succeeded.csv", "failed.csv", "unprocessed.csv"].map { try SteppedCourse.lines($0, of: run) }
    let names = files.flatMap { $0 }.map { String($0.prefix { $0 != "," }) }
    #expect(names.count == students.count && Set(names) == Set(students.map { "s\($0)" }), "night \(night)")
    let isNew = Set(names).subtracting(before)
    switch (night, run.end) {
    case (5, .paused), (8, .halted):
      #expect(course.service.names == before, "night \(night)")
      #expect(Set(files[2].map { String($0.prefix { $0 != "," }) }) == isNew, "night \(night)")
    default:
      #expect(run.end == .finished, "night \(night): \(run.end)")
      #expect(files[0].count == students.count, "night \(night): \(run.summary.states)")
      #expect(course.service.names == before.union(isNew), "night \(night)")
    }
    return run
  }
}
