// A look at a file that tells "it is not there" from "it may not be looked at", and whose file is in the way.

import Foundation

/// What a look at a path showed.
package enum FileLook: Hashable, Sendable {
  /// There is no such file.
  case absent
  /// There is one.
  case there(FileIdentity)
  /// The system does not let this process look, or cannot.
  case refused(FileRefusal)

  /// Looks at what stands at a path, through symbolic links.
  package init(_ path: String) {
    var status = stat()
    guard stat(path, &status) != 0 else {
      self = .there(FileIdentity(status))
      return
    }
    let code = errno
    self = code == ENOENT || code == ENOTDIR ? .absent : .refused(FileRefusal(path, code))
  }
}

extension FileLook {
  /// The bytes of a file; nil when there is none. Reading ends with the piece that brings more than `most`.
  package static func contents(of path: String, upTo most: Int = .max) throws(FileRefusal) -> [UInt8]? {
    // Not to block: opening a pipe waits for whoever writes into it.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { return nil }
      throw FileRefusal(path, code)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileRefusal(path, errno) }
      if count == 0 { return bytes }
      bytes += piece[..<count]
      if bytes.count > most { return bytes }
    }
  }
}

/// Which file it is, whatever it is called, and what kind of file.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  /// Its number on its device.
  package let inode: UInt64
  private let isRegular: Bool

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }
}

/// That the system does not let this process at a file: why, what stands in the way, and whose that is.
package struct FileRefusal: Error, Hashable, Sendable {
  /// The system's reason (`errno`).
  package let code: Int32
  /// What stands in the way: the file, or the first folder above it that may not be entered.
  package let path: String
  /// Whether that is a folder.
  package let isFolder: Bool
  /// The name of its owner, or `uid N`; nil where even that may not be seen.
  package let owner: String?
  /// Whether its owner is this process's user.
  package let isOurs: Bool
  /// Its permissions, as `chmod` takes them.
  package let mode: String
  /// The name of this process's user, or `uid N`.
  package let user: String

  /// Finds out what stands in the way of a file, or, where it would have to be made, of its folder.
  package init(_ path: String, _ code: Int32, folderIsWanted: Bool = false) {
    self.code = code
    let culprit = Self.culprit(path, folderIsWanted: folderIsWanted)
    var status = stat()
    let isSeen = stat(culprit, &status) == 0
    self.path = culprit
    isFolder = isSeen && status.st_mode & S_IFMT == S_IFDIR
    owner = isSeen ? Self.name(of: status.st_uid) : nil
    isOurs = isSeen && status.st_uid == geteuid()
    mode = String(status.st_mode & 0o7777, radix: 8)
    user = Self.name(of: geteuid())
  }

  /// What the system said, in words.
  package var reason: String { String(cString: strerror(code)) }

  /// The reason, and whose it is: `Permission denied; the folder /home/kim/.local belongs to root, and this is kim`.
  package var sentence: String {
    guard let owner, code == EACCES || code == EPERM else { return "\(reason) (\(path))" }
    let thing = "\(isFolder ? "the folder" : "the file") \(path)"
    return isOurs
      ? "\(reason); \(thing) belongs to \(owner), this user, but its mode is \(mode)"
      : "\(reason); \(thing) belongs to \(owner), and this is \(user)"
  }

  /// The first folder from the top that may not be entered; else the file, or its folder where it must be made.
  private static func culprit(_ path: String, folderIsWanted: Bool) -> String {
    var folder = ""
    for part in path.split(separator: "/").dropLast() {
      let next = "\(folder)/\(part)"
      var status = stat()
      // What is not there would have to be made in the folder above.
      if stat(next, &status) != 0, errno == ENOENT { return folder.isEmpty ? "/" : folder }
      folder = next
      if faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0 { return folder }
    }
    let top = folder.isEmpty ? "/" : folder
    var status = stat()
    return folderIsWanted || stat(path, &status) != 0 ? top : path
  }

  private static func name(of user: uid_t) -> String {
    var entry = passwd()
    var result: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    guard getpwuid_r(user, &entry, &buffer, buffer.count, &result) == 0, result != nil, let name = entry.pw_name else {
      return "uid \(user)"
    }
    return String(cString: name)
  }
}
