import Testing

@testable import rollcall

/// What an option may be is said where it is refused.
@Suite struct OptionFormTests {
  @Test(arguments: [
    ("run", "--max-wait", "5x"), ("run", "--settle-delay", "1.5m"), ("run", "--request-timeout", "30"),
    ("resume", "--drain-timeout", "1 min"), ("sandbox", "--latency", "fast"), ("sandbox", "--late-by", "20000h"),
  ])
  func `a duration that is none is refused with its forms`(verb: String, option: String, value: String) async throws {
    try await refuses(
      verb, option, value, "write a whole number and its unit, as 500ms, 30s, 5m or 2h, at most 10000h.")
  }

  @Test(arguments: [
    ("run", "--rate", "often", ", or auto."), ("retry", "--rate", "10/sec", ", or auto."),
    ("sandbox", "--rate-limit", "1.5/s", "to 1000000."),
  ])
  func `a rate that is none is refused with its forms`(
    verb: String, option: String, value: String, end: String
  ) async throws {
    try await refuses(
      verb, option, value, "write a whole number and its period, as 10/s, 90/m, 5000/h or 500/day, from 1")
    try await refuses(verb, option, value, end)
  }

  @Test(arguments: [
    ("--halt-after", "many", "write a number of rows from 1 on, as 20, or a share of the batch"),
    ("--halt-after", "0%", "as 3%."), ("--deadline", "6pm", "write a time of day from 00:00 to 23:59, as 06:30."),
    ("--deadline", "24:00", "as 06:30."), ("--max-gone", "most", "a whole number of rows from 0 on, or a share"),
  ])
  func `so is a share and a time of day`(option: String, value: String, forms: String) async throws {
    try await refuses("run", option, value, forms)
  }

  private func refuses(_ verb: String, _ option: String, _ value: String, _ forms: String) async throws {
    try await CommandFixture.with { fixture in
      let roster = verb == "run" ? ["class.csv"] : []
      let result = await fixture.run([verb] + roster + [option, value], answer: nil, isInteractive: false)
      #expect(result.status == 2 && result.errorOutput.contains(forms), "\(result)")
      #expect(result.errorOutput.contains(option) && result.errorOutput.contains("'\(value)'"), "\(result)")
    }
  }
}
