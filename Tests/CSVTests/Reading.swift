// What the tests read with: a document in pieces, and all that came of it.

import CSV
import TestSupport

/// What came of a document: its records, and the error that ended it.
struct Reading: Equatable {
  var records: [Record] = []
  var error: CSVError?

  var fields: [[String]] { records.map(\.fields) }
  var problems: [CSVError] { records.flatMap(\.problems) }
}

/// Reads pieces of a document.
func read(_ pieces: [[UInt8]]) throws -> Reading {
  var (reader, reading) = (RecordReader(), Reading())
  do {
    for piece in pieces { try reader.feed(piece) { reading.records.append($0) } }
    try reader.finish { reading.records.append($0) }
  } catch let error as CSVError {
    reading.error = error
  }
  return reading
}

func read(_ bytes: [UInt8]) throws -> Reading { try read([bytes]) }
func read(_ text: String) throws -> Reading { try read(Array(text.utf8)) }

/// Reads a document byte by byte.
func readByByte(_ bytes: [UInt8]) throws -> Reading { try read(bytes.map { [$0] }) }

/// Cuts bytes at random places, now and then into empty pieces.
func cut(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [[UInt8]] {
  var (pieces, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
  while !rest.isEmpty {
    let count = min(rest.count, Int.random(in: 0...7, using: &generator))
    pieces.append(Array(rest.prefix(count)))
    rest = rest.dropFirst(count)
  }
  return pieces
}
