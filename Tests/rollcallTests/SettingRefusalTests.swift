import Foundation
import TestSupport
import Testing

@testable import rollcall

/// What is wrong with the configuration is told once, with its place and what to do.
@Suite struct SettingRefusalTests {
  struct Refusal: Sendable, CustomStringConvertible {
    let file: String?
    var environment: [String: String] = [:]
    var arguments: [String] = []
    let error: String
    let hint: String
    var description: String { file ?? environment.description }
  }

  private static let path = "~/.config/rollcall/config.json"
  private static let mend = "Mend it in \(path), or remove it there."
  private static let keys = "The keys are db, endpoint, out, rate, burst, concurrency, logFormat, profile, profiles."
  private static let consents =
    "cannot be configured: it consents to something, or gives something up, and is typed for one command by who has looked."
  private static let typed = "Remove it, and type the option where it is meant."
  private static let noSecret =
    "Remove it; the keys are read from NCLOUD_ACCESS_KEY and NCLOUD_SECRET_KEY, or from ~/.ncloud/configure."

  private static let keysOfFile = [
    Refusal(
      file: #"{"endpont": "x"}"#,
      error: #"There is no key "endpont", which stands in \#(path). Did you mean "endpoint"?"#, hint: keys),
    Refusal(
      file: #"{"colour": "x"}"#, error: #"There is no key "colour", which stands in \#(path)."#, hint: keys),
    Refusal(
      file: #"{"profiles": {"spring": {"profile": "x"}}}"#,
      error: #"There is no key "profile", which stands in profile spring of \#(path)."#,
      hint: "The keys are db, endpoint, out, rate, burst, concurrency, logFormat."),
    Refusal(file: #"{"yes": true}"#, error: #""yes" in \#(path) \#(consents)"#, hint: typed),
    Refusal(file: #"{"force-db": true}"#, error: #""force-db" in \#(path) \#(consents)"#, hint: typed),
    Refusal(
      file: #"{"profiles": {"p": {"allowGone": true}}}"#, error: #""allowGone" in profile p of \#(path) \#(consents)"#,
      hint: typed),
    Refusal(
      file: #"{"secretKey": "THE-SECRET"}"#,
      error: #""secretKey" in \#(path) looks like a credential, and none belongs there."#, hint: noSecret),
    Refusal(
      file: #"{"NCLOUD_ACCESS_KEY": "THE-SECRET"}"#,
      error: #""NCLOUD_ACCESS_KEY" in \#(path) looks like a credential, and none belongs there."#, hint: noSecret),
    Refusal(
      file: #"{"profiles": {"p": {"apiToken": "THE-SECRET"}}}"#,
      error: #""apiToken" in profile p of \#(path) looks like a credential, and none belongs there."#, hint: noSecret),
  ]

  private static let valuesOfFile = [
    Refusal(file: "[]", error: "The configuration \(path) must be an object, not a list.", hint: mend),
    Refusal(
      file: #"{"burst": 5,}"#,
      error: "The configuration \(path) cannot be read: line 1, column 12: nothing follows this comma: remove it.",
      hint: "Mend it there, or move it away."),
    Refusal(
      file: #"{"burst": "5"}"#, error: #""burst" in \#(path) must be a whole number, not a text."#, hint: mend),
    Refusal(
      file: #"{"rate": "10/s"}"#,
      error: #""rate" in \#(path) must be a list of texts, as ["10/s", "500/day"], not a text."#, hint: mend),
    Refusal(
      file: #"{"rate": ["10/s", 5]}"#,
      error: #""rate" in \#(path) must be a list of texts, as ["10/s", "500/day"], not a list."#, hint: mend),
    Refusal(
      file: #"{"db": null}"#, error: #""db" in \#(path) must be a text that is not empty, not null."#, hint: mend),
    Refusal(
      file: #"{"out": ""}"#, error: #""out" in \#(path) must be a text that is not empty, not an empty text."#,
      hint: mend),
    Refusal(
      file: #"{"db": "here.db"}"#, error: #""db" in \#(path) is 'here.db', which begins with neither a slash nor ~/."#,
      hint: "Write a whole path: in each folder it would mean another queue."),
    Refusal(
      file: #"{"profiles": ["spring"]}"#, error: #""profiles" in \#(path) must be an object of profiles, not a list."#,
      hint: mend),
    Refusal(
      file: #"{"profiles": {"p": 1}}"#, error: "Profile p of \(path) must be an object, not a number.", hint: mend),
    Refusal(
      file: #"{"profiles": {"p": {"concurrency": 0}}}"#,
      error: #""concurrency" in profile p of \#(path) is '0', but must be 1 to 1024."#, hint: mend),
    Refusal(
      file: #"{"rate": ["auto"]}"#,
      error: #""rate" in \#(path) is auto, which would forget at each run what was learned and what is waited for."#,
      hint: "Remove it; `--rate auto`, typed once, learns anew."),
  ]

  private static let profiles = [
    Refusal(
      file: #"{"profiles": {"spring": {}, "autumn": {}}}"#, environment: ["ROLLCALL_PROFILE": "sprnig"],
      error: "\(path) has no profile 'sprnig', which ROLLCALL_PROFILE names. Did you mean 'spring'?",
      hint: "It has autumn, spring."),
    Refusal(
      file: #"{"profile": "x"}"#, error: #"\#(path) has no profile 'x', which "profile" in \#(path) names."#,
      hint: "It has no profiles."),
    Refusal(
      file: nil, arguments: ["--profile", "x"],
      error: "There is no configuration \(path) to have the profile 'x' of --profile.",
      hint: "Write it there, or leave the profile out."),
    Refusal(
      file: nil, environment: ["ROLLCALL_PROFILE": "x", "HOME": ""],
      error: "There is no configuration to have the profile 'x' of ROLLCALL_PROFILE.",
      hint: "Set HOME or XDG_CONFIG_HOME, or leave the profile out."),
  ]

  private static let variables = [
    Refusal(
      file: nil, environment: ["ROLLCALL_RATE": "10/s 5"],
      error: "ROLLCALL_RATE is '10/s 5', but must be a whole number and its period, as 10/s, 90/m, 5000/h or 500/day, "
        + "from 1 to 1000000.", hint: "Set it to such a value, or `unset ROLLCALL_RATE`."),
    Refusal(
      file: nil, environment: ["ROLLCALL_RATE": "10/s, 90/m"],
      error: "ROLLCALL_RATE takes one of N/s and N/m, one N/h and one N/day, not 10/s, 90/m.",
      hint: "Set it to such a value, or `unset ROLLCALL_RATE`."),
    Refusal(
      file: nil, environment: ["ROLLCALL_BURST": "many"], error: "ROLLCALL_BURST is 'many', but must be 1 to 100000.",
      hint: "Set it to such a value, or `unset ROLLCALL_BURST`."),
    Refusal(
      file: #"{"concurrency": 4}"#, environment: ["ROLLCALL_CONCURRENCY": "1025"],
      error: "ROLLCALL_CONCURRENCY is '1025', but must be 1 to 1024.",
      hint: "Set it to such a value, or `unset ROLLCALL_CONCURRENCY`."),
    Refusal(
      file: nil, environment: ["ROLLCALL_LOG_FORMAT": "xml"],
      error: "ROLLCALL_LOG_FORMAT is 'xml', but must be text or json.",
      hint: "Set it to such a value, or `unset ROLLCALL_LOG_FORMAT`."),
    Refusal(
      file: nil, environment: ["ROLLCALL_ENDPOINT": "http://df.example.com"],
      error: "ROLLCALL_ENDPOINT: Plain http is allowed only to this machine; use https for 'df.example.com'.",
      hint: "Set it to such a value, or `unset ROLLCALL_ENDPOINT`."),
  ]

  @Test(arguments: keysOfFile + valuesOfFile + profiles + variables)
  func `what is wrong is refused`(_ refusal: Refusal) async throws {
    try await ConfiguredHome.with(refusal.file, refusal.environment) { home in
      for verb in ["config", "status"] {
        let result = await home.run([verb] + refusal.arguments)
        #expect(result.errorOutput == "Error: \(refusal.error)\nHint: \(refusal.hint)\n")
        #expect(result.status == 2 && result.output.isEmpty, "\(result)")
      }
      let document = await home.run(["config", "--json"] + refusal.arguments)
      #expect(document.status == 2 && document.output.contains(#""code":"usage""#), "\(document)")
      #expect(!document.output.contains("THE-SECRET"), "\(document)")
      // Who asks for help gets it.
      let help = await home.run(["run", "--help"])
      #expect(help.status == 0 && help.output.contains("--profile"), "\(help)")
    }
  }

  @Test func `a burst without a rate is refused by the name of its place`() async throws {
    try await ConfiguredHome.with(nil, ["ROLLCALL_BURST": "5"]) { home in
      let result = await home.run(["resume"])
      #expect(result.status == 2, "\(result)")
      #expect(
        result.errorOutput.hasPrefix("Error: ROLLCALL_BURST goes with a rate of N/s or N/m.\n"), "\(result)")
      #expect(await home.run(["config"]).status == 0)
    }
  }

  @Test func `a file that others can write is not read`() async throws {
    try await ConfiguredHome.with(#"{"burst": 5}"#) { home in
      let folder = (home.file as NSString).deletingLastPathComponent
      func expect(_ problem: String, _ remedy: String) async {
        let result = await home.run(["config"])
        #expect(
          result.errorOutput == """
            Error: The configuration is not read: \(problem), and it says where credentials are sent.
            Hint: Look at what it says, then \(remedy).

            """)
        #expect(result.status == 2)
      }
      for (mode, text) in [(0o620, "620"), (0o602, "602"), (0o664, "664")] {
        chmod(home.file, mode_t(mode))
        await expect("others may write to \(Self.path) (mode \(text))", "`chmod go-w \(Self.path)`")
      }
      chmod(home.file, 0o644)
      chmod(folder, 0o770)
      await expect("others may write to ~/.config/rollcall (mode 770)", "`chmod go-w ~/.config/rollcall`")
      chmod(folder, 0o755)
      #expect(await home.run(["config"]).status == 0)
      // Where a link leads counts, too.
      let elsewhere = home.folder + "/dotfiles"
      try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
      try FileManager.default.moveItem(atPath: home.file, toPath: elsewhere + "/config.json")
      try FileManager.default.createSymbolicLink(atPath: home.file, withDestinationPath: elsewhere + "/config.json")
      chmod(elsewhere, 0o777)
      await expect("others may write to ~/dotfiles (mode 777)", "`chmod go-w ~/dotfiles`")
    }
  }

  @Test func `a folder in the file's place is told`() async throws {
    try await ConfiguredHome.with { home in
      try FileManager.default.createDirectory(atPath: home.file, withIntermediateDirectories: true)
      let result = await home.run(["status"])
      #expect(
        result.errorOutput.hasPrefix("Error: The configuration \(Self.path) cannot be read: Is a directory"),
        "\(result)")
      #expect(result.status == 2)
    }
  }
}
