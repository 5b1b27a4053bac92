// Where a queue must not be: SQLite's log needs memory that all its users share, which a network does not give.

import DurableQueue
import Foundation

enum FileSystemCheck {
  /// Types of file systems on which a write-ahead log is unsafe, as the kernel names them, and as people do.
  private static let unsafe = [
    "nfs": "NFS", "nfs4": "NFS", "cifs": "SMB", "smb3": "SMB", "smbfs": "SMB", "ncpfs": "NCP", "9p": "9p",
    "afs": "AFS", "openafs": "AFS", "coda": "Coda", "ceph": "Ceph", "lustre": "Lustre", "gpfs": "GPFS",
    "beegfs": "BeeGFS", "beegfs_nodev": "BeeGFS", "pvfs2": "OrangeFS", "orangefs": "OrangeFS", "glusterfs": "GlusterFS",
    "ocfs2": "OCFS2", "gfs2": "GFS2", "virtiofs": "virtiofs", "vboxsf": "a folder shared by VirtualBox",
    "vmhgfs": "a folder shared by VMware", "prl_fs": "a folder shared by Parallels",
    "fakeowner": "a folder shared by Docker",
    "drvfs": "a Windows drive",
  ]
  /// What runs through FUSE and is a disk of this machine with one path to each file all the same.
  private static let localFUSE: Set<String> = [
    "fuseblk", "fuse.fuse-overlayfs", "fuse.ext2", "fuse.ext3", "fuse.ext4", "fuse.fuse-ext2", "fuse.ntfs-3g",
    "fuse.ntfs", "fuse.exfat", "fuse.exfat-fuse", "fuse.zfs", "fuse.zfs-fuse", "fuse.gocryptfs", "fuse.encfs",
    "fuse.cryfs", "fuse.securefs",
  ]

  /// The name of the network file system that a folder is on; nil when it is on none, or where the system does not tell.
  static func networkName(of folder: String) -> String? {
    mounts.flatMap { networkName(of: URL(fileURLWithPath: folder).resolvingSymlinksInPath().path, mounts: $0) }
  }

  /// The same, from the text of `/proc/self/mountinfo` (proc(5)): the last of the longest mount points counts.
  static func networkName(of path: String, mounts: String) -> String? {
    var best: (length: Int, type: String)?
    forEachMount(mounts) { point, type in
      guard point == "/" || path == point || path.hasPrefix(point + "/") else { return }
      if point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, type) }
    }
    return best.flatMap { networkName(ofType: $0.type) }
  }

  /// What people call a type of file system, if it is unsafe.
  private static func networkName(ofType type: String) -> String? {
    if let name = unsafe[type] { return name }
    // FUSE may be anything; most of it is a network or a second path to files elsewhere.
    guard type == "fuse" || type.hasPrefix("fuse."), !localFUSE.contains(type) else { return nil }
    return type == "fuse.sshfs" ? "SSHFS" : type == "fuse" ? "FUSE" : "\(type.dropFirst(5)), by FUSE"
  }

  /// Whether a file is a mount point itself.
  static func isMountPoint(_ path: String) -> Bool { mounts.map { isMountPoint(path, mounts: $0) } ?? false }

  /// The same, from the text of `/proc/self/mountinfo`.
  static func isMountPoint(_ path: String, mounts: String) -> Bool {
    var isOne = false
    forEachMount(mounts) { point, _ in if point == path { isOne = true } }
    return isOne
  }

  private static var mounts: String? { Proc.text("/proc/self/mountinfo") }

  private static func forEachMount(_ mounts: String, _ body: (_ point: String, _ type: String) -> Void) {
    for line in mounts.split(separator: "\n") {
      // 36 35 98:0 /root /mount/point rw,noatime shared:1 - nfs4 server:/share rw
      let halves = line.components(separatedBy: " - ")
      let words = halves[0].split(separator: " ")
      guard halves.count > 1, words.count > 4, let type = halves[1].split(separator: " ").first else { continue }
      body(unescaped(words[4]), String(type))
    }
  }

  /// Blanks, tabs, line ends and backslashes of a mount point are written in octal: `\040`.
  private static func unescaped(_ word: Substring) -> String {
    guard word.contains("\\") else { return String(word) }
    var bytes: [UInt8] = []
    var rest = word.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
