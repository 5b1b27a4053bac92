// Values as they stand in the queue's file. A disk or a hand may have put anything there: what is not of its column's kind,
// or out of its range, is an error and never a crash.

package import Pacing
package import Provisioning

/// A value in a row is not what its column holds.
package struct DamagedValue: Error, Hashable {
  /// The column, or what is wrong.
  package let what: String
}

/// What a column can hold.
package protocol StoredValue {
  /// The value; nil where it is none of this kind.
  static func stored(_ value: SQLValue) -> Self?
}

/// What can stand in columns of numbers.
package enum StoredRange {
  /// Counts, places and ids: what can be added to without a thought.
  package static let integers: ClosedRange<Int64> = -(1 << 53)...(1 << 53)
  /// Instants.
  package static let instants = Instant.sound
  /// A hundred years or so, in microseconds.
  package static let durations: ClosedRange<Int64> = -4_000_000_000_000_000...4_000_000_000_000_000
  /// Number of a bucket of a window since the epoch.
  package static let buckets: ClosedRange<Int64> = -10_000_000_000...10_000_000_000
}

extension Int64: StoredValue {
  package static func stored(_ value: SQLValue) -> Int64? {
    guard case .integer(let number) = value, StoredRange.integers.contains(number) else { return nil }
    return number
  }
}

extension Int: StoredValue {
  package static func stored(_ value: SQLValue) -> Int? { Int64.stored(value).flatMap { Int(exactly: $0) } }
}

extension Int32: StoredValue {
  package static func stored(_ value: SQLValue) -> Int32? { Int64.stored(value).flatMap { Int32(exactly: $0) } }
}

extension Bool: StoredValue {
  package static func stored(_ value: SQLValue) -> Bool? {
    guard case .integer(let number) = value, number == 0 || number == 1 else { return nil }
    return number == 1
  }
}

extension Double: StoredValue {
  package static func stored(_ value: SQLValue) -> Double? {
    switch value {
    case .real(let number) where number.isFinite && abs(number) < 1e9: number
    case .integer(let number) where abs(Double(number)) < 1e9: Double(number)
    default: nil
    }
  }
}

extension String: StoredValue {
  package static func stored(_ value: SQLValue) -> String? {
    guard case .text(let text) = value else { return nil }
    return text
  }
}

extension BaseURL: StoredValue {
  package static func stored(_ value: SQLValue) -> BaseURL? {
    String.stored(value).flatMap { text in BaseURL(text).flatMap { $0.text == text ? $0 : nil } }
  }
}

extension Instant: StoredValue {
  package static func stored(_ value: SQLValue) -> Instant? {
    guard case .integer(let number) = value, StoredRange.instants.contains(number) else { return nil }
    return Instant(microseconds: number)
  }
}

extension Duration: StoredValue {
  package static func stored(_ value: SQLValue) -> Duration? {
    guard case .integer(let number) = value, StoredRange.durations.contains(number) else { return nil }
    return .microseconds(number)
  }
}

extension StoredValue where Self: RawRepresentable, RawValue == String {
  /// The value of that name.
  package static func stored(_ value: SQLValue) -> Self? { String.stored(value).flatMap { Self(rawValue: $0) } }
}

extension ItemState: StoredValue {}
extension Reason: StoredValue {}
extension Outcome.Kind: StoredValue {}
extension Rate.Period: StoredValue {}
extension Limit.Source: StoredValue {}

extension Optional: StoredValue where Wrapped: StoredValue {
  package static func stored(_ value: SQLValue) -> Wrapped?? {
    value == .null ? .some(nil) : Wrapped.stored(value).map { .some($0) }
  }
}
