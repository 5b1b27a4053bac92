// The bytes that mean something in CSV.

extension UInt8 {
  static let quote = UInt8(ascii: "\"")
  static let comma = UInt8(ascii: ",")
  static let newline = UInt8(ascii: "\n")
  static let `return` = UInt8(ascii: "\r")

  var isLineEnd: Bool { self == .newline || self == .return }
}
