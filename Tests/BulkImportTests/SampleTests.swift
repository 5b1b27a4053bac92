// The rosters in `samples`: one without an issue, one with every kind of them.

import BulkImport
import DataForest
import Provisioning
import Testing
import Words

@Suite struct SampleTests {
  @Test func `the class of 30 keeps to every rule`() throws {
    let reading = try read(sample("class-30.csv"))
    #expect(reading.issues == [])
    #expect(reading.warnings == [])
    #expect(reading.summary.rowCount == 30)
    #expect(reading.summary.acceptedCount == 30)
    #expect(
      reading.summary.columns == [
        "student", "email", "section", "name", "accountId", "description", "image", "command", "gpuCount", "gpuModel",
        "cpuCount", "memoryMb", "configuration.docker.workdir",
      ])
    #expect(reading.rows.map(\.line) == Array(2...31))
  }

  @Test func `a student of the class becomes a workspace; name, email and section are only carried`() throws {
    let rows = try read(sample("class-30.csv")).rows
    let row = try #require(rows.first { $0.texts.first == "Smith, John Jr." })
    #expect(row.ordinal == 22)
    #expect(Array(row.texts.prefix(4)) == ["Smith, John Jr.", "john.smith@example.com", "나", "ai101-s22"])
    let definition =
      #"{"accountId":"6COytUeFj7b8eOhq2L5zL","configuration":{"docker":{"#
      + #""command":"jupyter lab","image":"dataforest/pytorch:1","workdir":"/root/"},"#
      + #""resource":{"cpuCount":4,"gpuCount":1,"gpuModel":"V100","memoryMb":16384}},"#
      + #""description":"AI 101, section 나: Smith, John Jr.","name":"ai101-s22"}"#
    #expect(
      row.content
        == .item(account: "6COytUeFj7b8eOhq2L5zL", name: "ai101-s22", definition: Definition(text: definition)))
  }

  @Test func `the roster with issues has the planted ones and no others`() throws {
    let reading = try read(sample("with-issues.csv"))
    #expect(
      reading.issues == [
        "3 B3 name-form", "4 B4 name-form", "5 B5 name-form", "6 B6 name-length", "7 B7 required", "8 B8 duplicate",
        "9 E9 image-form", "9 G9 gpu-count", "10 E10 image-form", "10 G10 gpu-count", "11 C11 account-id",
        "11 I11 cpu-count", "12 F12 required", "12 J12 memory", "13 K13 port", "14 K14 list-form", "15 L15 list-form",
        "16 D16 description-length", "17 G17 ragged", "18 P18 ragged", "19 O19 header-empty", "20 A20 quotes",
        "21 A21 quotes", "26 D25 unclosed-quote",
      ])
    #expect(reading.warnings == ["14 H14 gpu-model", "15 M15 queue"])
    #expect(reading.summary.rowCount == 21)
    #expect(reading.summary.acceptedCount == 2)
    #expect(reading.rows.filter { $0.content.isAccepted }.map(\.line) == [2, 24])
  }

  @Test func `every strict rule of the schema is among the planted issues`() throws {
    let planted = Set(try read(sample("with-issues.csv")).summary.issues.map(\.rule))
    let rules = Schema.workspace.fields.flatMap(\.rules).filter(\.isStrict).map(\.id)
    #expect(Set(rules).subtracting(planted) == [])
  }

  @Test func `an issue is one line with its place, its value and what to do`() throws {
    let summary = try read(sample("with-issues.csv"), as: "with-issues.csv").summary
    let lines = summary.issues.map(\.description)
    for line in [
      "with-issues.csv:7: name (B7): this cell must not be empty: the workspace's name, unique within the account",
      "with-issues.csv:8: name (B8): 'ai101-s01' stands on line 2 already, for the same account: "
        + "give each row a name of its own",
      "with-issues.csv:9: image (E9): 'PyTorch:1' must be an image and its tag, for example tensorflow:r2.3.1-py3 "
        + "(at most 30 and 20 characters, each a–z, 0–9, '.', '_' or '-')",
      "with-issues.csv:10: gpuCount (G10): 'two' must be a whole number from 1 to 8",
      "with-issues.csv:13: exposeTcpPorts (K13): '70000' must be a whole number from 1 to 65535",
      "with-issues.csv:14: exposeTcpPorts (K14): '8888;;6006' must be whole numbers with one semicolon between two",
      "with-issues.csv:15: input (L15): '[{\"hdfs\":\"/user/ai101/data\"}]' must be a JSON array such as "
        + "[{\"hdfs\":\"…\",\"path\":\"…\"}], but object 1 has no path",
      "with-issues.csv:17: gpuCount (G17): this row has 6 cells and the header has 15: add the missing commas",
      "with-issues.csv:18: P18: this row has 16 cells and the header has 15: "
        + "put a cell that holds a comma in quotes, or remove what is too much",
      "with-issues.csv:19: O19: there is a value here and no header above it: give column O a header, or empty it",
      "with-issues.csv:26: description (D25): a quote is opened here and never closed: "
        + "close it, or double it if it belongs to the text",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    #expect(
      summary.warnings.first?.description
        == "with-issues.csv:14: gpuModel (H14): 'A100' must probably be T4 or V100; it is sent as it is")
    #expect(lines.allSatisfy { !$0.contains("\n") })
  }
}

extension NewRow.Content {
  /// Whether the row was accepted.
  var isAccepted: Bool {
    if case .item = self { true } else { false }
  }
}
