// Where a queue must not be: SQLite's log needs memory that all its users share, which a network does not give.

import Foundation

enum FileSystemCheck {
  /// Types of file systems on which a write-ahead log is unsafe, as the kernel names them, and as people do.
  private static let unsafe = [
    "nfs": "NFS", "nfs4": "NFS", "cifs": "SMB", "smb3": "SMB", "smbfs": "SMB", "9p": "9p", "afs": "AFS", "ceph": "Ceph",
    "fuse.sshfs": "SSHFS",
  ]

  /// The name of the network file system that a folder is on; nil when it is on none, or where the system does not tell.
  static func networkName(of folder: String) -> String? {
    guard let mounts = FileManager.default.contents(atPath: "/proc/self/mountinfo") else { return nil }
    let path = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    return networkName(of: path, mounts: String(decoding: mounts, as: UTF8.self))
  }

  /// The same, from the text of `/proc/self/mountinfo` (proc(5)): the last of the longest mount points counts.
  static func networkName(of path: String, mounts: String) -> String? {
    var best: (length: Int, type: String)?
    for line in mounts.split(separator: "\n") {
      // 36 35 98:0 /root /mount/point rw,noatime shared:1 - nfs4 server:/share rw
      let halves = line.components(separatedBy: " - ")
      let words = halves[0].split(separator: " ")
      guard halves.count > 1, words.count > 4, let type = halves[1].split(separator: " ").first else { continue }
      // White space in a mount point is written in octal.
      let point = words[4].replacingOccurrences(of: "\\040", with: " ")
      guard point == "/" || path == point || path.hasPrefix(point + "/") else { continue }
      if point.count >= best?.length ?? 0 { best = (point.count, String(type)) }
    }
    return best.flatMap { unsafe[$0.type] }
  }
}
