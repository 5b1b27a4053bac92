// A target that answers as a test tells it, and remembers what it was asked.

package import Provisioning
import Synchronization

/// A target whose answers are a script.
package final class ScriptedTarget: Target {
  /// What a create is answered with: the definition, and how many creates came before it.
  package typealias Script = @Sendable (_ definition: String, _ index: Int) -> Outcome

  private struct State {
    var creates: [String] = []
    var lists: [String] = []
    var inFlightCount = 0
    var mostInFlight = 0
  }

  private let script: Script
  private let listScript: @Sendable (_ account: String, _ index: Int) -> ListReply
  private let detailScript: @Sendable (RemoteItem) -> String?
  private let state = Mutex(State())

  /// Makes a target; unless told, every create succeeds and every list is empty and whole.
  package init(
    create: @escaping Script = { definition, _ in Outcome(.made, remoteID: "id of \(definition)", status: 200) },
    list: @escaping @Sendable (_ account: String, _ index: Int) -> ListReply = { _, _ in .listed([], isWhole: true) },
    detail: @escaping @Sendable (RemoteItem) -> String? = { $0.description ?? "" }
  ) {
    detailScript = detail
    listScript = list
    script = create
  }

  /// The target's name.
  package var name: String { "dataforest" }
  /// The target's base URL.
  package var baseURL: BaseURL { "https://example.com" }
  /// Every definition that was sent, in order.
  package var creates: [String] { state.withLock(\.creates) }
  /// Every account that was listed, in order.
  package var lists: [String] { state.withLock(\.lists) }
  /// The most creates that were under way at once.
  package var mostInFlight: Int { state.withLock(\.mostInFlight) }

  package func create(_ definition: String) async -> Outcome {
    let index = state.withLock { state in
      state.creates.append(definition)
      state.inFlightCount += 1
      state.mostInFlight = max(state.mostInFlight, state.inFlightCount)
      return state.creates.count - 1
    }
    await Task.yield()
    state.withLock { $0.inFlightCount -= 1 }
    return script(definition, index)
  }

  /// Unless a test says otherwise the service knows no more than its list has told.
  package func detail(of item: RemoteItem) async -> DetailReply {
    var item = item
    item.detail = detailScript(item)
    return .told(item)
  }

  package func isMade(_ item: RemoteItem, from definition: String) -> Bool {
    (item.detail ?? item.description) == definition
  }

  package func list(account: String) async -> ListReply {
    let index = state.withLock { state in
      state.lists.append(account)
      return state.lists.count - 1
    }
    return listScript(account, index)
  }
}
