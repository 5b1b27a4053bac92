// A folder that is held open: what is made in it lands there, whatever its path leads to meanwhile.

import Foundation

/// An open folder.
package final class Folder: Sendable {
  /// As it was named.
  package let path: String
  let descriptor: Int32

  /// Opens a folder.
  package init(_ path: String) throws(FileError) {
    self.path = path
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path, .system(errno)) }
  }

  deinit { close(descriptor) }

  /// Makes a folder and those above it that are missing, mode 0700, and opens it; one that is there is opened.
  package static func made(_ path: String) throws(FileError) -> Folder {
    try make(path)
    return try Folder(path)
  }

  /// Refuses a path at which no folder could be made; makes nothing.
  package static func refuseMaking(_ path: String) throws(FileError) {
    var parts = path.split(separator: "/").dropLast()
    while true {
      let above = (path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
      if let facts = try FileFacts.of(above) {
        guard facts.kind == .folder else { throw FileError(path, .system(ENOTDIR)) }
        guard faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) == 0 else { throw FileError(path, .system(errno)) }
        return
      }
      guard parts.popLast() != nil else { return }
    }
  }

  private static func make(_ path: String) throws(FileError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    let parts = path.split(separator: "/", omittingEmptySubsequences: true).dropLast()
    guard errno == ENOENT, !parts.isEmpty else { throw FileError(path, .system(errno)) }
    try make((path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/"))
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw FileError(path, .system(errno)) }
  }

  /// The path of a name in it.
  package func path(of name: String) -> String { path.hasSuffix("/") ? path + name : "\(path)/\(name)" }

  /// Tries whether a file can be made, written and removed in it.
  package func tryWriting() throws(FileError) {
    let file = try NewFile("", in: self, mark: NewFile.trialMark)
    file.buffer = [UInt8](repeating: 0, count: 4_096)
    do { try file.flush() } catch { throw FileError(path, error.code) }
  }

  /// Whether an owner is whom this process makes files as in this folder: on a share that need not be its own user.
  func isOwn(_ owner: UInt32) throws(FileError) -> Bool {
    if owner == geteuid() { return true }
    return try NewFile("", in: self, mark: NewFile.trialMark).owner == owner
  }

  /// The beginning of a file in it; nil when there is no regular file of that name. Links are not followed.
  package func beginning(of name: String, upTo count: Int = 1 << 18) throws(FileError) -> [UInt8]? {
    guard let facts = try FileFacts.of(name, in: self), facts.kind == .regular else { return nil }
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw FileError(path(of: name), .system(errno)) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    var length = 0
    while length < count {
      let read = bytes.withUnsafeMutableBytes {
        pread(file, $0.baseAddress?.advanced(by: length), count - length, off_t(length))
      }
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw FileError(path(of: name), .system(errno)) }
      if read == 0 { break }
      length += read
    }
    return Array(bytes[..<length])
  }

  /// Waits until the disk has its names.
  package func sync() throws(FileError) {
    // Some file systems sync no folders.
    guard fsync(descriptor) == 0 || [EINVAL, EBADF, ENOSYS, EOPNOTSUPP].contains(errno) else {
      throw FileError(path, .system(errno))
    }
  }

  /// Removes the regular files in it that are our own and whose name is such.
  package func removeFiles(where isSuch: (String) -> Bool) throws(FileError) {
    for name in try names() where isSuch(name) {
      guard let facts = try FileFacts.of(name, in: self), facts.kind == .regular, try isOwn(facts.owner) else {
        continue
      }
      guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
        throw FileError(path(of: name), .system(errno))
      }
    }
  }

  private func names() throws(FileError) -> [String] {
    // A descriptor of its own: closing the listing closes it.
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0 else { throw FileError(path, .system(errno)) }
    guard let listing = fdopendir(own) else {
      let code = errno
      close(own)
      throw FileError(path, .system(code))
    }
    defer { closedir(listing) }
    var names: [String] = []
    while let entry = readdir(listing) {
      names.append(
        withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return names
  }
}
