// swift-tools-version: 6.2
import PackageDescription

// The targets are the mission's own words; `scripts/check-imports` holds the direction of the arrows between them.

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPCompression: Target.Dependency = .product(name: "NIOHTTPCompression", package: "swift-nio-extras")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")

/// A module of the product, in `Sources/<name>`.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
  .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

/// The tests of a module, in `Tests/<name>Tests`.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
    swiftSettings: settings)
}

let package = Package(
  name: "rollcall",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "rollcall", targets: ["rollcall"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
  ],
  targets: [
    // Row 0
    module("Pacing"),
    module("Files"),
    // Row 1
    module("Provisioning", ["Pacing"]),
    // Row 2
    module("CSV", ["Provisioning"]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    module("Spreadsheet", ["CZlib", "Files"]),
    module("DurableQueue", ["Provisioning", "Pacing", "Files"]),
    module(
      "Wire", ["Provisioning", "Pacing", asyncHTTPClient, nioCore, nioHTTP1, nioHTTPCompression, nioPosix, nioSSL]),
    // Row 3
    module("SQLiteStore", ["DurableQueue", "Provisioning", "Pacing", "Files", grdb, grdbSQLite]),
    module("DataForest", ["Wire", "Provisioning", "Pacing", crypto]),
    // Row 4
    module("BulkImport", ["CSV", "Spreadsheet", "Provisioning", "Files", crypto]),
    module("WorkerPool", ["DurableQueue", "Provisioning", "Pacing"]),
    module("Sandbox", ["DataForest", "Provisioning", "Pacing", "Files", hummingbird, httpTypes, logging, nioCore]),
    // Row 5
    module(
      "Words",
      ["BulkImport", "Spreadsheet", "Sandbox", "DataForest", "DurableQueue", "Provisioning", "Pacing", "Files"]),
    // Row 6
    module(
      "Reporter", ["BulkImport", "CSV", "Words", "DurableQueue", "Provisioning", "Pacing", "Files"],
      // The page of the report is put together from these; the command must not need files beside it.
      resources: ["page.html", "style.css", "script.js"].map { .embedInCode("Page/\($0)") }),
    // Row 7
    .executableTarget(
      name: "rollcall",
      dependencies: [
        "CSV", "BulkImport", "DurableQueue", "SQLiteStore", "WorkerPool", "Reporter", "DataForest", "Sandbox", "Wire",
        "Words",
        "Provisioning",
        "Pacing", "Files",
        argumentParser, configuration, crypto,
      ],
      swiftSettings: settings),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["CZlib", "SQLiteStore", "DurableQueue", "Provisioning", "Pacing", grdb],
      path: "Tests/TestSupport",
      swiftSettings: settings),
    // Workers that are killed at random, for `scripts/storm` and a short one in the tests.
    .target(name: "Storm", dependencies: ["TestSupport", grdb], path: "Tests/Storm", swiftSettings: settings),
    tests("Pacing"),
    tests("Files"),
    tests("Provisioning", ["Pacing"]),
    tests("CSV"),
    tests("Spreadsheet", ["Files"]),
    tests("DurableQueue", ["SQLiteStore", "Words", "Provisioning", "Pacing", grdb]),
    tests("Wire", ["Provisioning", "Pacing", nioCore, nioPosix, nioSSL]),
    tests("DataForest", ["Words", "SQLiteStore", "DurableQueue", "Wire", "Provisioning", "Pacing", "Sandbox"]),
    tests("BulkImport", ["Words", "Spreadsheet", "Provisioning", "DataForest"]),
    tests("WorkerPool", ["SQLiteStore", "DurableQueue", "Provisioning", "Pacing", grdb]),
    tests("Reporter", ["SQLiteStore", "Words", "DurableQueue", "Provisioning", "Pacing", "CSV", "Files"]),
    tests("Sandbox", ["Words", "DataForest", "Provisioning", "Pacing", asyncHTTPClient, nioCore, nioHTTP1]),
    tests(
      "rollcall",
      [
        "Storm", "Words", "Sandbox", "SQLiteStore", "DataForest", "DurableQueue", "Provisioning", "Pacing",
        argumentParser,
        argumentParser,
      ]),
    // The benchmark of `scripts/bench`: a plain program, so that peers in other languages run beside it the same way.
    .executableTarget(
      name: "rollcall-bench",
      dependencies: ["Storm", "DataForest", "DurableQueue", "SQLiteStore", "Provisioning", "Pacing"],
      path: "Tests/Benchmarks",
      swiftSettings: settings),
    // A client alone, for `scripts/cut-link`: the command itself refuses plain http to another machine.
    .executableTarget(
      name: "wire-probe", dependencies: ["Wire", "Provisioning"], path: "Tests/WireProbe", swiftSettings: settings),
  ],
  swiftLanguageModes: [.v6]
)
