import DurableQueue
import Files
import Foundation
import Pacing
import Provisioning
import TestSupport
import Testing

@testable import Reporter

/// What a report may replace, what it leaves, and how two writers get on.
@Suite struct ReportFolderTests {
  private func names(_ fixture: ReportFixture) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: fixture.folder).sorted()
  }

  /// Why a report cannot be written.
  private func error(_ fixture: ReportFixture, needed: NeededFiles = NeededFiles()) -> ReportError? {
    let files = OutcomeFiles(of: fixture.batch, in: fixture.queue, to: fixture.folder, needed: needed, lockWait: .zero)
    do {
      try files.write(at: fixture.time.now())
      return nil
    } catch {
      return error as? ReportError
    }
  }

  @Test(arguments: ReportFolder.names)
  func `a link, a folder, a pipe or something else in a file's place is refused, and nothing is written`(
    name: String
  ) async throws {
    try await ReportFixture.with(["n1"]) { fixture in
      let path = "\(fixture.folder)/\(name)"
      _ = try Folder.made(fixture.folder)
      let victim = fixture.folder + "-victim"
      try "victim".write(toFile: victim, atomically: false, encoding: .utf8)
      #expect(symlink(victim, path) == 0)
      #expect(error(fixture) == ReportError(path, .file(.notAFile(.link))))
      #expect(try String(contentsOfFile: victim, encoding: .utf8) == "victim")
      #expect(unlink(path) == 0 && mkdir(path, 0o700) == 0)
      #expect(error(fixture) == ReportError(path, .file(.notAFile(.folder))))
      #expect(rmdir(path) == 0 && mkfifo(path, 0o600) == 0)
      #expect(error(fixture) == ReportError(path, .file(.notAFile(.pipe))))
      #expect(unlink(path) == 0)
      try "student,note\nKim,x\n".write(toFile: path, atomically: false, encoding: .utf8)
      #expect(error(fixture) == ReportError(path, .file(.otherContent)))
      #expect(unlink(path) == 0 && link(fixture.queue.path, path) == 0)
      #expect(error(fixture) == ReportError(path, .file(.needed(.queue))))
      #expect(try names(fixture) == [name])
      #expect(unlink(path) == 0)
      #expect(error(fixture) == nil)
      #expect(error(fixture) == nil, "a report is replaced by the next")
    }
  }

  @Test func `the roster and the template are left alone, also by another name`() async throws {
    try await ReportFixture.with(["n1"]) { fixture in
      _ = try Folder.made(fixture.folder)
      let roster = fixture.folder + "/failed.csv"
      try "name,rollcall_state\nn1,failed\n".write(toFile: roster, atomically: false, encoding: .utf8)
      var needed = NeededFiles()
      try needed.add(roster, as: .template)
      #expect(error(fixture, needed: needed) == ReportError(roster, .file(.needed(.template))))
      // A batch is called after its roster unless told otherwise.
      let hard = fixture.folder + "-class.csv"
      #expect(link(roster, hard) == 0)
      try await ReportFixture.with(["n1"], label: hard) { named in
        let files = OutcomeFiles(of: named.batch, in: named.queue, to: fixture.folder)
        #expect(throws: ReportError(roster, .file(.needed(.roster)))) { try files.prepareFolder() }
      }
    }
  }

  @Test(arguments: ["[1, 2]", #""many""#, "null"])
  func `the report of a later Rollcall is somebody's, too, whatever its figures look like`(states: String) async throws
  {
    try await ReportFixture.with(["n1"]) { fixture in
      _ = try Folder.made(fixture.folder)
      let summary = """
        {"schemaVersion": 9, "batch": 7, "database": "/other.db", "queueId": "another", "courseId": 2, "label": "spring",
         "endpoint": "https://example.com", "states": \(states)}
        """
      try summary.write(toFile: fixture.folder + "/summary.json", atomically: false, encoding: .utf8)
      let taken = ReportError(fixture.folder, .folderTaken(batch: 7, label: "spring", database: "/other.db"))
      #expect(error(fixture) == taken)
      #expect(try names(fixture) == ["summary.json"])
    }
  }

  @Test func `a file in the folder's place is told, and one that a person has mended is ours`() async throws {
    try await ReportFixture.with(["n1"]) { fixture in
      try "".write(toFile: fixture.folder, atomically: false, encoding: .utf8)
      #expect(error(fixture) == ReportError(fixture.folder, .file(.system(ENOTDIR))))
      #expect(unlink(fixture.folder) == 0)
      try fixture.write()
      let mended = try fixture.text("failed.csv").replacingOccurrences(of: ",", with: ";")
      try mended.write(toFile: fixture.folder + "/failed.csv", atomically: false, encoding: .utf8)
      try "".write(toFile: fixture.folder + "/gone.csv", atomically: false, encoding: .utf8)
      #expect(error(fixture) == nil)
    }
  }

  private static let leftovers = [
    ".rollcall-report.0123456789abcdef0123456789abcdef.partial",
    ".rollcall-trial.0123456789abcdef0123456789abcdef.partial",
  ]
  private static let others = [
    ".succeeded.csv.12345.partial", ".notes.csv.12345.partial", ".succeeded.csv.partial", "succeeded.csv.1.partial",
    ".failed.csv.x.partial",
    ".rollcall-report.1.partial", ".rollcall-issues.0123456789abcdef0123456789abcdef.partial",
  ]

  @Test func `what killed writers left is removed, and nothing else`() async throws {
    try await ReportFixture.with(["n1"]) { fixture in
      _ = try Folder.made(fixture.folder)
      for name in Self.leftovers + Self.others {
        try "x".write(toFile: "\(fixture.folder)/\(name)", atomically: false, encoding: .utf8)
      }
      #expect(mkdir(fixture.folder + "/.gone.csv.1.partial", 0o700) == 0)
      try fixture.write()
      #expect(try names(fixture) == (ReportFolder.names + Self.others + [".gone.csv.1.partial"]).sorted())
    }
  }

  @Test func `while another writes, nothing is removed or replaced, and who it is is told`() async throws {
    try await ReportFixture.with(["n1"]) { fixture in
      let before = try fixture.write()
      try await fixture.settle([Outcome(.made, remoteID: "a")])
      do {
        let lock = try FolderLock.acquire(Folder(fixture.folder), upTo: .zero)
        let leftover = fixture.folder + "/" + Self.leftovers[0]
        try "x".write(toFile: leftover, atomically: false, encoding: .utf8)
        #expect(error(fixture) == ReportError(fixture.folder, .file(.busy(getpid()))))
        #expect(FileManager.default.fileExists(atPath: leftover))
        #expect(try Summary.read(in: Folder(fixture.folder)) == before)
        withExtendedLifetime(lock) {}
      }
      #expect(error(fixture) == nil)
      #expect(try Summary.read(in: Folder(fixture.folder))?.states["done"] == 1)
      #expect(try names(fixture) == ReportFolder.names.sorted())
    }
  }

  @Test func `a writer that had to wait writes the state of after its wait`() async throws {
    try await ReportFixture.with(["n1", "n2"]) { fixture in
      let lock = Held(try FolderLock.acquire(Folder.made(fixture.folder), upTo: .zero))
      async let summary = Task.detached { try fixture.write() }.value
      try await fixture.settle([Outcome(.made, remoteID: "a"), Outcome(.made, remoteID: "b")])
      lock.release()
      #expect(try await summary.states["done"] == 2)
      #expect(try fixture.records("succeeded.csv").count == 3)
    }
  }

  @Test func `a file that cannot get its name leaves the older ones, or says that they are of two reports`()
    async throws
  {
    try await withTemporaryFolder { path in
      let course = Course(service: "fake", baseURL: "https://example.com", label: "class")
      let owner = try ReportOwner(course, in: nil, database: "db")
      let report = try ReportFolder(path, of: owner, needed: NeededFiles())
      func files(_ names: [String]) throws -> [NewFile] {
        try names.map { name in
          let file = try NewFile(name, of: report.folder)
          file.buffer += Array("new".utf8)
          return file
        }
      }
      #expect(mkdir(path + "/failed.csv", 0o700) == 0)
      #expect(throws: FileError(path + "/failed.csv", .system(EISDIR))) {
        try report.publish(files(["failed.csv", "succeeded.csv"]))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["failed.csv"])
      #expect(throws: ReportError(path + "/failed.csv", .mixed(.system(EISDIR)))) {
        try report.publish(files(["succeeded.csv", "failed.csv"]))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == ["failed.csv", "succeeded.csv"])
    }
  }

  @Test func `a folder that is removed meanwhile is made again, and the figures need none`() async throws {
    try await ReportFixture.with(["n1"]) { fixture in
      let files = OutcomeFiles(of: fixture.batch, in: fixture.queue, to: fixture.folder)
      try files.prepareFolder()
      #expect(rmdir(fixture.folder) == 0)
      let figures = try files.summary(at: fixture.time.now())
      #expect(!FileManager.default.fileExists(atPath: fixture.folder))
      #expect(try fixture.write() == figures)
    }
  }
}

/// A lock that is let go of by hand.
private final class Held {
  private var lock: FolderLock?

  init(_ lock: FolderLock) { self.lock = lock }

  func release() { lock = nil }
}
