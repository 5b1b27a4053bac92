import Files
import Foundation
import TestSupport
import Testing

@Suite struct FileLookTests {
  @Test func `what is not there is absent, also below a file`() async throws {
    try await withTemporaryFolder { folder async throws in
      #expect(FileLook(folder + "/none") == .absent)
      #expect(FileLook("/dev/null/below") == .absent)
      #expect(FileLook(folder + "/none/none") == .absent)
      #expect(try FileLook.contents(of: folder + "/none") == nil)
    }
  }

  @Test func `one file of two names is one file, two equal files are two`() async throws {
    try await withTemporaryFolder { folder async throws in
      for name in ["a", "b"] { try "x".write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8) }
      #expect(link("\(folder)/a", "\(folder)/c") == 0)
      #expect(FileLook("\(folder)/a") == FileLook("\(folder)/c"))
      #expect(FileLook("\(folder)/a") != FileLook("\(folder)/b"))
      #expect(try FileLook.contents(of: "\(folder)/c") == Array("x".utf8))
    }
  }

  @Test func `what cannot be looked at is refused with the system's reason, not absent`() async throws {
    try await withTemporaryFolder { folder async throws in
      #expect(symlink("loop", folder + "/loop") == 0)
      for path in [folder + "/loop", folder + "/loop/below", folder + "/" + String(repeating: "n", count: 300)] {
        guard case .refused(let refusal) = FileLook(path) else {
          Issue.record("\(path) was not refused")
          continue
        }
        #expect([ELOOP, ENAMETOOLONG].contains(refusal.code))
        #expect(throws: FileRefusal.self) { try FileLook.contents(of: path) }
      }
      #expect(throws: FileRefusal.self) { try FileLook.contents(of: folder) }
    }
  }

  @Test func `a folder that may not be entered is named, and whose it is`() async throws {
    try await withTemporaryFolder { folder async throws in
      _ = await #expect(processExitsWith: .success) { [folder = folder as String] in
        let closed = folder + "/closed"
        #expect(mkdir(closed, 0o700) == 0)
        #expect(FileManager.default.createFile(atPath: closed + "/file", contents: nil))
        // Nobody is kept out of a folder of root's but others.
        if geteuid() == 0 { #expect(seteuid(12_345) == 0) } else { #expect(chmod(closed, 0) == 0) }
        guard case .refused(let refusal) = FileLook(closed + "/file") else { fatalError("it may be looked at") }
        #expect(refusal.code == EACCES && refusal.path == closed && refusal.isFolder)
        #expect(refusal.sentence.contains("Permission denied; the folder \(closed) belongs to"))
        guard case .refused(let absent) = FileLook(closed + "/none/none") else { fatalError("it may be looked at") }
        #expect(absent.path == closed)
      }
    }
  }
}

@Suite struct KernelFileTests {
  @Test func `a file of the kernel is read to its end, though its size is 0 and it comes in pieces`() throws {
    let bytes = try #require(try FileLook.contents(of: "/proc/self/maps"))
    #expect(bytes.count > 8_192 && bytes.last == UInt8(ascii: "\n"))
  }

  @Test func `reading can end behind a size`() throws {
    let all = try #require(try FileLook.contents(of: "/proc/self/maps"))
    let bytes = try #require(try FileLook.contents(of: "/proc/self/maps", upTo: 5_000))
    #expect(bytes.count > 5_000 && bytes.count < all.count)
  }
}
