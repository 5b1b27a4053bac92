import Provisioning
import Testing

@testable import DataForest

/// What the service tells of a workspace against what was sent: only the fields that were sent count.
@Suite struct WorkspaceDetailTests {
  private static let sent = """
    {"accountId":"acc","configuration":{"docker":{"command":"ls","env":{"A":"1"},"exposeTcpPorts":[8888],\
    "image":"tensorflow:r2.3.1-py3"},"resource":{"gpuCount":1}},"description":"for Kim","name":"one"}
    """

  private static func detail(
    image: String = "tensorflow:r2.3.1-py3", description: String? = "for Kim", more: String = "", gpuCount: Int = 1,
    ports: String = "[8888]"
  ) -> String {
    let text = description.map { "\"\($0)\"" } ?? "null"
    return """
      {"success":true,"id":"x","name":"one","accountId":"acc","description":\(text),"contents":[{"configuration":\
      {"docker":{"command":"ls","env":{"A":"1"},"exposeTcpPorts":\(ports),"image":"\(image)"\(more)},\
      "queueName":"gpu","resource":{"cpuCount":1,"gpuCount":\(gpuCount)}}}]}
      """
  }

  private func isMade(_ detail: String, from sent: String = Self.sent) throws -> Bool {
    WorkspaceDetail.isMade(detail, from: try JSONValue(text: sent))
  }

  @Test func `what the service fills in by itself does not make it another`() throws {
    #expect(try isMade(Self.detail()))
    #expect(try isMade(Self.detail(more: #","workdir":"/root/""#)))
    #expect(try isMade(Self.detail(image: "dataforest/tensorflow:r2.3.1-py3")))
  }

  @Test func `a field that was sent and is another is told`() throws {
    #expect(try !isMade(Self.detail(image: "pytorch:r1.7-py3")))
    #expect(try !isMade(Self.detail(description: "for Lee")))
    #expect(try !isMade(Self.detail(gpuCount: 2)))
    #expect(try !isMade(Self.detail(ports: "[8888,6006]")))
    #expect(try !isMade(#"{"success":true,"name":"one","accountId":"acc","description":"for Kim","contents":[]}"#))
  }

  @Test func `no description and an empty one are the same`() throws {
    let sent = #"{"accountId":"acc","description":"","name":"one"}"#
    #expect(try isMade(Self.detail(description: nil), from: sent))
    #expect(try isMade(#"{"success":true,"name":"one"}"#, from: sent))
  }

  @Test func `any of its configurations counts, because it may have been changed since`() throws {
    let changed = Self.detail(image: "pytorch:r1.7-py3").dropLast(2)
    let other = #"{"configuration":{"docker":{"command":"ls","env":{"A":"1"},"exposeTcpPorts":[8888],"#
    let rest = #""image":"tensorflow:r2.3.1-py3"},"resource":{"gpuCount":1}}}]}"#
    #expect(try isMade(changed + "," + other + rest))
  }

  private func definition(_ detail: String, like sent: String = Self.sent) throws -> String? {
    WorkspaceDetail.definition(detail, like: try JSONValue(text: sent))?.canonicalText
  }

  @Test func `what is told is the newest configuration, with the members of what was sent`() throws {
    let sent = try JSONValue(text: Self.sent).canonicalText
    #expect(try definition(Self.detail(image: "dataforest/tensorflow:r2.3.1-py3", more: #","workdir":"/""#)) == sent)
    // It was changed back by hand: an older version is what was sent, and what is there is not.
    let older = Self.detail().dropLast(2)
    let newer = older + #",{"configuration":{"docker":{"command":"ls","env":{"A":"1"},"exposeTcpPorts":[8888],"#
    let rest = #""image":"pytorch:r1.7-py3"},"resource":{"gpuCount":1}}}]}"#
    #expect(try definition(newer + rest)?.contains("pytorch:r1.7-py3") == true)
    #expect(try definition(#"{"name":"one","contents":[]}"#) == nil)
  }

  @Test func `what is not told is not there: no description, a null, a part that is left out`() throws {
    let bare =
      #"{"name":"one","description":null,"contents":[{"configuration":{"docker":{"command":null},"resource":{}}}]}"#
    #expect(try definition(bare) == #"{"accountId":"acc","configuration":{},"name":"one"}"#)
    let empty = #"{"accountId":"acc","configuration":{},"description":"","name":"one"}"#
    #expect(try definition(bare, like: empty) == empty)
  }

  @Test func `what cannot be read is not ours`() throws { #expect(try !isMade("<html>")) }
}
