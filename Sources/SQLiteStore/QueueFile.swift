// The looks at the queue's file before SQLite opens it: whether it may be opened, whether it stands where it can be shared,
// whether it is ours, and whether its log was written for it.

import DurableQueue
import Files
import Foundation

/// A path at which a queue is, or is about to be.
struct QueueFile {
  /// What SQLite and this module put beside the file.
  private static let neighbours = ["-wal", "-shm", "-journal", ".lock", ".checkpoint"]

  let path: String

  /// Makes the folder (mode 0700) and an empty file (mode 0600) if need be.
  ///
  /// - Throws: `QueueError`.
  static func make(_ path: String, allowsNetwork: Bool) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if !allowsNetwork, let name = FileSystemCheck.networkName(of: nearest(folder)) {
      throw QueueError(.networkFileSystem, path: path, detail: name)
    }
    try makeFolder(folder, for: path)
    switch FileLook(path) {
    case .there: return
    case .refused(let refusal): throw QueueError.refused(path, at: path, refusal.code)
    case .absent:
      try QueueFile(path: path).refuseLogOfNothing()
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw QueueError.refused(path, at: path, errno, isMade: true) }
      close(descriptor)
    }
  }

  /// The folder, or the first above it that is there.
  private static func nearest(_ folder: String) -> String {
    var url = URL(fileURLWithPath: folder)
    while FileLook(url.path) == .absent, url.path != "/" { url.deleteLastPathComponent() }
    return url.path
  }

  private static func makeFolder(_ folder: String, for path: String) throws {
    switch FileLook(folder) {
    case .there: return
    case .refused(let refusal): throw QueueError.refused(path, at: folder, refusal.code)
    case .absent:
      let parent = URL(fileURLWithPath: folder).deletingLastPathComponent().path
      if parent != folder { try makeFolder(parent, for: path) }
      guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
        throw QueueError.refused(path, at: folder, errno, isMade: true)
      }
    }
  }

  // MARK: - The place

  /// Refuses a file that cannot be shared by its path, or that this process may not use together with its neighbours.
  func refusePlace() throws {
    var status = stat()
    guard stat(path, &status) == 0 else { throw QueueError.refused(path, at: path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw QueueError(.notOurs, path: path, detail: "it is no regular file")
    }
    if status.st_nlink > 1 { throw QueueError(.hardLink, path: path, detail: "\(status.st_nlink) names") }
    if FileSystemCheck.isMountPoint(path) { throw QueueError(.mountPoint, path: path, detail: "") }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try refuseWithoutAccess(folder, R_OK | W_OK | X_OK)
    for neighbour in [""] + Self.neighbours { try refuseWithoutAccess(path + neighbour, R_OK | W_OK) }
  }

  private func refuseWithoutAccess(_ file: String, _ mode: Int32) throws {
    guard faccessat(AT_FDCWD, file, mode, AT_EACCESS) != 0, errno != ENOENT else { return }
    throw QueueError.refused(path, at: file, errno)
  }

  // MARK: - The content

  /// What the first bytes tell.
  enum Beginning: Hashable {
    /// Nothing is in it yet: a first opening was cut off, or has not begun.
    case nothing
    /// It is one of ours.
    case ours
    /// Only SQLite can tell.
    case unclear
  }

  /// Looks at the file's first bytes and its journal's.
  ///
  /// - Throws: `QueueError` when they are no database's, or when its log was not written for it.
  func beginning() throws -> Beginning {
    // Before the journal: where it is there after that, its transaction had not ended then.
    let count = Self.size(path) ?? 0
    // A transaction that was to make the first page, and did not end; SQLite takes it back, and all that is behind.
    if let journal, journal.pageCount == 0 {
      guard count <= journal.pageSize else {
        throw strangeLog("-journal", "the file holds \(count) bytes, and \(path)-journal is of one that was empty")
      }
      return .nothing
    }
    let bytes = read(path, 100)
    if bytes.isEmpty {
      try refuseLogOfNothing()
      return .nothing
    }
    guard bytes.starts(with: Array("SQLite format 3\0".utf8)), bytes.count == 100 else {
      let isKnown = ["-wal", ".checkpoint"].contains { Self.size(path + $0) != nil }
      throw QueueError(
        isKnown ? .corrupt : .notOurs, path: path,
        detail: isKnown ? "its first bytes are not a queue's" : "it is no database of SQLite")
    }
    let application = Self.number(bytes[68..<72])
    return application == QueueSchema.applicationID ? .ours : .unclear
  }

  /// SQLite deletes the log of an empty file, with all that is in it; and takes a journal back into whatever it finds.
  func refuseLogOfNothing() throws {
    let state = "the file is \(Self.size(path) == nil ? "not there" : "empty")"
    if let count = Self.size(path + "-wal"), count > 0 {
      throw strangeLog("-wal", hasFile: false, "\(state), and \(path)-wal holds \(count) bytes of one")
    }
    if let count = journal?.pageCount, count > 0 {
      throw strangeLog("-journal", hasFile: false, "\(state), and \(path)-journal is of one with \(count) pages")
    }
  }

  /// A log or a journal that was not written for the file.
  func strangeLog(_ suffix: String, hasFile: Bool = true, _ detail: String) -> QueueError {
    QueueError(.strangeLog, path: path, detail: detail, log: StrangeLog(path + suffix, hasFile: hasFile))
  }

  /// Whether there is a log with something in it.
  var hasLog: Bool { (Self.size(path + "-wal") ?? 0) > 0 }

  /// The size of the file before the transaction that its journal takes back; nil when there is no such journal.
  private var journal: (pageCount: Int, pageSize: Int)? {
    let bytes = read(path + "-journal", 28)
    // https://www.sqlite.org/fileformat.html#the_rollback_journal
    guard bytes.count == 28, bytes.starts(with: [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]) else { return nil }
    return (Self.number(bytes[16..<20]), Self.number(bytes[24..<28]))
  }

  /// Whether there is a journal that takes something back.
  var hasJournal: Bool { (journal?.pageCount ?? 0) > 0 }

  /// How often the file was changed without a log, as its first page says.
  var changeCount: Int? {
    let bytes = read(path, 28)
    return bytes.count == 28 ? Self.number(bytes[24..<28]) : nil
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

  private func read(_ file: String, _ count: Int) -> [UInt8] {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: count)
    let found = pread(descriptor, &bytes, count, 0)
    return Array(bytes.prefix(max(0, found)))
  }

  /// A file's size; nil where it is not there.
  static func size(_ file: String) -> Int64? {
    var status = stat()
    return stat(file, &status) == 0 ? Int64(status.st_size) : nil
  }

  /// How the names of the files go on that are called as this one with `suffix`. What may not be listed is left to whoever
  /// may.
  func endings(after suffix: String) -> [String] {
    let url = URL(fileURLWithPath: path)
    let prefix = url.lastPathComponent + suffix
    let folder = url.deletingLastPathComponent().path
    guard case .success(let names) = Result(catching: { try FileManager.default.contentsOfDirectory(atPath: folder) })
    else { return [] }
    return names.compactMap { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : nil }
  }
}
