// What one request, or one moment later, changes: applied when it happens, and again when the state file is read.

import Pacing

/// What becomes of one workspace.
enum Effect: Codable, Hashable, Sendable {
  /// It is there.
  case made(workspace: Workspace, nextID: UInt64)
  /// It has another configuration.
  case configured(id: String, version: Workspace.Version)
  /// It is there no more.
  case removed(id: String)
}

/// A line of the state file.
struct Change: Codable, Hashable, Sendable {
  /// What a request was and what it was answered.
  struct Request: Codable, Hashable, Sendable {
    var operation: String
    var status: Int
    /// The gateway's code.
    var code: Int?
    var isRefusal: Bool
    /// For a create: whether its name existed.
    var isForExistingKey: Bool?
    /// For a create: its members that no field knows, by path.
    var unknownPaths: [String]?
  }

  /// The times that the state file may hold, in microseconds: those that RFC 3339 can write.
  static let times: ClosedRange<Int64> = 0...253_402_300_799_999_999

  /// When, in microseconds since the epoch.
  var at: Int64
  /// Nil for what happens between requests.
  var request: Request?
  var effect: Effect?
  /// What went wrong on purpose, by name.
  var faults: [String]?
  /// The workspace that somebody else removed, `account/name`.
  var vanishedKey: String?

  init(at now: Instant) { at = now.microseconds }

  /// Whether its times can be told.
  var isPlausible: Bool {
    switch effect {
    case .made(let workspace, _): Self.times.contains(at) && workspace.isPlausible
    case .configured(_, let version): Self.times.contains(at) && Self.times.contains(version.createdAt)
    case .removed, nil: Self.times.contains(at)
    }
  }

  mutating func note(_ fault: Fault) { faults = (faults ?? []) + [fault.rawValue] }
}

extension Workspace {
  /// Whether its times can be told.
  var isPlausible: Bool { ([createdAt, modifiedAt] + versions.map(\.createdAt)).allSatisfy(Change.times.contains) }
}
