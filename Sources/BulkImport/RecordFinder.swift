// Single records of a roster again, by number, without having kept them: places are noted now and then, and the file is
// read on from the nearest.

import CSV
import Foundation

/// Finds records that the current reading has passed.
struct RecordFinder {
  private static let distance = 64
  private static let chunkSize = 1 << 14

  private struct Found: Error {
    let record: Record
  }

  private let path: String
  private let shownAs: String
  private let separator: UInt8
  private var file: RosterFile?
  private var places: [RecordPlace] = []
  private var passedCount = 0

  init(path: String, shownAs: String, separator: UInt8) {
    self.separator = separator
    self.path = path
    self.shownAs = shownAs
  }

  /// Notes that a record was passed. Records come in the file's order.
  mutating func pass(_ record: Record) {
    if passedCount.isMultiple(of: Self.distance) { places.append(record.place) }
    passedCount += 1
  }

  /// The record with this number, which was passed; reads at most 64 records.
  ///
  /// - Throws: `RosterError`, when it is there no more.
  mutating func record(_ number: Int) throws -> Record {
    let opened = try file ?? RosterFile(path: path, shownAs: shownAs)
    file = opened
    guard let place = place(before: number) else { throw RosterError(.changed, file: shownAs) }
    try opened.seek(to: place.offset)
    var reader = RecordReader(from: place, separator: separator)
    let check: (Record) throws -> Void = { record in
      if record.number == number { throw Found(record: record) }
    }
    do {
      while let chunk = try opened.chunk(of: Self.chunkSize) {
        try chunk.withUnsafeBytes { try reader.feed($0.bindMemory(to: UInt8.self), check) }
      }
      try reader.finish(check)
    } catch let found as Found {
      return found.record
    } catch is CSVError {
      throw RosterError(.changed, file: shownAs)
    }
    throw RosterError(.changed, file: shownAs)
  }

  /// The last place noted that is not behind the record.
  private func place(before number: Int) -> RecordPlace? {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].number <= number { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? places[low - 1] : nil
  }
}
