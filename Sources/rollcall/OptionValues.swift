// What the texts of options mean: rates, shares, times of day and durations.

import ArgumentParser
import Foundation
import Pacing

/// What an option's text may mean, where it has forms that nobody guesses. Not `ExpressibleByArgument`, whose refusal says
/// no more than that a value is invalid: an option reads it by `transform: Span.read`.
protocol FormedOption {
  /// The forms, to stand after "write".
  static var forms: String { get }

  init?(argument: String)
}

extension FormedOption {
  /// Reads an option's text; one that means nothing is refused with the forms.
  static func read(_ argument: String) throws -> Self {
    guard let value = Self(argument: argument) else { throw ValidationError("write \(forms).") }
    return value
  }
}

extension Rate: FormedOption {
  static let forms = "a whole number and its period, as 10/s, 90/m, 5000/h or 500/day, from 1 to 1000000"

  /// Reads a rate for an option.
  init?(argument: String) { self.init(argument) }
}

/// A rate, or that it is to be learned.
enum RateOption: FormedOption, Hashable {
  static let forms = Rate.forms + ", or auto"

  case auto
  case said(Rate)

  var rate: Rate? { if case .said(let rate) = self { rate } else { nil } }

  init?(argument: String) {
    if argument == "auto" {
      self = .auto
    } else if let rate = Rate(argument) {
      self = .said(rate)
    } else {
      return nil
    }
  }
}

/// How many failed rows are too many: `20`, or `3%` of a batch.
struct HaltAfter: FormedOption {
  static let forms =
    "a number of rows from 1 on, as 20, or a share of the batch of more than 0% and at most 100%, as 3%"

  private let number: Double
  private let isShare: Bool

  init?(argument: String) {
    isShare = argument.hasSuffix("%")
    guard let number = Double(isShare ? String(argument.dropLast()) : argument), number > 0, number <= 1_000_000_000,
      !isShare || number <= 100, isShare || number == number.rounded()
    else { return nil }
    self.number = number
    text = argument
  }

  /// As it was written.
  let text: String

  /// The number for a batch of so many rows; a share is at least 5, so that a small class survives a typing error.
  func count(of rowCount: Int) -> Int {
    isShare ? max(5, Int((Double(rowCount) * number / 100).rounded(.up))) : Int(number)
  }
}

/// A time of day, `06:00`.
struct TimeOfDay: FormedOption {
  static let forms = "a time of day from 00:00 to 23:59, as 06:30"

  private let hour: Int
  private let minute: Int

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...2).contains(parts[0].count), parts[1].count == 2, let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0..<24).contains(hour), (0..<60).contains(minute)
    else { return nil }
    (self.hour, self.minute) = (hour, minute)
  }

  /// The next instant at which this machine's clock shows it, and what it shows then: in the night in which clocks are set
  /// forward an hour is left out, and a time in it is an hour later. In the machine's own zone unless told.
  func next(after now: Instant, in zone: TimeZone? = nil) -> (instant: Instant, shown: String?) {
    func offset(at seconds: Int) -> Int {
      zone?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))) ?? LocalTime.offset(at: Int64(seconds))
    }
    func clock(at seconds: Int) -> Int { (seconds + offset(at: seconds)) % 86_400 / 60 }
    let present = Int(now.microseconds / 1_000_000)
    let today = (present + offset(at: present)) / 86_400
    let wanted = hour * 60 + minute
    for day in today...today + 2 {
      let local = day * 86_400 + wanted * 60
      // As if the clocks were not set that day; then as they are, where they were set before that time or are set after.
      let unset = local - offset(at: day * 86_400 - offset(at: present) - 6 * 3_600)
      let shown = [unset, local - offset(at: unset), local - offset(at: unset + 2 * 3_600)].filter {
        clock(at: $0) == wanted
      }
      guard let seconds = (shown.isEmpty ? [unset] : shown).sorted().first(where: { $0 > present }) else { continue }
      let clock = clock(at: seconds)
      return (
        Instant(microseconds: Int64(seconds) * 1_000_000),
        clock == wanted ? nil : String(format: "%02d:%02d", clock / 60, clock % 60)
      )
    }
    return (now + .seconds(86_400), nil)
  }

  /// As it was written.
  var text: String { String(format: "%02d:%02d", hour, minute) }
}

/// A duration for an option.
struct Span: FormedOption {
  static let forms = "a whole number and its unit, as 500ms, 30s, 5m or 2h, at most 10000h"

  let duration: Duration
  /// As it was written.
  let text: String

  init(_ duration: Duration, _ text: String) { (self.duration, self.text) = (duration, text) }

  init?(argument: String) {
    guard let duration = Duration(text: argument) else { return nil }
    self.init(duration, argument)
  }
}
