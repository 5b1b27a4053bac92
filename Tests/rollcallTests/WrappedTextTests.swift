import Provisioning
import TestSupport
import Testing

@testable import rollcall

/// Lines that a terminal would break inside a word.
@Suite struct WrappedTextTests {
  private static let plan = [
    "Plan for class.csv: 300 rows", "  endpoint  https://df.apigw.ntruss.com", "  rows      300 new",
    "  carried   학번, 성명, 학과, 이메일 주소, 전화번호, 분반, 담당 교수, 수강 신청 일시, 비고, 지도 교수 and 3 more",
    "  pace      10000/s, burst 2 (--rate): 70264 creates in 7 s or more, as fast as the service answers, done "
      + "2023-11-14T22:13:27Z at the earliest",
  ]

  @Test(arguments: [
    (
      80,
      """
      Plan for class.csv: 300 rows
        endpoint  https://df.apigw.ntruss.com
        rows      300 new
        carried   학번, 성명, 학과, 이메일 주소, 전화번호, 분반, 담당 교수, 수강 신청
                  일시, 비고, 지도 교수 and 3 more
        pace      10000/s, burst 2 (--rate): 70264 creates in 7 s or more, as fast as
                  the service answers, done 2023-11-14T22:13:27Z at the earliest
      """
    ),
    (
      120,
      """
      Plan for class.csv: 300 rows
        endpoint  https://df.apigw.ntruss.com
        rows      300 new
        carried   학번, 성명, 학과, 이메일 주소, 전화번호, 분반, 담당 교수, 수강 신청 일시, 비고, 지도 교수 and 3 more
        pace      10000/s, burst 2 (--rate): 70264 creates in 7 s or more, as fast as the service answers, done
                  2023-11-14T22:13:27Z at the earliest
      """
    ),
  ])
  func `a plan on a terminal is broken between words, below its last column`(columns: Int, text: String) {
    #expect(Self.plan.flatMap { $0.wrapped(columns: columns, indent: 12) }.joined(separator: "\n") == text)
  }

  @Test func `words stay whole at any width, and nothing is lost`() {
    for line in Self.plan {
      for columns in 0...130 {
        let lines = line.wrapped(columns: columns, indent: 12)
        #expect(lines.flatMap { $0.split(separator: " ") } == line.split(separator: " "))
        for line in lines where columns > 40 { #expect(line.terminalWidth <= columns, "\(columns): \(line)") }
      }
    }
  }

  @Test func `what is no terminal gets the line as it is`() {
    for drawsProgress in [false, true] {
      nonisolated(unsafe) var text = ""
      let context = Context(
        environment: [:], folder: "/", output: { _ in }, errorOutput: { text += $0 }, readAnswer: { nil },
        isInteractive: false, drawsProgress: drawsProgress, terminalWidth: { 80 }, time: ManualTimeSource(),
        handlesSignals: false)
      context.tell(Self.plan[4], wrappedTo: 12)
      #expect(text.split(separator: "\n").count == (drawsProgress ? 2 : 1))
    }
  }
}
