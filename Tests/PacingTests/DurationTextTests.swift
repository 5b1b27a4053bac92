import Pacing
import Testing

@Suite struct DurationTextTests {
  @Test(arguments: [
    ("0ms", Duration.zero), ("500ms", .milliseconds(500)), ("30s", .seconds(30)), ("0s", .zero), ("5m", .seconds(300)),
    ("2h", .seconds(7_200)), ("090s", .seconds(90)), ("10000h", .seconds(36_000_000)),
    ("600000m", .seconds(36_000_000)), ("36000000s", .seconds(36_000_000)), ("36000000000ms", .seconds(36_000_000)),
  ])
  func `a duration is read as people write it`(text: String, expected: Duration) {
    #expect(Duration(text: text) == expected)
  }

  @Test(arguments: [
    "", "s", "ms", "30", "30 s", " 30s", "30s ", "-1s", "-0s", "+5s", "1.5s", "1e3s", "5d", "5min", "5M", "30S",
    "0x10s",
    "５s", "10001h", "600001m", "36000001s", "36000000001ms", "99999999999999999999s", "9223372036854775807h",
  ])
  func `anything else is no duration`(text: String) {
    #expect(Duration(text: text) == nil)
  }

  @Test(arguments: [
    (Duration.zero, "0 ms"), (.seconds(-5), "0 ms"), (.microseconds(900), "0 ms"), (.milliseconds(850), "850 ms"),
    (.microseconds(999_999), "999 ms"), (.seconds(1), "1 s"), (.milliseconds(1_499), "1 s"),
    (.milliseconds(1_500), "2 s"), (.seconds(41), "41 s"), (.milliseconds(59_499), "59 s"),
    (.milliseconds(59_500), "1 min"), (.seconds(60), "1 min"), (.seconds(125), "2 min 5 s"),
    (.seconds(3_599), "59 min 59 s"), (.milliseconds(3_599_500), "1 h"), (.seconds(3_600), "1 h"),
    (.seconds(11_400), "3 h 10 min"), (.seconds(86_399), "23 h 59 min"), (.seconds(86_400), "1 d"),
    (.seconds(97_200), "1 d 3 h"),
  ])
  func `a duration is told in two units at most`(duration: Duration, text: String) {
    #expect(duration.displayText == text)
  }

  @Test(arguments: [
    (Duration.zero, "1 s"), (.seconds(-5), "1 s"), (.milliseconds(24), "1 s"), (.milliseconds(1_600), "2 s"),
    (.seconds(41), "41 s"), (.milliseconds(59_600), "1 min"), (.seconds(125), "2 min 5 s"), (.seconds(86_400), "1 d"),
  ])
  func `what lies ahead is told in whole seconds, never as nothing`(duration: Duration, text: String) {
    #expect(duration.forecastText == text)
  }

  @Test func `the longest duration is told too`() {
    #expect(Duration.seconds(Int64.max).displayText == "106751991 d 4 h")
  }
}
