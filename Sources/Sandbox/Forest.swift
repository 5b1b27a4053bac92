// The forest behind the gateway, as a value: operations in, replies out, the time given. It answers impossible requests
// with the service's errors, never politely.

import DataForest
import Foundation
import Pacing
import Provisioning

/// A workspace of the sandbox.
struct Workspace: Codable, Hashable, Sendable {
  /// One configuration with its times, in microseconds since the epoch.
  struct Version: Codable, Hashable, Sendable {
    var configuration: String
    var createdAt: Int64
  }

  var id: String
  var accountId: String
  var name: String
  var description: String
  var versions: [Version]
  var createdAt: Int64
  var modifiedAt: Int64
}

/// All workspaces, and what the service does with them.
struct Forest {
  /// The operations that exist, as the paths name them.
  static let operations: Set<String> = [
    "aiworkspaces/checkAvailableName", "aiworkspaces/create", "aiworkspaces/getList", "aiworkspaces/getDetail",
    "aiworkspaces/getConfigurationList", "aiworkspaces/setConfiguration", "aiworkspaces/delete",
    "aiworkspaces/getDockerImageList", "accounts/getList",
  ]

  private(set) var workspaces: [String: Workspace] = [:]
  /// Ids by `account/name`; more than one where duplicates are accepted.
  private var names: [String: Set<String>] = [:]
  private var namesOfAccount: [String: [String]] = [:]
  /// What the next id is made from. It is kept over a restart, or the id of a workspace that was there would be given
  /// again.
  private(set) var nextID: UInt64

  /// Makes a forest with these workspaces in it.
  init(_ workspaces: [Workspace] = [], nextID: UInt64 = 1) {
    self.nextID = nextID
    for workspace in workspaces { insert(workspace) }
  }

  /// All workspaces, those of an account in the order in which they are listed.
  var inOrder: [Workspace] {
    namesOfAccount.sorted { $0.key < $1.key }.flatMap { $0.value.compactMap { workspaces[$0] } }
  }

  /// Whether a name is taken.
  func exists(_ account: String, _ name: String) -> Bool { names["\(account)/\(name)"] != nil }

  private static func key(_ workspace: Workspace) -> String { "\(workspace.accountId)/\(workspace.name)" }

  private mutating func insert(_ workspace: Workspace) {
    workspaces[workspace.id] = workspace
    names[Self.key(workspace), default: []].insert(workspace.id)
    namesOfAccount[workspace.accountId, default: []].append(workspace.id)
  }

  /// Carries out an operation; the reply, and what changed.
  mutating func reply(
    to operation: String, _ body: JSONValue, under configuration: SandboxConfiguration, at now: Instant
  ) -> (reply: SandboxReply, effect: Effect?) {
    let (reply, effect) = answer(operation, body, configuration, now)
    _ = apply(effect)
    return (reply, effect)
  }

  /// Lets a change happen; false when it cannot be one of this forest.
  mutating func apply(_ effect: Effect?) -> Bool {
    switch effect {
    case nil: return true
    case .made(let workspace, let nextID):
      guard workspaces[workspace.id] == nil else { return false }
      insert(workspace)
      self.nextID = nextID
    case .configured(let id, let version):
      guard workspaces[id] != nil else { return false }
      workspaces[id]?.versions.append(version)
      workspaces[id]?.modifiedAt = version.createdAt
    case .removed(let id):
      guard let workspace = workspaces.removeValue(forKey: id) else { return false }
      let key = Self.key(workspace)
      names[key]?.remove(id)
      if names[key]?.isEmpty == true { names[key] = nil }
      namesOfAccount[workspace.accountId]?.removeAll { $0 == id }
    }
    return true
  }

  private func answer(
    _ operation: String, _ body: JSONValue, _ configuration: SandboxConfiguration, _ now: Instant
  ) -> (SandboxReply, Effect?) {
    switch operation {
    case "aiworkspaces/create": create(body, configuration, now)
    case "aiworkspaces/checkAvailableName": (checkAvailableName(body, configuration), nil)
    case "aiworkspaces/getList": (list(body, configuration), nil)
    case "aiworkspaces/getDetail": (withWorkspace(body) { .success($0.detail) }, nil)
    case "aiworkspaces/getConfigurationList": (withWorkspace(body) { $0.configurationList }, nil)
    case "aiworkspaces/setConfiguration": setConfiguration(body, now)
    case "aiworkspaces/delete": delete(body)
    case "aiworkspaces/getDockerImageList": (Self.images(body), nil)
    case "accounts/getList": (Self.accounts(configuration), nil)
    default: (.gateway(404, 300, "Not Found Exception", "URL not found."), nil)
    }
  }

  // MARK: - Operations

  private func create(
    _ body: JSONValue, _ configuration: SandboxConfiguration, _ now: Instant
  ) -> (SandboxReply, Effect?) {
    if let refusal = DefinitionCheck.refusal(of: body) { return (refusal, nil) }
    guard let (account, name) = body.workspaceKey, let settings = body[key: "configuration"] else {
      return (.invalid, nil)
    }
    if let refusal = refusal(of: account, name, configuration) { return (refusal, nil) }
    let (id, nextID) = newID()
    let workspace = Workspace(
      id: id, accountId: account, name: name, description: body[key: "description"]?.stringValue ?? "",
      versions: [.init(configuration: settings.canonicalText, createdAt: now.microseconds)],
      createdAt: now.microseconds, modifiedAt: now.microseconds)
    return (.success(["id": .string(id)]), .made(workspace: workspace, nextID: nextID))
  }

  private func refusal(of account: String, _ name: String, _ configuration: SandboxConfiguration) -> SandboxReply? {
    guard configuration.accounts.contains(account) else { return .missing }
    guard configuration.acceptsDuplicates || !exists(account, name) else {
      return .refusal(configuration.duplicateStatus, "name already exists (\(name))")
    }
    if let quota = configuration.accountQuota, namesOfAccount[account, default: []].count >= quota {
      return .refusal(400, "exceeded limit on resource quota")
    }
    return nil
  }

  /// An id that no workspace has, and what the one after it is made from.
  private func newID() -> (id: String, nextID: UInt64) {
    var number = nextID
    var id = ""
    repeat {
      id = Self.mixedID(number)
      number &+= 1
    } while workspaces[id] != nil
    return (id, number)
  }

  /// 22 base62 characters; mixed, so that nobody comes to rely on their order.
  private static func mixedID(_ number: UInt64) -> String {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    var rest = number &* 0x9E37_79B9_7F4A_7C15
    var id = "YPI"
    for _ in 0..<11 {
      id.append(alphabet[Int(rest % 62)])
      rest /= 62
    }
    let tail = String(number &+ 1, radix: 36)
    return id + String(repeating: "0", count: max(0, 8 - tail.count)) + tail
  }

  private func checkAvailableName(_ body: JSONValue, _ configuration: SandboxConfiguration) -> SandboxReply {
    guard let (account, name) = body.workspaceKey, DefinitionCheck.isID(account), DefinitionCheck.isName(name) else {
      return .invalid
    }
    guard configuration.accounts.contains(account) else { return .missing }
    return .success(["availableName": .bool(!exists(account, name))])
  }

  private func list(_ body: JSONValue, _ configuration: SandboxConfiguration) -> SandboxReply {
    guard let account = body[path: "search.accountId"]?.stringValue, DefinitionCheck.isID(account) else {
      return .invalid
    }
    guard configuration.accounts.contains(account) else { return .missing }
    let contents = namesOfAccount[account, default: []].compactMap { workspaces[$0]?.listEntry }
    return .success(["total": .integer(Int64(contents.count)), "contents": .array(contents)])
  }

  private func withWorkspace(_ body: JSONValue, _ then: (Workspace) -> SandboxReply) -> SandboxReply {
    guard let id = body[key: "id"]?.stringValue, DefinitionCheck.isID(id) else { return .invalid }
    guard let workspace = workspaces[id] else { return .missing }
    return then(workspace)
  }

  private func setConfiguration(_ body: JSONValue, _ now: Instant) -> (SandboxReply, Effect?) {
    guard let settings = body[key: "configuration"] else { return (.invalid, nil) }
    let checked = withWorkspace(body) { workspace in
      DefinitionCheck.refusal(
        of: .object([
          "accountId": .string(workspace.accountId), "name": .string(workspace.name), "configuration": settings,
        ])) ?? .success(["id": .string(workspace.id)])
    }
    guard !checked.isRefusal, let id = body[key: "id"]?.stringValue else { return (checked, nil) }
    let version = Workspace.Version(configuration: settings.canonicalText, createdAt: now.microseconds)
    return (checked, .configured(id: id, version: version))
  }

  private func delete(_ body: JSONValue) -> (SandboxReply, Effect?) {
    let found = withWorkspace(body) { .success(["id": .string($0.id)]) }
    guard !found.isRefusal, let id = body[key: "id"]?.stringValue else { return (found, nil) }
    return (found, .removed(id: id))
  }

  private static func images(_ body: JSONValue) -> SandboxReply {
    let known = ["tensorflow": ["r2.3.1-py3", "r1.15.2-py3"], "pytorch": ["r1.10.0-py3", "r1.7-py3"]]
    guard let type = body[path: "search.typeName"]?.stringValue, let tags = known[type] else { return .invalid }
    return .success(["dockerImages": .object([type: .array(tags.map(JSONValue.string))])])
  }

  private static func accounts(_ configuration: SandboxConfiguration) -> SandboxReply {
    let contents = configuration.accounts.enumerated().map { index, account in
      JSONValue.object([
        "id": .string(account), "name": .string("df\(index + 1)"), "principal": .string("df\(index + 1)@sandbox"),
        "status": .string("RUNNING"), "disabled": .bool(false), "createdAt": .string("2025-02-20T09:32:55+09:00"),
      ])
    }
    return .success(["total": .integer(Int64(contents.count)), "contents": .array(contents)])
  }
}

extension JSONValue {
  /// The account and the name of a workspace that an operation names.
  var workspaceKey: (account: String, name: String)? {
    guard let account = self[key: "accountId"]?.stringValue, let name = self[key: "name"]?.stringValue else {
      return nil
    }
    return (account, name)
  }
}

extension Workspace {
  /// The service tells times in Korea's, wherever the sandbox runs.
  private static let zone = TimeZone(secondsFromGMT: 9 * 3_600) ?? .gmt

  private static func time(_ microseconds: Int64) -> JSONValue {
    .string(Instant(microseconds: microseconds).rfc3339(in: zone))
  }

  private static func settings(_ version: Version) -> JSONValue {
    // The text was made by our own writer, so that it can be read again.
    guard case .success(let value) = Result(catching: { try JSONValue(text: version.configuration) }) else {
      return .null
    }
    return value
  }

  fileprivate var listEntry: JSONValue {
    let image = versions.last.map(Self.settings)?[path: "docker.image"] ?? .null
    return .object([
      "id": .string(id), "name": .string(name), "accountName": .string("df"), "description": .string(description),
      "imageVersion": image, "createdAt": Self.time(createdAt), "modifiedAt": Self.time(modifiedAt),
      "disabled": .bool(false),
    ])
  }

  fileprivate var contents: JSONValue {
    .array(
      versions.map { version in
        .object([
          "configuration": Self.settings(version), "createdAt": Self.time(version.createdAt),
          "modifiedAt": Self.time(version.createdAt),
        ])
      })
  }

  fileprivate var detail: [String: JSONValue] {
    var members: [String: JSONValue] = ["accountId": .string(accountId), "contents": contents]
    if case .object(let entry) = listEntry { members.merge(entry) { own, _ in own } }
    members["disabled"] = nil
    return members
  }

  fileprivate var configurationList: SandboxReply {
    .success(["total": .integer(Int64(versions.count)), "contents": contents])
  }
}
