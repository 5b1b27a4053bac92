import Foundation
import Storm
import TestSupport
import Testing

/// A short storm with the real command; `scripts/storm` is the long one.
@Suite struct StormTests {
  /// The command, which is built beside the tests.
  static var executable: String? {
    let folders =
      [Bundle.main.bundlePath, CommandLine.arguments.first.map { ($0 as NSString).deletingLastPathComponent }]
      + ProcessInfo.processInfo.arguments.filter { $0.hasSuffix(".xctest") }
      .map { ($0 as NSString).deletingLastPathComponent }
    return folders.compactMap { $0.map { $0 + "/rollcall" } }.first(where: FileManager.default.isExecutableFile)
  }

  @Test(arguments: [false, true])
  func `workers that are killed and stopped at random make every row once`(acceptsDuplicates: Bool) async throws {
    let executable = try #require(Self.executable, "the command was not built")
    try await withTemporaryFolder { folder in
      var storm = Storm(executable: executable, folder: folder)
      (storm.rowCount, storm.killCount, storm.rate) = (250, 4, 100)
      storm.acceptsDuplicates = acceptsDuplicates
      storm.timeLimit = 120
      let result = storm.run()
      print(result)
      #expect(result.failure == nil, "\(result)")
      #expect(result.reportCount == storm.reportCount, "\(result)")
    }
  }
}
