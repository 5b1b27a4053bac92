// A line that is drawn over itself on a terminal: the one place where this program steers it.

import Provisioning
import Synchronization

/// A text and how a terminal with colours shows it.
struct StyledText: Hashable {
  enum Style: String {
    case plain = ""
    case red = "31"
    case dim = "2"
  }

  let text: String
  let style: Style

  init(_ text: String, _ style: Style = .plain) { (self.text, self.style) = (text, style) }
}

/// Prints, and draws a line that all printed text takes the place of.
///
/// The cursor rests at the line's beginning, and all after the new text is cleared to the end of the screen: where the
/// terminal was made narrower and has broken the line in two, both parts are gone with the next drawing.
final class DrawnLine: Sendable {
  private static let clear = "\u{1B}[J"

  private let rawPrint: @Sendable (String) -> Void
  private let isDrawn = Mutex(false)

  /// Makes one; `print` writes what it is given as it is.
  init(print: @escaping @Sendable (String) -> Void) { rawPrint = print }

  /// Prints a text that is good for a terminal.
  func print(_ text: String) {
    isDrawn.withLock { isDrawn in
      rawPrint(isDrawn ? "\r\(Self.clear)\(text)" : text)
      isDrawn = false
    }
  }

  /// Draws the line, which must be shorter than the terminal is wide.
  func draw(_ line: [StyledText], inColor hasColors: Bool) {
    let text = line.map { piece in
      let text = piece.text.visibleLine
      return hasColors && piece.style != .plain ? "\u{1B}[\(piece.style.rawValue)m\(text)\u{1B}[0m" : text
    }.joined()
    isDrawn.withLock { isDrawn in
      rawPrint("\r\(text)\(Self.clear)\r")
      isDrawn = true
    }
  }

  /// Goes on below the line, which stays.
  func leave() {
    isDrawn.withLock { isDrawn in
      if isDrawn { rawPrint("\n") }
      isDrawn = false
    }
  }
}
