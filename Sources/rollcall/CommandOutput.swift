// What the command of --on-finish prints, kept until it has ended, where every line of standard error must be an object.

import Foundation

/// A file without a name that a command writes to.
final class CommandOutput {
  /// So much of it is told; the rest is left out, and said.
  private static let most = 1 << 16

  let descriptor: Int32

  /// Where there is no room for a file, what is printed is lost.
  init() {
    var path = Array((NSTemporaryDirectory() + "rollcall-XXXXXX").utf8CString)
    let file = mkstemp(&path)
    if file >= 0 { unlink(path) }
    descriptor = file >= 0 ? file : open("/dev/null", O_RDWR)
  }

  deinit { close(descriptor) }

  /// Tells what was printed, a line each.
  func tell(in context: Context) {
    var bytes = [UInt8](repeating: 0, count: Self.most)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    for line in text.split(whereSeparator: \.isNewline) { context.tell(String(line), as: .onFinish) }
    if count == Self.most {
      context.tell("What the --on-finish command printed after that is left out.", as: .onFinish)
    }
  }
}
