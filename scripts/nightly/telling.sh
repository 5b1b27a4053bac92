# shellcheck shell=bash disable=SC2034
# What `nightly` tells of a night, and where: its line among the nights of all courses, their summary, the page of a night
# without a report, and ON_FAILURE. Sourced by it.

# What is known of this night; `message` is a sentence, `unit` systemd's, `night` the file of the summary.
conf='' course='' folder='' reports='' name='' message='' log='' status=0 started='' unit='' night='' nights=''
is_locked=no has_report=no is_quiet=no has_journal=no

# meaning STATUS: what it says.
meaning() {
  case $1 in
  0) printf 'all rows done' ;;
  1) printf 'the tool failed' ;;
  2) printf 'wrong configuration' ;;
  3) printf 'some rows failed or differ' ;;
  4) printf 'paused' ;;
  locked) printf 'the run before is at work' ;;
  5) printf 'the roster has issues' ;;
  6) printf 'a person is needed' ;;
  130 | 143) printf 'stopped' ;;
  127 | 126) printf 'rollcall cannot be run' ;;
  137) printf 'killed' ;;
  # As systemd tells of a signal.
  [A-Z]*) printf 'killed by SIG%s' "$1" ;;
  *) printf 'ended by itself, unexpectedly' ;;
  esac
}

# is_failure: whether ON_FAILURE wants to know of `status`.
is_failure() {
  if [ "$is_locked" = yes ]; then return 0; fi
  case $status in 0 | 130 | 143) return 1 ;; esac
  case " ${NO_FAILURE-4} " in *" $status "*) return 1 ;; esac
}

# number_of NAME FILE: a number of summary.json.
number_of() { tr -d '\n' <"$2" | sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*\([0-9][0-9]*\).*/\1/p'; }

# counts SUMMARY: its rows in words, such as `30 rows: 28 done, 2 failed`.
counts() {
  local state number text='' states
  states=$(tr -d '\n' <"$1" | sed -n 's/.*"states"[^{]*{\([^}]*\)}.*/\1/p' | tr ',' '\n' | tr -d '" ')
  while IFS=: read -r state number; do
    case $state in
    ready) state='not sent' ;;
    leased) state='being sent' ;;
    in_doubt) state='answer unknown' ;;
    esac
    if [ "${number:-0}" != 0 ]; then text+="${text:+, }$number $state"; fi
  done < <(printf '%s\n' "$states" | sort -t: -k1,1)
  number=$(number_of invalidCount "$1")
  if [ "${number:-0}" != 0 ]; then text+="${text:+, }$number invalid"; fi
  # Those are done, and otherwise than the roster asks for.
  number=$(number_of changedCount "$1")
  if [ "${number:-0}" != 0 ]; then text+="${text:+; }$number changed"; fi
  # Those are no rows of this roster.
  number=$(number_of goneCount "$1")
  if [ "${number:-0}" != 0 ]; then text+="${text:+; }$number gone"; fi
  printf '%s rows: %s' "$(number_of rowCount "$1")" "$text"
}

# The nights of all courses: a line each, in the folder `nights`, its parts separated by a sign that stands in no text:
# when it began, when it ended (empty while it is at work), process, status, counts, folder, log, message.
separator=$'\x1f'

# record END: writes this night's line.
record() {
  local rows='' place='' line
  nights=$(state_folder)/nights || return 1
  mkdir -p -- "$nights" || return 1
  if [ -n "$name" ]; then place=$reports/$name; fi
  if [ "$has_report" = yes ]; then rows=$(counts "$place/summary.json"); fi
  line=$(printf '%s\x1f' "$started" "$1" "$$" "$(if [ "$is_locked" = yes ]; then printf locked; else printf %s "$status"; fi)" \
    "$rows" "$place" "$log" "${message//[$'\n\t\x1f']/ }")
  printf '%s\n' "$line" >"$nights/.$course.$$" && mv -fT -- "$nights/.$course.$$" "$nights/$course"
}

# shape_line COURSE: its line of the summary, parts separated by `separator`; then the message, in a line of its own.
shape_line() {
  local begin end process state rows place text _
  if [ ! -f "$nights/$1" ]; then
    printf '%s\x1f-\x1fhas not run yet\x1f\x1f\n' "$1"
    return
  fi
  IFS=$separator read -r begin end process state rows place _ text <"$nights/$1"
  if [ -z "$end" ]; then
    if [ -d "/proc/$process" ]; then
      printf '%s\x1f-\x1fat work since %s\x1f\x1f%s\n' "$1" "$(date -d "@$begin" '+%F %H:%M')" "$place"
    else
      printf '%s\x1f?\x1fended without a word (killed?)\x1fbegan %s\x1f%s\n' "$1" "$(date -d "@$begin" '+%F %H:%M')" "$place"
    fi
    return
  fi
  local what
  what=$(meaning "$state")
  if (($(date +%s) - end > 93600)); then what="last run $(date -d "@$end" '+%F %H:%M'): $what"; fi
  if [ "$state" = locked ]; then state=4; fi
  printf '%s\x1f%s\x1f%s\x1f%s\x1f%s\n' "$1" "$state" "$what" "$rows" "$place"
  text=${text%"$separator"}
  if [ "$state" != 0 ] && [ -n "$text" ]; then printf '\x1e%s\n' "$text"; fi
}

# summarize FOLDER [COURSE]: prints the summary of the night: the courses of FOLDER, and COURSE.
summarize() {
  local file courses=()
  nights=$(state_folder)/nights || return 1
  for file in "$1"/*.conf; do
    if [ -n "$1" ] && [ -e "$file" ]; then courses+=("$(basename -- "$file" .conf)"); fi
  done
  if [ ${#courses[@]} -eq 0 ] && [ -n "${2-}" ]; then courses=("$2"); fi
  printf 'Rollcall on %s, %s:\n' "$(uname -n)" "$(date '+%F %H:%M')"
  for file in ${courses[@]+"${courses[@]}"}; do shape_line "$file"; done | awk -F "$separator" '
    { lines[NR] = $0 }
    !/^\x1e/ { for (i = 1; i < NF; i++) if (length($i) > width[i]) width[i] = length($i) }
    END {
      for (n = 1; n <= NR; n++) {
        if (substr(lines[n], 1, 1) == "\x1e") { print "    " substr(lines[n], 2); continue }
        count = split(lines[n], part, FS); text = ""
        for (i = 1; i <= count; i++) text = text sprintf("%-" width[i] "s  ", part[i])
        sub(/ +$/, "", text); print text
      }
    }'
}

# write_summary: the summary of all courses into the file `night.txt`, whole or not at all.
write_summary() {
  local state
  state=$(state_folder) && mkdir -p -- "$state/nights" || return 1
  night=$state/night.txt
  (
    exec 7>>"$state/nights/.lock"
    flock 7
    summarize "$(if is_in_nightly_d; then dirname -- "$conf"; fi)" "$course" >"$night.new" && mv -fT -- "$night.new" "$night"
  )
}

escaped() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

# write_stand_in: the page of a night without a report; who opens `latest` must not take an older one for this one's.
write_stand_in() {
  local before=''
  if [ -L "$reports/latest" ]; then before=$(readlink -- "$reports/latest"); fi
  # From one failed night to the next, the last report stays in sight.
  if [ -f "$reports/$before/last-report" ]; then before=$(cat "$reports/$before/last-report"); fi
  choose_name -failed
  mkdir -- "$reports/$name" || return 1
  if [ -n "$before" ] && [ -f "$reports/$before/report.html" ]; then
    printf '%s\n' "$before" >"$reports/$name/last-report"
  else
    before=''
  fi
  if [ -s "$log" ]; then cp -- "$log" "$reports/$name/nightly.log"; fi
  {
    printf '<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">\n'
    printf '<title>Rollcall: no report</title>\n<style>body{font:1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere}</style>\n'
    printf '<h1>There is no report of this night.</h1>\n<p>%s, %s: %s (status %s).</p>\n' \
      "$(printf %s "$course" | escaped)" "$(date '+%F %H:%M')" \
      "$(if [ "$is_locked" = yes ]; then meaning locked; else meaning "$status"; fi)" "$status"
    if [ -n "$message" ]; then printf '<p>%s</p>\n' "$(printf %s "$message" | escaped)"; fi
    if [ -n "$before" ]; then
      printf '<p>The last report is older: <a href="../%s/report.html">%s</a>.</p>\n' "$before" "$before"
    fi
    if [ -s "$log" ]; then printf '<h2>What was said</h2>\n<pre>%s</pre>\n' "$(tail -n 50 -- "$log" | escaped)"; fi
  } >"$reports/$name/report.html"
}

# stand_in: makes the page and lets `latest` point to it; one whose lock is taken only while the other has not ended.
stand_in() {
  open_lock 8 "$reports/.latest.lock"
  flock 8
  if [ "$is_locked" = yes ] && [[ $(cat "$reports/.nightly.lock") = *' has ended' ]]; then return 0; fi
  write_stand_in && link_latest "$name" && remove_old -failed report.html
  exec 8>&-
}

# tell TEXT: says it, and hands it to ON_FAILURE, if that is set, with the summary and the last lines of the log.
tell() {
  say "$1"
  if [ -z "${ON_FAILURE-}" ]; then return 0; fi
  local told result=0
  told=$(mktemp)
  {
    printf '%s\n' "$1"
    if [ -f "${night-}" ]; then
      printf '\n'
      cat -- "$night"
    fi
    if [ -s "$log" ]; then
      printf '\nThe end of %s:\n' "$log"
      tail -n 50 -- "$log"
    fi
    if [ "$has_journal" = yes ] && [ ! -s "$log" ]; then
      # Root's services and a person's own are asked for at once; only one of them is there.
      journalctl --no-pager --lines 50 --unit "$unit" --user-unit "$unit" 2>&1 || true
    fi
  } >"$told"
  (
    # Whoever is told must not be handed the keys, wherever they came from.
    unset "${!NCLOUD_@}"
    export ROLLCALL_COURSE=$course ROLLCALL_EXIT_STATUS=$status ROLLCALL_MESSAGE=$message ROLLCALL_NIGHT=${night-}
    export ROLLCALL_UNIT=${unit:-rollcall@$course.service}
    exec timeout --kill-after 5 50 bash -c "$ON_FAILURE" <"$told" 9>&-
  ) || result=$?
  rm -f -- "$told"
  if [ "$result" -ne 0 ]; then say "ON_FAILURE ended with status $result."; fi
}

# failure_text: one sentence for the log, and the first that ON_FAILURE reads.
failure_text() {
  local what
  what=$(if [ "$is_locked" = yes ]; then meaning locked; else meaning "$status"; fi)
  printf 'course %s on %s ended with status %s: %s.%s' "$course" "$(uname -n)" "$status" "$what" "${message:+ $message}"
}

# is_told_by_systemd: whether the unit that we run in fails with `status`, so that rollcall-failed@.service tells of it: it
# may do what the unit of the night may not, such as `mail`.
is_told_by_systemd() {
  [ -n "${NIGHTLY_UNIT-}" ] || return 1
  case $status in 0 | 4 | 143) return 1 ;; esac
}

# recall: sets `status`, `message` and `log` as they were when the course's last night ended; 1 if it has not.
recall() {
  local file end state _
  file=$(state_folder)/nights/$course || return 1
  [ -f "$file" ] || return 1
  IFS=$separator read -r _ end _ state _ _ log message <"$file"
  message=${message%"$separator"}
  if [ -z "$end" ]; then
    message='' log=''
    return 1
  fi
  status=${state/locked/4}
}

# last_reports: the folder of the course's reports as it was when it last ran; for a configuration that cannot be read.
last_reports() {
  local file place
  file=$(state_folder)/nights/$course || return 0
  if [ ! -f "$file" ]; then return 0; fi
  IFS=$separator read -r _ _ _ _ _ place _ <"$file"
  if [ -n "$place" ]; then dirname -- "$place"; fi
}
