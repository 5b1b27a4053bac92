// What stands at a path: looked at before anything is written there.

import Foundation

/// What the system tells of a file.
package struct FileFacts: Hashable, Sendable {
  /// What kind of file it is.
  package enum Kind: Hashable, Sendable {
    case regular, folder, link, pipe, device, socket
  }

  /// What kind of file it is.
  package let kind: Kind
  /// Which file it is.
  package let identity: FileIdentity
  /// Its owner, by number.
  package let owner: UInt32
  /// Who may do what with it: the last twelve bits of its mode.
  package let mode: UInt32
  /// Its length in bytes.
  package let size: Int64

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .device
      }
    identity = FileIdentity(status)
    owner = status.st_uid
    mode = UInt32(status.st_mode) & 0o7777
    size = Int64(status.st_size)
  }

  /// Looks at what a path leads to, through links; nil when there is nothing, which is not the same as that it may not be
  /// looked at.
  package static func of(_ path: String) throws(FileError) -> FileFacts? {
    var status = stat()
    if stat(path, &status) == 0 { return FileFacts(status) }
    guard errno == ENOENT || errno == ENOTDIR else { throw FileError(path, .system(errno)) }
    return nil
  }

  /// Looks at an open file; nil when the number is none.
  package static func of(descriptor: Int32) -> FileFacts? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? FileFacts(status) : nil
  }

  /// Looks at a name in a folder, not through links; nil when there is nothing.
  static func of(_ name: String, in folder: Folder) throws(FileError) -> FileFacts? {
    var status = stat()
    if fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return FileFacts(status) }
    guard errno == ENOENT else { throw FileError("\(folder.path)/\(name)", .system(errno)) }
    return nil
  }
}
