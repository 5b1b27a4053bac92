// Values as they go into the database and come out of it. A disk or a hand may have put anything there: what is not of its
// column's kind, or out of its range, is an error and never a crash.

package import Pacing
package import Provisioning

/// A value of a column, or of an argument.
package enum SQLValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  /// Bytes that are no text; nothing of ours writes any.
  case bytes
}

/// What can be an argument of a statement.
package protocol Bindable {
  /// It as a column has it.
  var sqlValue: SQLValue { get }
}

/// The arguments of a statement: in their order, or by name.
package enum Arguments: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  /// One for each `?`, or `?1`, `?2` and so on.
  case ordered([(any Bindable)?])
  /// One for each `:name`; one that the statement has not is left out, one that is missing is an error.
  case named([(String, (any Bindable)?)])

  /// Arguments in their order.
  package init(arrayLiteral elements: (any Bindable)?...) { self = .ordered(elements) }

  /// Arguments by name, without the colon.
  package init(dictionaryLiteral elements: (String, (any Bindable)?)...) { self = .named(elements) }
}

extension Int64: Bindable { package var sqlValue: SQLValue { .integer(self) } }
extension Int: Bindable { package var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Int32: Bindable { package var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Bool: Bindable { package var sqlValue: SQLValue { .integer(self ? 1 : 0) } }
extension Double: Bindable { package var sqlValue: SQLValue { .real(self) } }
extension BaseURL: Bindable { package var sqlValue: SQLValue { .text(text) } }
extension String: Bindable { package var sqlValue: SQLValue { .text(self) } }

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

extension StoredValue where Self: FixedWidthInteger {
  /// The number, if it is one that can be added to.
  package static func stored(_ value: SQLValue) -> Self? {
    guard case .integer(let number) = value, StoredRange.integers.contains(number) else { return nil }
    return Self(exactly: number)
  }
}

extension Int64: StoredValue {}
extension Int: StoredValue {}
extension Int32: StoredValue {}

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
