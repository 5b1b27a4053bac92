import Foundation
import TestSupport
import Testing

@testable import Files

/// Files that get their names when they are whole.
@Suite struct NewFileTests {
  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test func `a file has its name when it is whole, and is for its owner alone`() async throws {
    try await withTemporaryFolder { path in
      let folder = try Folder(path)
      let file = try NewFile("a", in: folder, mark: "m")
      file.buffer += Array("text".utf8)
      try file.sync()
      #expect(!FileManager.default.fileExists(atPath: path + "/a"))
      let partial = try #require(try names(path).first)
      #expect(NewFile.isPartial(partial, mark: "m") && !NewFile.isPartial(partial, mark: "other"))
      try file.rename()
      #expect(try names(path) == ["a"])
      #expect(try String(contentsOfFile: path + "/a", encoding: .utf8) == "text")
      let mode = try FileManager.default.attributesOfItem(atPath: path + "/a")[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func `one that is given up leaves nothing, and a hidden one has no name at all`() async throws {
    try await withTemporaryFolder { path in
      let folder = try Folder(path)
      do {
        let file = try NewFile("a", in: folder, mark: "m")
        #expect(try names(path).count == 1)
        withExtendedLifetime(file) {}
      }
      #expect(try names(path).isEmpty)
      let hidden = try NewFile("b", in: folder, mark: "m")
      hidden.hide()
      #expect(try names(path).isEmpty)
      hidden.buffer += Array("0123456789".utf8)
      let file = try NewFile("c", in: folder, mark: "m")
      try file.append(2..<5, of: hidden)
      try file.sync()
      try file.rename()
      #expect(try String(contentsOfFile: path + "/c", encoding: .utf8) == "234")
    }
  }

  @Test func `only one has a folder's lock, the other is told who, and nothing of it is left`() async throws {
    try await withTemporaryFolder { path in
      let folder = try Folder(path)
      do {
        let lock = try FolderLock.acquire(folder, upTo: .zero)
        #expect(lock.isHeld)
        let error = #expect(throws: FileError.self) { _ = try FolderLock.acquire(try Folder(path), upTo: .zero) }
        #expect(error?.code == .busy(getpid()))
        withExtendedLifetime(lock) {}
      }
      #expect(try names(path).isEmpty)
      let again = try FolderLock.acquire(folder, upTo: .zero)
      #expect(again.isHeld)
    }
  }

  @Test func `a link in the lock's place is not followed`() async throws {
    try await withTemporaryFolder { path in
      try "victim".write(toFile: path + "/victim", atomically: false, encoding: .utf8)
      #expect(symlink("victim", path + "/" + FolderLock.name) == 0)
      #expect(throws: FileError.self) { _ = try FolderLock.acquire(try Folder(path), upTo: .zero) }
      #expect(try String(contentsOfFile: path + "/victim", encoding: .utf8) == "victim")
    }
  }

  @Test func `a folder is made with those above it, and a file in its place is told`() async throws {
    try await withTemporaryFolder { path in
      let folder = try Folder.made(path + "/a/b/c/")
      try folder.tryWriting()
      #expect(try names(path + "/a/b/c").isEmpty)
      try "".write(toFile: path + "/file", atomically: false, encoding: .utf8)
      #expect(throws: FileError(path + "/file", .system(ENOTDIR))) { _ = try Folder.made(path + "/file") }
      #expect(throws: FileError(path + "/file/a", .system(ENOTDIR))) { _ = try Folder.made(path + "/file/a") }
      #expect(rmdir(path + "/a/b/c") == 0)
      #expect(throws: FileError.self) { try folder.tryWriting() }
    }
  }
}
