// The reply to `getList` while it comes. An account may have any number of workspaces; of a long list those are kept that
// have a name of ours, and of each only what a decision needs.

import Pacing
import Provisioning
import Wire

/// Takes a list piece by piece: entries as they are complete, and what stands around them.
struct ListBody: ReplyBody {
  /// The largest entry; the contract allows less than 2 kB.
  private static let largestEntry = 64 * 1_024
  /// So many bytes are kept whatever names we have, and so many more for each name; of all names at most so many.
  private static let allowance = (base: 16 * 1_024 * 1_024, name: 2 * 1_024, all: 64 * 1_024 * 1_024)

  /// The entries that are kept, in the list's order.
  private(set) var items: [RemoteItem] = []
  /// Whether entries could not be read, or there are too many of our names to be kept: the list tells less than there is.
  private(set) var isIncomplete = false

  private var splitter = EntrySplitter(
    member: "contents", largestEntry: largestEntry, largestRest: Exchange.usualLimit)
  /// Gives the names whose entries are kept, until it was asked.
  private var lookup: NameLookup?
  private var names: Set<String>?
  private let accessKey: String
  private var allowance: Int

  /// - Parameters:
  ///   - names: gives the names whose entries are kept; nil for all.
  ///   - first: how many bytes are kept before the names are asked for.
  ///   - accessKey: what is taken out of what stands around the entries; see `Reply.hiding`.
  init(of names: NameLookup? = nil, keeping first: Int = 4 * 1_024 * 1_024, hiding accessKey: String = "") {
    lookup = names
    self.accessKey = accessKey
    allowance = names == nil ? Self.allowance.all : first
  }

  mutating func take(_ piece: UnsafeRawBufferPointer) -> Bool {
    for entry in splitter.take(piece) { note(entry) }
    return !splitter.isRestCut
  }

  private mutating func note(_ entry: [UInt8]) {
    guard let item = JSONBody(entry).flatMap(RemoteItem.init) else {
      isIncomplete = true
      return
    }
    let size = item.size
    if allowance < size { leaveOutOthers() }
    guard names?.contains(item.name) ?? true else { return }
    guard allowance >= size else {
      isIncomplete = true
      return
    }
    allowance -= size
    items.append(item)
    // Nearly all have one of a few images.
    if items.count > 1, items[items.count - 2].image == item.image {
      items[items.count - 1].image = items[items.count - 2].image
    }
  }

  /// Asks for our names, once, and leaves out what has none of them.
  private mutating func leaveOutOthers() {
    guard let lookup else { return }
    self.lookup = nil
    do {
      let names = try lookup()
      items.removeAll { !names.contains($0.name) }
      allowance = Self.allowance.base + Self.allowance.name * names.count - items.reduce(0) { $0 + $1.size }
      self.names = names
    } catch {
      // Whoever asked for the list will meet the error again.
      isIncomplete = true
    }
  }

  /// How many entries came, kept or not.
  var entryCount: Int { splitter.entryCount }

  /// What stands around the entries: the reply's body without them.
  var envelope: [UInt8] { Reply(status: 0, body: splitter.rest).hiding(accessKey).body }

  /// Whether the envelope is only the beginning of a longer one.
  var isCut: Bool { splitter.isRestCut }

  /// Whether every entry that came was read.
  var isRead: Bool { !isIncomplete && !splitter.isMalformed && splitter.tooLongCount == 0 }
}

extension RemoteItem {
  /// What it takes in memory, about.
  fileprivate var size: Int {
    let texts = [id, name, description ?? "", image ?? ""]
    return MemoryLayout<RemoteItem>.stride + texts.reduce(0) { $0 + $1.utf8.count }
  }

  /// Reads an entry; nil when it has no name, or no id as the contract has it.
  fileprivate init?(_ entry: JSONBody) {
    guard let id = entry.string("id"), WorkspaceID.isValid(id), let name = entry.string("name") else { return nil }
    self.init(
      id: id, name: name, description: entry.string("description"), image: entry.string("imageVersion"),
      createdAt: entry.string("createdAt").flatMap(Instant.init(rfc3339:)))
  }
}

/// The id of a workspace.
enum WorkspaceID {
  private static let rule = Rule.id("workspace-id")

  /// 1 to 22 letters and digits, as the contract has it. An id of another form is none: it would be stored, reported, and
  /// sent back to the service.
  static func isValid(_ id: String) -> Bool { rule.allows(id) }
}
