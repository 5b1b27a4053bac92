// A look at what the service has under the names of some items: a list of each account, then each entry's detail. What a
// list said a week ago is never acted on.

import DataForest
import DurableQueue
import Pacing
import Provisioning
import Words

/// What a look has found for one item.
enum LookResult {
  case found(Look)
  /// Nothing has the name, or not the id.
  case absent(LookTarget)
  /// Several have the name.
  case several(LookTarget, ids: [String])
  /// It is there, and the service does not tell what it is.
  case untold(LookTarget, id: String, why: String)

  var target: LookTarget {
    switch self {
    case .found(let look): look.target
    case .absent(let target), .several(let target, _), .untold(let target, _, _): target
    }
  }
}

/// Looks at the service.
struct ServiceLook {
  let client: DataForestClient
  let calls: ReadCalls
  let time: any TimeSource

  /// Looks at each item, in the order given.
  ///
  /// - Throws: `CommandError` when the service does not tell.
  func look(at targets: [LookTarget]) async throws -> [LookResult] {
    var lists: [BatchAccount: (entries: [RemoteItem], askedAt: Instant)] = [:]
    var results: [LookResult] = []
    for target in targets {
      if lists[target.account] == nil { lists[target.account] = try await list(target.account, of: targets) }
      guard let list = lists[target.account] else { continue }
      // What is done has an id; what a conflict found may have another one by now.
      let entries = list.entries.filter { entry in
        entry.name == target.name && (target.state != .done || entry.id == target.remoteID)
      }
      switch entries.count {
      case 0: results.append(.absent(target))
      case 1: results.append(try await detail(of: entries[0], target, askedAt: list.askedAt))
      default: results.append(.several(target, ids: entries.map(\.id)))
      }
    }
    return results
  }

  private func list(
    _ account: BatchAccount, of targets: [LookTarget]
  ) async throws -> (entries: [RemoteItem], askedAt: Instant) {
    let names = Set(targets.filter { $0.account == account }.map(\.name))
    var askedAt = time.now()
    let reply: Result<(entries: [RemoteItem], isWhole: Bool), ReadFailure> = try await calls.ask {
      askedAt = time.now()
      switch await client.list(account: account.account, naming: { names }) {
      case .listed(let entries, let isWhole, _, _): return .success((entries, isWhole))
      case .failed(let outcome): return .failure(ReadFailure(outcome))
      }
    }
    switch reply {
    case .success(let list) where list.isWhole: return (list.entries, askedAt)
    case .success: throw CommandError("warning: " + ForeignWords.neverWhole(account.account), .paused)
    case .failure(let failure): throw Self.failure(failure.outcome, "the workspaces of account \(account.account)")
    }
  }

  private func detail(of entry: RemoteItem, _ target: LookTarget, askedAt: Instant) async throws -> LookResult {
    let reply: Result<RemoteItem, ReadFailure> = try await calls.ask {
      switch await client.detail(of: entry) {
      case .told(let entry): return .success(entry)
      case .failed(let outcome): return .failure(ReadFailure(outcome))
      }
    }
    switch reply {
    case .success(let entry):
      guard let shown = client.definition(of: entry, like: target.wanted, or: target.made) else {
        return .untold(target, id: entry.id, why: "its detail has no configuration")
      }
      return .found(Look(target, entry, shown: shown, askedAt: askedAt))
    case .failure(let failure) where failure.outcome.kind == .refused:
      return .untold(target, id: entry.id, why: failure.outcome.text)
    case .failure(let failure): throw Self.failure(failure.outcome, "what \(target.name) is")
    }
  }

  private static func failure(_ outcome: Outcome, _ what: String) -> CommandError {
    CommandError(
      "The service does not tell \(what): \(outcome.text).",
      hint: "Nothing was changed. Run the same command again later.",
      outcome.kind.haltsRun ? .personNeeded : .paused)
  }
}
