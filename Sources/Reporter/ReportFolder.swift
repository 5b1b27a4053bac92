// The folder of a report: whose it is, what may be replaced in it, and how all of its files get their names at once.

import Files

/// A report's folder.
struct ReportFolder {
  /// What the names of files under way begin with.
  static let mark = "rollcall-report"
  /// The files in the order that they get their names; the summary is the last, so that who waits for it finds the others.
  static let names = [
    OutcomeFiles.succeeded, OutcomeFiles.failed, OutcomeFiles.unprocessed, OutcomeFiles.gone, OutcomeFiles.changed,
    OutcomeFiles.lines,
    OutcomeFiles.page, OutcomeFiles.summary,
  ]

  let folder: Folder
  private let needed: NeededFiles

  /// Makes the folder or opens it, and refuses it if its files could not be written at the end.
  ///
  /// - Throws: `ReportError` when it is another report's; `FileError`.
  init(_ path: String, of owner: ReportOwner, needed: NeededFiles) throws {
    self.needed = needed
    folder = try Folder.made(path)
    try check(owner)
    try folder.tryWriting()
  }

  /// Refuses the folder if it is another report's, or if what has a file's name in it is not ours to replace.
  func check(_ owner: ReportOwner) throws {
    try Self.refuseTaken(folder, by: owner)
    try Self.refuseOthers(in: folder, needed: needed)
  }

  private static func refuseTaken(_ folder: Folder, by owner: ReportOwner) throws {
    guard let summary = try Summary.origin(in: folder), !owner.owns(summary) else { return }
    throw ReportError(
      folder.path, .folderTaken(batch: summary.batch, label: summary.label, database: summary.database))
  }

  /// Refuses a folder in which a file's name has something that is not ours to replace.
  private static func refuseOthers(in folder: Folder, needed: NeededFiles) throws(FileError) {
    for name in names { try OutputPlace(name, in: folder).check(needed: needed) { isKind(name, $0) } }
  }

  /// Refuses a path at which no report could be written, as far as that can be checked without making anything.
  static func refuse(_ path: String, to owner: ReportOwner?, needed: NeededFiles) throws {
    if FileLook(path) == .absent { return try Folder.refuseMaking(path) }
    let folder = try Folder(path)
    if let owner { try refuseTaken(folder, by: owner) }
    try refuseOthers(in: folder, needed: needed)
    try folder.tryWriting()
  }

  /// Whether a file of this name looks like one of a report, by its beginning.
  static func isKind(_ name: String, _ beginning: [UInt8]) -> Bool {
    func has(_ text: String) -> Bool { beginning.firstRange(of: Array(text.utf8)) != nil }
    switch name {
    case OutcomeFiles.lines: return beginning.first == UInt8(ascii: "{") && has(#""line":"#)
    case OutcomeFiles.page: return has("<title>Rollcall report</title>")
    case OutcomeFiles.summary: return has(#""schemaVersion""#) && has(#""database""#)
    case OutcomeFiles.changed: return has(OutcomeFiles.changedColumns[1])
    // Also one that a person has mended, whatever separates its cells now.
    default: return has(OutcomeFiles.columns[0])
    }
  }

  /// Removes what writers left that were killed; only while the folder's lock is held.
  func removeLeftovers() throws(FileError) {
    try folder.removeFiles { name in
      [Self.mark, NewFile.trialMark].contains { NewFile.isPartial(name, mark: $0) }
    }
  }

  /// Gives all files their names, once the disk has every one of them.
  ///
  /// - Throws: `FileError` when nothing was replaced; `ReportError` when some were.
  func publish(_ files: [NewFile]) throws {
    for file in files { try file.sync() }
    try folder.sync()
    var renamedCount = 0
    do {
      for file in files {
        try file.rename()
        renamedCount += 1
      }
    } catch {
      guard renamedCount > 0 else { throw error }
      throw ReportError(error.path, .mixed(error.code))
    }
    try folder.sync()
  }
}

extension NewFile {
  /// Starts a file of a report.
  convenience init(_ name: String, of folder: Folder) throws(FileError) {
    try self.init(name, in: folder, mark: ReportFolder.mark)
  }
}
