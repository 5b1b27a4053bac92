// Where a file may be written: over nothing, or over an older one of the same kind. Never over what else is needed.

import Foundation

/// Files that no output may take the place of, whatever they are called: by what they are, not by their paths' text.
package struct NeededFiles: Sendable {
  private var roles: [FileIdentity: FileRole] = [:]
  private var queues: [(folder: FileIdentity, name: String)] = []

  /// Nothing is needed yet.
  package init() {}

  /// Adds a file; one that is not there needs no protection.
  package mutating func add(_ path: String, as role: FileRole) throws(FileError) {
    if let facts = try FileFacts.of(path), facts.kind != .folder { roles[facts.identity] = role }
  }

  /// Adds a queue with what belongs beside it, also what is not there yet: all names that begin like its own.
  package mutating func add(queue path: String) throws(FileError) {
    for path in Set([path, URL(fileURLWithPath: path).resolvingSymlinksInPath().path]) {
      for end in ["", "-wal", "-shm", "-journal", ".lock", ".checkpoint"] { try add(path + end, as: .queue) }
      let (folder, name) = OutputPlace.split(path)
      if let facts = try FileFacts.of(folder) { queues.append((facts.identity, name)) }
    }
  }

  /// What a file is needed as; nil when it is not.
  package func role(of facts: FileFacts) -> FileRole? { roles[facts.identity] }

  /// What a name in a folder is needed as, whether it is there or not.
  func role(of name: String, in folder: Folder) -> FileRole? {
    guard let facts = FileFacts.of(descriptor: folder.descriptor) else { return nil }
    let isOfQueue = queues.contains { queue in
      guard queue.folder == facts.identity, name.hasPrefix(queue.name) else { return false }
      let end = name.dropFirst(queue.name.count)
      return end.isEmpty || end.hasPrefix("-") || end.hasPrefix(".")
    }
    return isOfQueue ? .queue : nil
  }
}

/// A name in a folder that a file is to get.
package struct OutputPlace {
  /// The folder.
  package let folder: Folder
  /// The name.
  package let name: String

  /// Names a place in an open folder.
  package init(_ name: String, in folder: Folder) {
    self.folder = folder
    self.name = name
  }

  /// The place that a path leads to, through links; a link that leads nowhere is refused.
  package init(_ path: String) throws(FileError) {
    var (folder, name) = Self.split(path)
    let isThere = try FileFacts.of(path) != nil
    if isThere { (folder, name) = Self.split(URL(fileURLWithPath: path).resolvingSymlinksInPath().path) }
    self.init(name, in: try Folder(folder))
    if !isThere, let facts = try FileFacts.of(name, in: self.folder) { throw FileError(path, .notAFile(facts.kind)) }
  }

  static func split(_ path: String) -> (folder: String, name: String) {
    let url = URL(fileURLWithPath: path)
    return (url.deletingLastPathComponent().path, url.lastPathComponent)
  }

  /// Refuses the place unless there is nothing, or a regular file of this user, not needed, that is empty or of the kind.
  package func check(needed: NeededFiles, isKind: (_ beginning: [UInt8]) -> Bool) throws(FileError) {
    let path = folder.path(of: name)
    if let role = needed.role(of: name, in: folder) { throw FileError(path, .needed(role)) }
    guard let facts = try FileFacts.of(name, in: folder) else { return }
    if let role = needed.role(of: facts) { throw FileError(path, .needed(role)) }
    guard facts.kind == .regular else { throw FileError(path, .notAFile(facts.kind)) }
    guard try folder.isOwn(facts.owner) else { throw FileError(path, .otherOwner(facts.owner)) }
    guard facts.size > 0, let beginning = try folder.beginning(of: name) else { return }
    guard isKind(beginning) else { throw FileError(path, .otherContent) }
  }
}
