// The entries of a list by their names. Nearly every name is there once; a list may have hundreds of thousands.

import Provisioning

/// Finds entries by name, in the list's order.
struct NamedEntries {
  let items: [RemoteItem]
  private var first: [String: Int32] = [:]
  /// The next entry of the same name, for the few that have one.
  private var following: [Int32: Int32] = [:]

  init(_ items: [RemoteItem]) {
    self.items = items
    first.reserveCapacity(items.count)
    var last: [String: Int32] = [:]
    for (index, item) in items.enumerated() {
      let index = Int32(clamping: index)
      guard let earlier = last[item.name] ?? first[item.name] else {
        first[item.name] = index
        continue
      }
      following[earlier] = index
      last[item.name] = index
    }
  }

  /// All entries of a name.
  subscript(name: String) -> [RemoteItem] {
    var found: [RemoteItem] = []
    var next = first[name]
    while let index = next {
      found.append(items[Int(index)])
      next = following[index]
    }
    return found
  }

  /// Each name once, in the list's order.
  var names: some Sequence<String> {
    items.indices.lazy.filter { first[items[$0].name] == Int32(clamping: $0) }.map { items[$0].name }
  }
}
