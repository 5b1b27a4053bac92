# shellcheck shell=bash
# What the scripts of this folder share: messages, tools that must be there, and a reader of Swift for the two checks.
# Source it after `set -euo pipefail`.

# shellcheck disable=SC2034 # used by the scripts that source this
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# The program's own name, for messages.
me=scripts/$(basename "$0")

say() { printf '%s\n' "$*"; }

# fail MESSAGE [HINT]: one sentence, then what to do; leaves with 1.
fail() {
  printf '%s: %s\n' "$me" "$1" >&2
  if [ $# -gt 1 ]; then printf 'Hint: %s\n' "$2" >&2; fi
  exit 1
}

# show COMMAND…: prints a command as a person would type it, then runs it.
show() {
  printf '$ %s\n' "$*"
  "$@"
}

# step NAME: prints that a step begins, after how long the one before it took. step_end: how long the last one took.
step() {
  step_end
  step_name=$1 step_start=$SECONDS
  printf '== %s\n' "$1"
}
step_end() {
  if [ -z "${step_name-}" ]; then return 0; fi
  local tenths=$(((SECONDS - step_start + 3) / 6))
  printf '== %s: %d.%d min\n' "${step_name%%:*}" $((tenths / 10)) $((tenths % 10))
  step_name=
}

# help_if_asked FIRST-ARGUMENT: prints the comment at the top of the script for --help.
help_if_asked() {
  case ${1-} in
  -h | --help)
    awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
    exit 0
    ;;
  esac
}

# need_swift: stops unless `swift` is there and recent enough.
need_swift() {
  local hint='Rollcall needs Swift 6.2 or later (developed with 6.3.1): https://www.swift.org/install/'
  command -v swift >/dev/null 2>&1 || fail 'there is no swift on the PATH.' "$hint"
  local version major minor
  version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
  major=${version%%.*} minor=${version#*.}
  if [ -z "$version" ]; then fail 'swift --version does not say which Swift this is.' "$hint"; fi
  if [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
    fail "this is Swift $version." "$hint"
  fi
}

# build_release PRODUCT: a release build; on Linux with Swift's own libraries inside, so that it runs without a toolchain.
build_release() {
  local static=()
  if [ "$(uname -s)" = Linux ]; then static=(--static-swift-stdlib); fi
  show swift build -c release --product "$1" ${static[@]+"${static[@]}"}
}

# need_packages [PACKAGE…]: installs those of Debian's packages that are missing; without arguments those that a build
# needs. Does nothing, and needs no network, when all are there.
need_packages() {
  if [ $# -eq 0 ]; then set -- libsqlite3-dev libxml2-dev zlib1g-dev; fi
  # macOS brings what these packages hold; on other systems the compiler says what it misses.
  if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then return 0; fi
  local package missing=()
  for package in "$@"; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed) ;;
    *) missing+=("$package") ;;
    esac
  done
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi

  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      fail "these packages are missing: ${missing[*]}." \
        "as root, run: apt-get update && apt-get install -y ${missing[*]}"
    fi
    as_root=(sudo)
  fi
  say "Installing what is missing: ${missing[*]}"
  local install=(${as_root[@]+"${as_root[@]}"} apt-get install -y --no-install-recommends "${missing[@]}")
  # The lists of a fresh container are empty or old: the second try is after an update.
  if "${install[@]}" >/dev/null 2>&1; then return 0; fi
  if show ${as_root[@]+"${as_root[@]}"} apt-get update && show "${install[@]}"; then return 0; fi
  fail "these packages could not be installed: ${missing[*]}." \
    "run by hand: ${as_root[*]+sudo }apt-get update && ${as_root[*]+sudo }apt-get install -y ${missing[*]}"
}

# An awk function `code(line)`: a line of Swift without its comments and without the text of its strings; what stands in
# an interpolation stays. Feed it every line of a file in turn; `forget()` before each file. It also gives the strings
# that end in the line: `literals` of them, `literal[i]` that began in line `literal_line[i]`; an interpolation is `<>`
# in it, escapes are as they stand. Known limit: a quote inside a regex literal is taken for a string, until the end of
# its line.
# shellcheck disable=SC2034 # used by the scripts that source this
swift_code_awk='
function forget() { depth = 0; comment = 0 }
# The stack holds, for each string being read: its closing, its interpolation opening, and the parentheses open in it.
function code(line,    out, i, n, c, hashes, closing) {
  out = ""; i = 1; n = length(line); literals = 0
  while (i <= n) {
    c = substr(line, i, 1)
    if (comment) {
      if (substr(line, i, 2) == "*/") { comment = 0; i++ }
      i++
    } else if (depth > 0 && parens[depth] == 0) {
      if (substr(line, i, length(close_at[depth])) == close_at[depth]) {
        i += length(close_at[depth]); end_literal(); out = out "\""
      } else if (substr(line, i, length(open_at[depth])) == open_at[depth]) {
        i += length(open_at[depth]); parens[depth] = 1; out = out "("; held[depth] = held[depth] "<>"
      } else if (c == "\\" && open_at[depth] == "\\(") {
        # At the end of a line it joins the two.
        held[depth] = held[depth] substr(line, i, i < n ? 2 : 0); joined = i == n; i += 2
      } else { held[depth] = held[depth] c; i++ }
    } else if (substr(line, i, 2) == "//") {
      break
    } else if (substr(line, i, 2) == "/*") {
      comment = 1; i += 2
    } else if (match(substr(line, i), /^#*"/)) {
      hashes = substr(line, i, RLENGTH - 1)
      closing = substr(line, i + length(hashes), 3) == "\"\"\"" ? "\"\"\"" : "\""
      i += length(hashes) + length(closing); depth++
      close_at[depth] = closing hashes; open_at[depth] = "\\" hashes "("; parens[depth] = 0
      held[depth] = ""; held_line[depth] = FNR
      out = out "\""
    } else {
      if (depth > 0) {
        if (c == "(") parens[depth]++
        if (c == ")") parens[depth]--
      }
      out = out c; i++
    }
  }
  while (depth > 0 && substr(close_at[depth], 1, 3) != "\"\"\"") end_literal()
  if (depth > 0 && parens[depth] == 0 && !joined) held[depth] = held[depth] "\n"
  joined = 0
  return out
}
function end_literal() {
  literals++; literal[literals] = held[depth]; literal_line[literals] = held_line[depth]; depth--
}'
