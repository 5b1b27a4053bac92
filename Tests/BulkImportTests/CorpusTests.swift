import Foundation
import Testing

/// All that `scripts/fuzz` has kept, tried again: one input for each way through a reader, and each that once went wrong.
@Suite struct CorpusTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzz/Corpus")

  @Test(arguments: FuzzedReader.allCases)
  func `what the fuzzers have found is read as it should`(reader: FuzzedReader) throws {
    let folder = Self.folder.appending(path: reader.rawValue)
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(files.count > 20)
    let path = FileManager.default.temporaryDirectory.appending(path: "rollcall-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    for file in files {
      let input = try Array(Data(contentsOf: file))
      #expect(throws: Never.self, "\(file.path)") { try reader.check(input, path: path) }
    }
  }
}
