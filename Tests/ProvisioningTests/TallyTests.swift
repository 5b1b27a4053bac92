import Provisioning
import Testing

@Suite struct TallyTests {
  private let tally = Tally(
    [.ready: 3, .leased: 1, .inDoubt: 2, .done: 20, .failed: 4, .cancelled: 5], invalidCount: 7)

  @Test func `a state that is missing has none`() {
    #expect(Tally()[.done] == 0)
    #expect(Tally([.done: 2])[.failed] == 0)
    #expect(tally[.done] == 20)
  }

  @Test func `the rows are all items and the invalid rows`() {
    #expect(tally.rowCount == 42)
    #expect(Tally(invalidCount: 3).rowCount == 3)
    #expect(Tally().rowCount == 0)
  }

  @Test func `unfinished are ready, leased and in doubt`() {
    #expect(tally.unfinishedCount == 6)
    #expect(Tally([.done: 9, .failed: 9, .cancelled: 9], invalidCount: 9).unfinishedCount == 0)
  }

  @Test func `a count of zero is the same as none`() {
    #expect(Tally([.done: 1, .failed: 0]) == Tally([.done: 1]))
  }
}
