import Files
import Foundation
import TestSupport
import Testing

/// Files for what is too much for memory.
@Suite struct SpoolTests {
  @Test func `what was appended is read back, in any part`() throws {
    let spool = try Spool()
    try spool.append(Data("one".utf8))
    try spool.append([UInt8]("two".utf8))
    #expect(try spool.bytes(0..<6) == Array("onetwo".utf8))
    #expect(try spool.bytes(2..<4) == Array("et".utf8))
    #expect(try spool.bytes(6..<6) == [])
    #expect(throws: FileError.self) { try spool.bytes(0..<7) }
  }

  @Test func `it has no name in the folder for temporary files`() throws {
    let spool = try Spool()
    try spool.append(Data("a,b\n".utf8))
    #expect(try Data(contentsOf: URL(fileURLWithPath: spool.path)) == Data("a,b\n".utf8))
    #if os(Linux)
      #expect(spool.path.hasPrefix("/proc/self/fd/"))
      let name = try FileManager.default.destinationOfSymbolicLink(atPath: spool.path)
      #expect(name.hasSuffix(" (deleted)") && !FileManager.default.fileExists(atPath: name))
      #expect(FileFacts.of(descriptor: Int32(spool.path.dropFirst("/proc/self/fd/".count)) ?? -1)?.mode == 0o600)
    #endif
  }

  @Test func `a file that may grow no further is an error with its folder`() async throws {
    // A limit on the size of files stands for a full disk, in a process of its own.
    await #expect(processExitsWith: .success) {
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1_000, rlim_max: 1_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let spool = try Spool()
      try spool.append([UInt8](repeating: 1, count: 900))
      let folder = FileManager.default.temporaryDirectory.path
      let error = #expect(throws: FileError.self) { try spool.append([UInt8](repeating: 1, count: 200)) }
      #expect(error == FileError(folder, .system(EFBIG)))
    }
  }
}
