// Values as they stand in the queue's file. A disk or a hand may have put anything there: what is not of its column's kind,
// or out of its range, is an error and never a crash.

import GRDB
import Pacing
import Provisioning

/// A value in a row is not what its column holds.
struct DamagedValue: Error, Hashable {
  /// The column, or what is wrong.
  let what: String
}

/// What a column can hold.
protocol StoredValue {
  /// The value; nil where it is none of this kind.
  static func stored(_ value: DatabaseValue) -> Self?
}

extension Row {
  /// A column's value, by its place.
  ///
  /// - Throws: `DamagedValue`.
  func get<Value: StoredValue>(_ index: Int) throws -> Value {
    guard let value = Value.stored(self[index] as DatabaseValue) else {
      throw DamagedValue(what: Array(columnNames)[index])
    }
    return value
  }

  /// A column's value, by its name.
  ///
  /// - Throws: `DamagedValue`.
  func get<Value: StoredValue>(_ column: String) throws -> Value {
    guard let stored = self[column] as DatabaseValue?, let value = Value.stored(stored) else {
      throw DamagedValue(what: column)
    }
    return value
  }
}

enum StoredRange {
  /// Counts, places and ids: what can be added to without a thought.
  static let integers: ClosedRange<Int64> = -(1 << 53)...(1 << 53)
  /// Instants.
  static let instants = Instant.sound
  /// A hundred years or so, in microseconds.
  static let durations: ClosedRange<Int64> = -4_000_000_000_000_000...4_000_000_000_000_000
  /// Number of a bucket of a window since the epoch.
  static let buckets: ClosedRange<Int64> = -10_000_000_000...10_000_000_000
}

extension Int64: StoredValue {
  static func stored(_ value: DatabaseValue) -> Int64? {
    guard case .int64(let number) = value.storage, StoredRange.integers.contains(number) else { return nil }
    return number
  }
}

extension Int: StoredValue {
  static func stored(_ value: DatabaseValue) -> Int? { Int64.stored(value).flatMap { Int(exactly: $0) } }
}

extension Int32: StoredValue {
  static func stored(_ value: DatabaseValue) -> Int32? { Int64.stored(value).flatMap { Int32(exactly: $0) } }
}

extension Bool: StoredValue {
  static func stored(_ value: DatabaseValue) -> Bool? {
    guard case .int64(let number) = value.storage, number == 0 || number == 1 else { return nil }
    return number == 1
  }
}

extension Double: StoredValue {
  static func stored(_ value: DatabaseValue) -> Double? {
    switch value.storage {
    case .double(let number) where number.isFinite && abs(number) < 1e9: number
    case .int64(let number) where abs(Double(number)) < 1e9: Double(number)
    default: nil
    }
  }
}

extension String: StoredValue {
  static func stored(_ value: DatabaseValue) -> String? {
    guard case .string(let text) = value.storage else { return nil }
    return text
  }
}

extension Instant: StoredValue {
  static func stored(_ value: DatabaseValue) -> Instant? {
    guard case .int64(let number) = value.storage, StoredRange.instants.contains(number) else { return nil }
    return Instant(microseconds: number)
  }
}

extension Duration: StoredValue {
  static func stored(_ value: DatabaseValue) -> Duration? {
    guard case .int64(let number) = value.storage, StoredRange.durations.contains(number) else { return nil }
    return .microseconds(number)
  }
}

extension StoredValue where Self: RawRepresentable, RawValue == String {
  static func stored(_ value: DatabaseValue) -> Self? { String.stored(value).flatMap { Self(rawValue: $0) } }
}

extension ItemState: StoredValue {}
extension Reason: StoredValue {}
extension Outcome.Kind: StoredValue {}
extension Rate.Period: StoredValue {}
extension Limit.Source: StoredValue {}

extension Optional: StoredValue where Wrapped: StoredValue {
  static func stored(_ value: DatabaseValue) -> Wrapped?? {
    value.isNull ? .some(nil) : Wrapped.stored(value).map { .some($0) }
  }
}
