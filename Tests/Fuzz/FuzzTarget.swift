// What libFuzzer calls; `scripts/fuzz` builds it once for each reader, which it names with a flag of the compiler.

import Foundation

#if FUZZ_CSV
  private let reader = FuzzedReader.csv
#elseif FUZZ_JSON
  private let reader = FuzzedReader.json
#elseif FUZZ_XLSX
  private let reader = FuzzedReader.xlsx
#else
  private let reader = FuzzedReader.template
#endif

private let path = FileManager.default.temporaryDirectory.appendingPathComponent("fuzzed-\(getpid())").path

/// Tries one input; what must hold and does not ends the process.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    try reader.check(Array(UnsafeBufferPointer(start: start, count: count)), path: path)
  } catch {
    fatalError("\(error)")
  }
  return 0
}
