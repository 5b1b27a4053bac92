import TestSupport
import Testing

@testable import Spreadsheet

/// gzip, piece by piece.
@Suite struct InflaterTests {
  private func unpacked(_ bytes: [UInt8], by size: Int = 1 << 16, into room: Int = 1 << 16) throws -> [UInt8] {
    let inflater = try Inflater(.gzip)
    var rest = bytes[...]
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: room)
    while true {
      let count = try buffer.withUnsafeMutableBufferPointer { buffer in
        try inflater.read(into: buffer) {
          defer { rest = rest.dropFirst(size) }
          return Array(rest.prefix(size))
        }
      }
      guard count > 0 else { return all }
      all += buffer[..<count]
    }
  }

  private static let text = Array((0..<3_000).map { "row \($0 * 7919 % 3001)\n" }.joined().utf8)

  @Test(arguments: [1, 2, 7, 1_000, 1 << 16])
  func `several streams one after another are one, however the pieces fall`(size: Int) throws {
    let (first, second) = (Array(Self.text.prefix(5_000)), Array(Self.text.dropFirst(5_000)))
    let packed = Deflated.gzip(first) + Deflated.gzip([]) + Deflated.gzip(second)
    #expect(try unpacked(packed, by: size) == Self.text)
    #expect(try unpacked(packed + [0, 0, 0], by: size) == Self.text)
    #expect(try unpacked(packed, by: size, into: 1) == Self.text)
    // A piece may end right where a stream does.
    #expect(try unpacked(packed, by: Deflated.gzip(first).count) == Self.text)
  }

  @Test func `what is cut or damaged is refused`() throws {
    let packed = Deflated.gzip(Array(Self.text.prefix(300)))
    for count in packed.indices {
      #expect(throws: InflateError.cut) { try unpacked(Array(packed[..<count])) }
    }
    for index in packed.indices where !(3...9).contains(index) {
      var changed = packed
      changed[index] ^= 0x55
      #expect(throws: InflateError.self) { try unpacked(changed) }
    }
    #expect(throws: InflateError.broken) { try unpacked(packed + Array("more".utf8)) }
    #expect(throws: InflateError.cut) { try unpacked(packed + [0x1F]) }
  }

  @Test func `what grows more than two hundredfold is refused beyond 64 MiB`() throws {
    let zeros = [UInt8](repeating: 0x61, count: 8 << 20)
    let one = Deflated.gzip(zeros)
    #expect(try unpacked((0..<8).flatMap { _ in one }).count == 64 << 20)
    #expect(throws: InflateError.bomb) { try unpacked((0..<9).flatMap { _ in one }) }
  }
}
