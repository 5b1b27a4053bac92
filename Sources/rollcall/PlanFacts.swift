// What a plan says of a roster's rows, gathered while they go by.

import DataForest
import Provisioning

/// The plan's facts about the accepted rows.
struct PlanFacts {
  private(set) var accounts: [String] = []
  private(set) var accountCount = 0
  private(set) var firstName: String?
  private(set) var lastName: String?
  private(set) var gpuCount = 0
  private var seen: Set<String> = []
  private var latestAccount: String?
  private var counts: [GPUCount] = []

  /// How many GPUs definitions ask for that replace the same part of one base.
  private struct GPUCount {
    let base: Definition.Base
    let replaced: Range<Int>?
    let count: Int
    /// Whether what is replaced has nothing to do with it.
    let isFixed: Bool

    init(_ definition: Definition) {
      base = definition.base
      replaced = definition.patch?.range
      func count(_ patch: Definition.Patch?) -> Int {
        WorkspaceDefinition.gpuCount(in: Definition(base: definition.base, patch: patch, name: "").text)
      }
      let whole = count(nil)
      self.count = whole
      isFixed = replaced.map { count(Definition.Patch($0, text: [])) == whole && whole > 0 } ?? true
    }
  }

  mutating func note(_ account: String, _ name: String, _ definition: Definition) {
    if latestAccount?.hasSameBytes(as: account) != true, seen.insert(account).inserted {
      accountCount += 1
      if accounts.count < 3 { accounts.append(account) }
    }
    latestAccount = account
    firstName = firstName ?? name
    lastName = name
    gpuCount += gpus(of: definition)
  }

  /// A million texts are not looked through for it.
  private mutating func gpus(of definition: Definition) -> Int {
    let known = counts.first { $0.base === definition.base && $0.replaced == definition.patch?.range }
    let found = known ?? GPUCount(definition)
    if known == nil {
      if counts.count == 16 { counts.removeFirst() }
      counts.append(found)
    }
    return found.isFixed ? found.count : WorkspaceDefinition.gpuCount(in: definition.text)
  }
}
