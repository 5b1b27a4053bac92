import Dispatch
import GRDB
import Pacing
import Synchronization
import Testing

@testable import SQLiteStore

/// How commands share commits.
@Suite struct GroupCommitTests {
  @Test func `everyone has an answer of their own, in a crowd and alone after it, patient or not`() async throws {
    let commits = Atomic(0)
    let writer = GroupCommitWriter(writer: try DatabaseQueue(), time: SystemTimeSource()) { _ in
      commits.add(1, ordering: .relaxed)
    }
    for size in [200, 1, 1, 3, 1] {
      let answers = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<size {
          group.addTask { try await writer.submit(patiently: number.isMultiple(of: 2)) { _ in number } }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.sorted() == Array(0..<size))
    }
    #expect((4...206).contains(commits.load(ordering: .relaxed)))
    #expect(writer.waitingCount == 0)
  }

  @Test func `a commit waits for patient commands only, up to sixty-four, and only where several came together`() {
    func isEnough(_ count: Int, impatient: Bool = false, after lastCount: Int) -> Bool {
      GroupCommitWriter.isEnough(count, hasImpatient: impatient, after: lastCount)
    }
    #expect(isEnough(0, after: 0) && isEnough(1, after: 0) && isEnough(1, after: 1))
    #expect(!isEnough(0, after: 2) && !isEnough(1, after: 2) && !isEnough(63, after: 300))
    #expect(isEnough(64, after: 2) && isEnough(1, impatient: true, after: 300))
  }
}
