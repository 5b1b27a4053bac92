"""Made-up pages: the report's own template around data of the shape that the command writes."""

import json

MINUTE = 60
FONT = "김이박최정강조윤장임한오서신권황안송류전"
SYLLABLES = ["하늘", "서준", "지우", "민서", "도윤", "예은", "시우", "하은", "주원", "수아"]
STATES = ["ready", "leased", "in_doubt", "done", "failed", "cancelled"]
NAMES = {
    "done": "done", "failed": "failed", "in_doubt": "answer unknown", "leased": "being sent", "ready": "not sent",
    "cancelled": "cancelled", "invalid": "invalid"}
COLUMNS = ["학번", "성명", "email", "image", "gpu", "memory", "disk", "hub", "owner", "course", "term", "note"]


def name(i):
    """A person's name; of some thousand each is another."""
    return FONT[i % 20] + SYLLABLES[i // 20 % 10] + (str(i // 200) if i >= 200 else "")


def cells(i, note=""):
    """A row's own cells: three tell people apart, nine say the same in each row."""
    return [
        f"2026{i:05}", name(i), f"student{i}@example.ac.kr", "tensorflow:r2.3.1-py3", "1", "16Gi", "50Gi", "hub-a",
        "prof@example.ac.kr", "ML-101", "2026-1", note]


def row(i, state="done", reason="", message="", differs=(), seen="", **other):
    """A row of the table."""
    made = state == "done"
    finished = f"2026-03-02T02:{30 + i // 60 % 20:02}:{i % 60:02}+09:00" if state in ("done", "failed") else ""
    return [
        other.get("line", i + 1), state, "" if state == "invalid" else "acc-1", other.get("name", f"ws-{i:05}"),
        f"{i:08x}-7c1d-4e1f" if made else "", reason, message, 0 if state in ("ready", "invalid") else 1, finished,
        other.get("cells", cells(i)), [list(each) for each in differs], seen]


def page(rows, columns=None, left_out=None, messages=None, words=None, pace=None, latency=True, **summary):
    """The data of a page about these rows; `left_out` are counts by state of rows that are not on it."""
    left_out = left_out or {}
    # As the command writes them: who needs a person first, then what waits, then what is done.
    order = {"done": 2, "ready": 1, "cancelled": 1}
    rows = sorted(rows, key=lambda each: order.get(each[1], 0))
    counts = {state: sum(each[1] == state for each in rows) + left_out.get(state, 0) for state in STATES}
    invalid = sum(each[1] == "invalid" for each in rows) + left_out.get("invalid", 0)
    changed = sum(bool(each[10]) for each in rows)
    groups = {}
    for each in rows:
        if each[5] and each[1] != "done":
            groups.setdefault((each[1], each[5]), []).append(each[6])
    reasons = []
    for (state, reason), said in groups.items():
        most = sorted({text: said.count(text) for text in set(said[:300])}.items(), key=lambda pair: (-pair[1], pair[0]))
        titles = {"refused": "refused by the service", "notSent": "not sent yet", "denied": "the service refused the credentials"}
        reasons.append({
            "state": state, "reason": reason, "count": len(said) + (left_out.get(state, 0)),
            "title": titles.get(reason, "the row was not accepted when the roster was read" if state == "invalid" else reason),
            "advice": "Mend the row or the template, then `rollcall retry 7` tries again.",
            "messages": [{"message": text, "count": count} for text, count in most[:5] if text]})
    total = len(rows) + sum(left_out.values())
    done = counts["done"]
    percentiles = {"count": max(1, done), "p50": 0.21, "p90": 0.84, "p99": 2.5, "max": 12.4}
    facts = {
        "schemaVersion": 2, "database": "/home/lee/rollcall.db", "batch": 7, "label": "/home/lee/rosters/2026-ml-101.csv",
        "endpoint": "https://api.dataforest.example", "importedAt": "2026-03-02T02:29:40+09:00",
        "writtenAt": "2026-03-02T02:52:00+09:00", "rowCount": total, "states": counts, "invalidCount": invalid,
        "reasons": {}, "attemptCount": total + 3, "goneCount": 0, "startedAt": "2026-03-02T02:30:00+09:00",
        "finishedAt": "2026-03-02T02:50:01+09:00", "actualSeconds": 1201.2, "forecastSeconds": 1140.0}
    if latency:
        facts |= {"latency": percentiles, "wait": {"count": done, "p50": 20.0, "p90": 320.0, "p99": 1100.0, "max": 1190.0}}
    if changed:
        facts["changedCount"] = changed
    facts |= summary
    facts = {key: value for key, value in facts.items() if value is not None}
    headline = f"All {total:,} have a workspace." if done == total else f"{done:,} of {total:,} have a workspace."
    bins = [{"upTo": 0.05 * 1.7 ** i, "count": [3, 20, 44, 31, 12, 5, 2, 1, 1, 1, 1][i]} for i in range(11)]
    return {
        "columns": COLUMNS if columns is None else columns, "rows": rows, "rowsLeftOut": sum(left_out.values()),
        "reasons": reasons, "latencyHistogram": bins if latency else [], "pace": pace,
        "words": {"states": NAMES, "headline": headline, "reasonsTitle": "Without a workspace, by reason"} | (words or {}),
        "summary": facts}


def busy(count=300, seconds=120):
    """Pace over some minutes, with a throttle and a silence."""
    sent = [max(0, count // seconds + (i * 7 % 3) - 1) for i in range(seconds)]
    quiet = [0] * seconds
    throttled, unknown = list(quiet), list(quiet)
    sent[40] += 3
    throttled[40], sent[77] = 2, sent[77] + 1
    unknown[77] = 1
    return {
        "bucketSeconds": 1, "start": 1772386200, "sent": sent, "throttled": throttled, "unknown": unknown,
        "limit": [{"at": 1772386200, "perSecond": 5}, {"at": 1772386240, "perSecond": 4}], "earlierCount": 12}


def term():
    """A class on a normal day: 300 of 120 refused for the same, some invalid, some not sent."""
    rows = [row(i, seen=f"2026-03-02T02:{30 + i // 60 % 20:02}:{i % 60:02}+09:00") for i in range(1, 121)]
    rows += [row(i, "failed", "refused", "the image tensorflow:r9 is not offered in zone KR-2") for i in range(121, 421)]
    rows += [row(421, "in_doubt", "unknown", "no answer within 30 s"), row(422, "failed", "conflict", "a workspace ws-00422 exists")]
    rows += [row(i, "invalid", "invalid", f"email: 'student{i}' is no address", name="") for i in range(423, 425)]
    rows += [row(425, "cancelled", "cancelled"), row(426, "ready", "notSent")]
    words = {"waited": "1 d 23 h of it waiting between 3 times at work"}
    return page(
        rows, pace=busy(), words=words, actualSeconds=172_803.0, finishedAt="2026-03-04T02:30:03+09:00", goneCount=2,
        adoptedCount=4)


def normal():
    """A class of 30, all made."""
    return page([row(i) for i in range(1, 31)], pace=busy(180, 90))


def changed():
    """Forty images changed in a roster that was done, and a few sizes."""
    to = ("image", "tensorflow:r2.3.1-py3", "pytorch:r1.10.0-py3")
    rows = []
    for i in range(1, 201):
        differs = [to] if i <= 40 else []
        if i in (3, 4):
            differs.append(("memory", "16Gi", "32Gi"))
        if i == 41:
            differs = [("description", "", "길고 긴 설명 " * 30)]
        own = cells(i)
        own[3] = to[2] if i <= 40 else to[1]
        rows.append(row(i, differs=differs, seen="2026-03-09T02:30:09+09:00", cells=own))
    words = {"changed": "41 rows were made before the roster changed: what is there stays as it was made. `changed.csv` has a line a field."}
    return page(rows, pace=busy(200), words=words)


def stopped():
    """A night with a wrong key."""
    rows = [row(i, "ready", "denied", "401: Authentication information are missing.") for i in range(1, 53)]
    run = {
        "endedAt": "2026-03-03T02:31:04+09:00", "status": 6, "reason": "denied",
        "message": "401: Authentication information are missing."}
    words = {
        "headline": "None of 52 has a workspace yet. 52 are not sent.",
        "stopped": "Stopped 02:31: the service refused the credentials (401: Authentication information are missing.). 52 rows not sent."}
    return page(
        rows, words=words, latency=False, run=run, startedAt=None, finishedAt=None, actualSeconds=None)


def paused():
    """A night that goes on later, of a process that was killed after it: the run has no end."""
    rows = [row(i) for i in range(1, 31)] + [row(i, "ready", "throttled", "429: slow down") for i in range(31, 61)]
    words = {
        "headline": "30 of 60 have a workspace so far. 30 are not sent.",
        "stopped": "Paused 02:45: the service asks to wait longer than --max-wait (429: slow down). 30 rows not sent."}
    return page(
        rows, words=words, pace=busy(180, 90), run={"reason": "killed", "message": "Began 02:31 and never ended."},
        finishedAt=None, actualSeconds=None)


def large():
    """25,000 rows, of which the page has 20,000."""
    rows = [row(i, "failed", "refused", f"quota of project {i % 7} is used up") for i in range(1, 301)]
    rows += [row(i) for i in range(301, 20_001)]
    return page(rows, left_out={"done": 5_000}, pace=busy(2_000, 500))


def flood():
    """25,000 rows that failed: of these too the page has 20,000, and none of the 100 that are done."""
    rows = [row(i, "failed", "refused", "the service is closed on Sundays") for i in range(1, 20_001)]
    return page(rows, left_out={"failed": 5_000, "done": 100}, latency=False)


def long():
    """Words without a break, names without an end."""
    word, korean = "W" * 180, "가나다라마바사아자차카타파하" * 12
    rows = [
        row(i, ["failed", "done", "in_doubt", "cancelled", "invalid", "leased"][i % 6],
            "" if i % 6 == 1 else ["refused", "", "unknown", "cancelled", "invalid", "unknown"][i % 6], f"{word} {korean} {i}",
            name=f"{'n' * 150}{i}", cells=[f"{korean}{i}", f"{word}{i}", word, korean],
            differs=[(word, korean, word)] if i % 12 == 1 else []) for i in range(1, 61)]
    return page(
        rows, columns=[korean, word, f"{word}2", f"{korean}2"], pace=busy(180, 90), label="/" + "/".join([word, korean]) + ".csv",
        endpoint=f"https://{'sub.' * 50}example.com/{word}", words={"headline": f"None of 60. {word}", "stopped": f"Stopped 02:31: {word} {korean}."})


def hostile():
    """Texts that would be markup, commands or columns elsewhere."""
    texts = [
        "</script><script>console.error('in')</script>", "<img src=x onerror=console.error(1)>", "<!--<script>", "`a`b`",
        "&lt;b&gt;", "__proto__", "constructor", "a\u2028b", "\u202egnp.exe", "=HYPERLINK(\"http://example.com\")", "", " "]
    rows = [
        row(i, ["done", "failed", "invalid"][i % 3], "" if i % 3 == 0 else "refused" if i % 3 == 1 else "invalid", text,
            name=text, cells=texts[:-1] + [text], differs=[(text, text, text)] if i % 3 == 0 else [])
        for i, text in enumerate(texts * 3, 1)]
    return page(rows, columns=texts, label="/tmp/</title><script>.csv", latency=False)


def wide():
    """Sixty columns, of which one tells people apart."""
    columns = ["학번", *(f"{'한' if i % 2 == 0 else 'column'} {i}" for i in range(1, 59)), "last"]
    rows = [row(i, cells=[f"2026{i:05}"] + [""] * 58 + ["z"]) for i in range(1, 41)]
    return page(rows, columns=columns)


def single():
    """One row, and that failed."""
    return page([row(1, "failed", "refused", "no")], latency=False)


def old():
    """What a command of an older version wrote: rows of ten members, no word of a run."""
    data = normal()
    data["rows"] = [each[:10] for each in data["rows"]]
    return data


def empty():
    """A roster without rows."""
    return page([], columns=[], latency=False, startedAt=None, finishedAt=None, actualSeconds=None) | {
        "words": {"states": NAMES, "headline": "The roster has no rows.", "reasonsTitle": "By reason"}}


ALL = {
    "normal": normal, "term": term, "changed": changed, "stopped": stopped, "paused": paused, "large": large, "flood": flood, "long": long,
    "wide": wide, "single": single, "hostile": hostile, "old": old, "empty": empty}


def write(data, folder, path):
    """Writes a page as the command does."""
    text = (folder / "page.html").read_text()
    for mark, file in [("/*STYLE*/", "style.css"), ("/*SCRIPT*/", "script.js")]:
        text = text.replace(mark, (folder / file).read_text())
    safe = json.dumps(data, ensure_ascii=False)
    for letter in "<>&\u2028\u2029\u202e":
        safe = safe.replace(letter, f"\\u{ord(letter):04x}")
    path.write_text(text.replace("/*DATA*/", safe))
