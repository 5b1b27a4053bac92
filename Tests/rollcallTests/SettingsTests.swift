import ArgumentParser
import DataForest
import DurableQueue
import Foundation
import Pacing
import Provisioning
import Synchronization
import TestSupport
import Testing

@testable import rollcall

/// A home folder with a configuration file in it.
struct ConfiguredHome: Sendable {
  let folder: String
  var environment: [String: String]

  var file: String { folder + "/.config/rollcall/config.json" }

  static func with<Value: Sendable>(
    _ text: String? = nil, _ environment: [String: String] = [:],
    _ body: @Sendable (ConfiguredHome) async throws -> Value
  ) async throws -> Value {
    try await withTemporaryFolder { folder in
      let home = ConfiguredHome(folder: folder, environment: environment.merging(["HOME": folder]) { own, _ in own })
      try home.write(text)
      return try await body(home)
    }
  }

  func write(_ text: String?) throws {
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    guard let text else { return }
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
  }

  func context(
    output: @escaping @Sendable (String) -> Void = { _ in },
    errorOutput: @escaping @Sendable (String) -> Void = { _ in }
  ) -> Context {
    Context(
      environment: environment, folder: folder, output: output, errorOutput: errorOutput, readAnswer: { nil },
      isInteractive: false, drawsProgress: false, time: SystemTimeSource(), handlesSignals: false)
  }

  /// What a command prints, where the home folder is called `~`.
  func run(_ arguments: [String]) async -> (status: Int32, output: String, errorOutput: String) {
    let (output, errorOutput) = (PrintedText(), PrintedText())
    let status = await Rollcall.run(
      arguments, in: context(output: { output.add($0) }, errorOutput: { errorOutput.add($0) }))
    return (status, output.text.replacing(folder, with: "~"), errorOutput.text.replacing(folder, with: "~"))
  }

  /// The surroundings of a command, with what is configured for it.
  func settled(_ arguments: [String] = []) throws -> Context {
    var context = context()
    context.settings = try Settings(arguments, in: context)
    return context
  }
}

private final class PrintedText: Sendable {
  private let state = Mutex("")
  var text: String { state.withLock(\.self) }
  func add(_ text: String) { state.withLock { $0 += text } }
}

@Suite struct SettingsTests {
  /// A key with what its layers say, from the farthest to the nearest: file, profile, environment.
  struct Case: Sendable, CustomStringConvertible {
    let key: SettingKey
    let file: String
    let profile: String
    let environment: String
    let texts: [String]
    var description: String { key.rawValue }
  }

  private static let cases = [
    Case(
      key: .database, file: #""/a.db""#, profile: #""/b.db""#, environment: "/c.db", texts: ["/a.db", "/b.db", "/c.db"]),
    Case(
      key: .endpoint, file: #""http://127.0.0.1:1""#, profile: #""http://127.0.0.1:2""#,
      environment: "http://127.0.0.1:3", texts: ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"]),
    Case(key: .out, file: #""a""#, profile: #""b""#, environment: "c", texts: ["a", "b", "c"]),
    Case(
      key: .rate, file: #"["1/s", "5/day"]"#, profile: #"["2/s"]"#, environment: "3/s,7/h",
      texts: ["1/s 5/day", "2/s", "3/s,7/h"]),
    Case(key: .burst, file: "3", profile: "4", environment: "5", texts: ["3", "4", "5"]),
    Case(key: .concurrency, file: "6", profile: "7", environment: "8", texts: ["6", "7", "8"]),
    Case(key: .logFormat, file: #""json""#, profile: #""text""#, environment: "json", texts: ["json", "text", "json"]),
  ]

  @Test(arguments: cases) func `each layer counts before the next`(_ example: Case) async throws {
    let (key, name) = (example.key, example.key.rawValue)
    try await ConfiguredHome.with { home in
      func expect(_ home: ConfiguredHome, _ text: String?, _ place: String?, line: Int = #line) throws {
        let setting = try home.settled().setting(key)
        #expect(setting?.text == text, "line \(line)")
        #expect(setting.map { $0.layer.place(of: key) } == place, "line \(line)")
      }
      try expect(home, nil, nil)
      try home.write(#"{"\#(name)": \#(example.file), "profiles": {"p": {"\#(name)": \#(example.profile)}}}"#)
      try expect(home, example.texts[0], home.file)
      try home.write(
        #"{"\#(name)": \#(example.file), "profile": "p", "profiles": {"p": {"\#(name)": \#(example.profile)}}}"#)
      try expect(home, example.texts[1], "profile p of \(home.file)")
      var named = home
      named.environment[key.variable] = example.environment
      try expect(named, example.texts[2], key.variable)
      named.environment[key.variable] = ""
      try expect(named, example.texts[1], "profile p of \(home.file)")
    }
  }

  @Test func `the command line comes before what is configured`() async throws {
    let file = """
      {"db": "/f.db", "endpoint": "http://127.0.0.1:1", "out": "f", "rate": ["1/s", "9/day"], "burst": 3,
       "concurrency": 5, "logFormat": "json", "profile": "p", "profiles": {"p": {}, "q": {"out": "g"}}}
      """
    try await ConfiguredHome.with(file) { home in
      let context = try home.settled()
      try Context.$current.withValue(context) {
        #expect(try QueueOptions.parse([]).path(in: context) == "/f.db")
        #expect(try QueueOptions.parse(["--db", "/t.db"]).path(in: context) == "/t.db")
        #expect(try EndpointOptions.parse([]).chosen(in: context).baseURL.text == "http://127.0.0.1:1")
        let typed = try EndpointOptions.parse(["--endpoint", "http://127.0.0.1:2"])
        #expect(try typed.chosen(in: context).baseURL.text == "http://127.0.0.1:2")
        #expect(try ReportOptions.parse([]).folder == "f")
        #expect(try ReportOptions.parse(["--out", "t"]).folder == "t")
        #expect(try Self.pace([]) == "1/s 3 9/day 5")
        #expect(try Self.pace(["--rate", "2/s"]) == "2/s 3  5")
        #expect(try Self.pace(["--burst", "7"]) == "1/s 7 9/day 5")
        #expect(try Self.pace(["--concurrency", "8"]) == "1/s 3 9/day 8")
        #expect(try PaceOptions.parse(["--rate", "auto"]).limitRequest == .windows([]))
      }
      #expect(try home.settled(["--profile", "q"]).setting(.out)?.text == "g")
      #expect(try home.settled(["--profile=q"]).setting(.out)?.text == "g")
      #expect(try home.settled(["--", "--profile", "q"]).setting(.out)?.text == "f")
      var named = home
      named.environment["ROLLCALL_PROFILE"] = "q"
      #expect(try named.settled().setting(.out)?.text == "g")
      #expect(try named.settled(["--profile", "p"]).setting(.out)?.text == "f")
      #expect(try named.settled(["--log-format", "text"]).setting(.logFormat)?.text == "text")
    }
  }

  private static func pace(_ arguments: [String]) throws -> String {
    let options = try PaceOptions.parse(arguments)
    guard case .quota(let quota) = options.limitRequest else { return "\(options.limitRequest)" }
    let windows = quota.windows.map(\.description).joined(separator: " ")
    return "\(quota.rate) \(quota.burst) \(windows) \(options.chosenConcurrency ?? 0)"
  }

  @Test func `config shows each value and where it comes from`() async throws {
    let file = """
      {"endpoint": "http://127.0.0.1:4747", "rate": ["10/s", "500/day"], "burst": 5, "profile": "spring",
       "profiles": {"spring": {"db": "~/spring.db", "out": "reports"}}}
      """
    let secrets = ["NCLOUD_ACCESS_KEY": "THE-ACCESS-KEY", "NCLOUD_SECRET_KEY": "THE-SECRET-KEY"]
    try await ConfiguredHome.with(file, ["ROLLCALL_CONCURRENCY": "8"].merging(secrets) { own, _ in own }) { home in
      let result = await home.run(["config", "--log-format", "text"])
      #expect(result.status == 0 && result.errorOutput.isEmpty, "\(result)")
      let lines = result.output.split(separator: "\n").map { $0.split(separator: /\ {2,}/).joined(separator: " | ") }
      #expect(
        lines == [
          "file | ~/.config/rollcall/config.json",
          "db | ~/spring.db | profile spring of ~/.config/rollcall/config.json",
          "endpoint | http://127.0.0.1:4747 | ~/.config/rollcall/config.json",
          "out | ~/reports | profile spring of ~/.config/rollcall/config.json",
          "rate | 10/s 500/day | ~/.config/rollcall/config.json",
          "burst | 5 | ~/.config/rollcall/config.json",
          "concurrency | 8 | ROLLCALL_CONCURRENCY",
          "logFormat | text | --log-format on the command line",
          "profile | spring | ~/.config/rollcall/config.json",
          "credentials | from NCLOUD_ACCESS_KEY",
        ])
      // The third column begins at one place.
      let places = home.folder.isEmpty ? [] : await Self.columns(of: home)
      #expect(Set(places).count == 1, "\(places)")
    }
  }

  private static func columns(of home: ConfiguredHome) async -> [Int] {
    let output = PrintedText()
    _ = await Rollcall.run(["config"], in: home.context(output: { output.add($0) }))
    return output.text.split(separator: "\n").compactMap { line in
      let parts = line.ranges(of: /\ {2,}/)
      return parts.count == 2 ? line.distance(from: line.startIndex, to: parts[1].upperBound) : nil
    }
  }

  @Test func `config without a file says where it would be, and what is built in`() async throws {
    try await ConfiguredHome.with { home in
      let result = await home.run(["config", "--json"])
      let built = #""from":"built in","key":"#
      #expect(
        result.output == #"{"credentials":"none","file":"~/.config/rollcall/config.json","isFileRead":false,"#
          + #""schemaVersion":3,"settings":[{\#(built)"db","value":"~/.local/state/rollcall/rollcall.db"},"#
          + #"{\#(built)"endpoint","value":"https://df.apigw.ntruss.com"},{\#(built)"out"},{\#(built)"rate"},"#
          + #"{\#(built)"burst","value":2},{\#(built)"concurrency"},{\#(built)"logFormat","value":"text"},"#
          + #"{\#(built)"profile"}],"status":0}"# + "\n")
      try FileManager.default.createDirectory(atPath: home.folder + "/.ncloud", withIntermediateDirectories: true)
      try "[DEFAULT]\nncloud_access_key_id = THE-KEY\nncloud_secret_access_key = THE-SECRET\n"
        .write(toFile: home.folder + "/.ncloud/configure", atomically: true, encoding: .utf8)
      let keyed = await home.run(["config"])
      #expect(keyed.output.hasSuffix("credentials  from ~/.ncloud/configure\n"), "\(keyed)")
      #expect(!keyed.output.contains("THE-"), "\(keyed)")
    }
  }

  @Test func `XDG_CONFIG_HOME says where the file is`() async throws {
    try await ConfiguredHome.with(#"{"burst": 9}"#) { home in
      var other = home
      other.environment["XDG_CONFIG_HOME"] = home.folder + "/.config"
      other.environment["HOME"] = nil
      let named = try other.settled()
      #expect(named.setting(.burst)?.text == "9")
      other.environment["XDG_CONFIG_HOME"] = nil
      let homeless = try other.settled()
      #expect(homeless.setting(.burst) == nil)
      other.environment["XDG_CONFIG_HOME"] = "here"
      let result = await other.run(["status"])
      #expect(
        result.errorOutput == """
          Error: XDG_CONFIG_HOME is "here", which does not begin with a slash.
          Hint: Set it to a whole path: in each folder it would mean another queue and other credentials.

          """)
      #expect(result.status == 2)
    }
  }

  @Test func `a configured endpoint is a default, and a typed one a demand`() async throws {
    try await CommandFixture.with { fixture in
      try fixture.writeRoster(["a"])
      #expect(await fixture.run("import", "class.csv").status == 0)
      var elsewhere = fixture
      elsewhere.environment["ROLLCALL_ENDPOINT"] = "https://df.example.invalid"
      let demanded = await elsewhere.run("resume", "--endpoint", "https://df.example.invalid")
      #expect(demanded.status == 2 && demanded.errorOutput.contains("Hint: Leave --endpoint out."), "\(demanded)")
      elsewhere.environment["ROLLCALL_RATE"] = "500/s"
      elsewhere.environment["ROLLCALL_OUT"] = "files"
      elsewhere.environment["ROLLCALL_LOG_FORMAT"] = "json"
      let resumed = await elsewhere.run("resume", "--quiet")
      #expect(resumed.status == 0, "\(resumed)")
      #expect(FileManager.default.fileExists(atPath: fixture.folder + "/files/summary.json"))
      let lines = resumed.errorOutput.split(separator: "\n")
      #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("{") }, "\(resumed)")
    }
  }
}
