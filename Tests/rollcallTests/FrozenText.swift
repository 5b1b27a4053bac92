// Outputs that are compared as a whole: what differs from one run to the next is written as a word in capitals.

import Foundation

extension CommandFixture {
  /// A text with times, durations, the folder, the endpoint, ids and the mark of UTF-8 as words.
  func frozen(_ text: String) -> String {
    var text = text.replacing(folder, with: "FOLDER").replacing(endpoint, with: "ENDPOINT")
    text = text.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/#, with: "TIME")
    text = text.replacing(#/after \d+(\.\d+)? ?s\b/#, with: "after DURATION")
    text = text.replacing(#/\b\d+(\.\d+)? ?(ms|µs|us)\b/#, with: "DURATION")
    text = text.replacing(
      #/"(actualSeconds|forecastSeconds|p50|p90|p95|p99|max|latencySeconds|latency_ms)" ?: ?[0-9.e-]+/#
    ) {
      "\"\($0.output.1)\" : SECONDS"
    }
    text = text.replacing(#/YPI[A-Za-z0-9]+0(\d)\b/#) { "ID-\($0.output.1)" }
    text = text.replacing(#/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "REQUEST")
    text = text.replacing(#/\bq[0-9a-f]{16}\b/#.wordBoundaryKind(.simple), with: "QUEUE")
    text = text.replacing(#/\b(Finished|Stopped|Paused|Ended|since|Began) \d\d:\d\d/#) { "\($0.output.1) CLOCK" }
    text = text.replacing(#/\b\d{4}-\d\d-\d\d \d\d:\d\d\b/#, with: "DAY CLOCK")
    return text.replacing("\u{FEFF}", with: "BOM").replacing("\r\n", with: "\n")
  }
}
