"""check.py CHROMIUM FOLDER TEMPLATE [--only NAME] [PAGE…]: makes the pages, has a browser draw each, and looks at it."""

import sys
from pathlib import Path

import samples
from browser import Browser, BrowserError

SIZES = {"narrow": (320, 640), "phone": (400, 860), "desktop": (1280, 900)}
LOOKS = [("narrow", False), ("phone", False), ("phone", True), ("desktop", False), ("desktop", True)]
LEAST_CONTRAST = 4.5


class Look:
    """A page in the browser, and what is wrong with it."""

    def __init__(self, browser, probe):
        self.browser, self._probe, self.wrong, self.where = browser, probe, [], ""

    def open(self, path, size="desktop", dark=False):
        """Draws a page; the checks that hold for all pages follow."""
        self.where = f"{path.stem}, {size}, {'dark' if dark else 'light'}"
        self.browser.show(path, *SIZES[size], dark=dark)
        self.browser.value(self._probe)
        self.expect_whole()

    def expect(self, is_so, what):
        """Notes what is wrong."""
        if not is_so:
            self.wrong.append(f"{self.where}: {what}")

    def expect_whole(self):
        """What holds for each page in each state: it fits, can be read, takes nothing from elsewhere, and complains of nothing."""
        value = self.browser.value
        inside, outside = value("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        self.expect(inside <= outside, f"scrolls sideways: {inside} in {outside}")
        for each in value("probe.tooWide()")[:5]:
            self.expect(False, f"too wide: {each}")
        faint = value(f"probe.faint({LEAST_CONTRAST})")
        self.expect(faint["count"] > 10, f"only {faint['count']} texts were seen")
        for each in faint["found"][:8]:
            self.expect(False, f"contrast {each}")
        for each in self.browser.complaints:
            self.expect(False, f"the browser says: {each.splitlines()[0]}")
        self.browser.complaints.clear()
        for each in self.browser.loaded:
            own = each.startswith("data:") or each.startswith("file://") and each.endswith(".html")
            self.expect(own, f"loads {each}")

    def text(self, selector):
        """What a person reads there."""
        return self.browser.value(f"probe.text({selector!r})")

    def expect_text(self, selector, *texts):
        """Each of these is read there."""
        found = self.text(selector)
        for text in texts:
            self.expect(text.lower() in found.lower(), f"{selector} has no “{text}” but “{found[:300]}”")

    def push(self, selector, words):
        """Pushes what has these words, with the keyboard."""
        self.browser.value(f"probe.push({selector!r}, {words!r}) && true")
        self.browser.press("Enter")

    def search(self, query):
        """What is said of the rows that are found."""
        found = self.browser.value(f"probe.search({query!r})")
        self.browser.settle()
        return found

    def expect_said(self, query, said):
        """A search, and the sentence about it, whole."""
        found = self.search(query)
        self.expect(found == said, f"a search for {query!r} says “{found}”, should say “{said}”")


def check_term(look):
    """Everybody behind "and 297 more"; the sentence on waiting; a search that a chip hides."""
    look.expect_text("#facts", "2 d, 1 d 23 h of it waiting between 3 times at work")
    look.expect_text("#reasons", "refused by the service", "ws-00121 (202600121", "and 297 more", "202600423")
    look.push("#reasons button", "297 more")
    look.expect_text("#shown", "300 of 426 rows.")
    look.expect(look.browser.value("document.activeElement.innerText") == "ws-00121", "the first of them has no focus")
    names = set()
    for _ in range(302):
        names.add(look.browser.value("document.activeElement.innerText"))
        look.browser.press("ArrowDown")
    look.expect(names == {f"ws-{i:05}" for i in range(121, 421)}, f"the arrows reach {len(names)} of 300")
    look.browser.press("Enter")
    look.expect_text("#detail", "ws-00420", "refused by the service", "student420@example.ac.kr")
    look.expect_whole()
    look.browser.press("Escape")
    # Each state can be read where the pointer is, too.
    for state in ["done", "failed", "invalid", "answer unknown", "not sent", "cancelled"]:
        look.push("#chips button", state)
        look.browser.value("document.querySelector('#scroller').scrollIntoView()")
        look.browser.point_at("#body tr:not(.pad)")
        hovered = "document.querySelector('#body tr:not(.pad)').matches(':hover')"
        look.expect(look.browser.value(hovered) or look.where.startswith("term, phone"), "the pointer is elsewhere")
        look.expect_whole()
    # Ties by line, also from the last to the first.
    look.push("#chips button", "All")
    for head in ["State", "State", "Attempts", "Attempts"]:
        look.push("#heads button", head)
        pairs = look.browser.value(
            "(() => { const at = document.querySelector('#heads [aria-sort]').cellIndex;"
            "return [...document.querySelectorAll('#body tr:not(.pad)')].slice(0, 12)"
            ".map((tr) => [tr.cells[at].innerText, Number(tr.cells[0].innerText)]); })()")
        ordered = all(above[0] != below[0] or above[1] < below[1] for above, below in zip(pairs, pairs[1:]))
        look.expect(len(pairs) == 12 and ordered, f"ties of {head} do not go by line: {pairs}")
    look.expect(pairs[0] == ["1", 2], f"the most attempts do not begin with the first line: {pairs[0]}")
    look.push("#chips button", "done")
    look.expect_said("ws-00130", "No row with “done” has “ws-00130”. 1 row with “ws-00130” is hidden by the choice “done”.")
    look.expect_whole()
    look.expect_said("ws-0012", "1 of 426 rows. 9 more rows with “ws-0012” are hidden by the choice “done”.")
    look.push("#widen", "Search all 426 rows")
    look.expect_text("#shown", "10 of 426 rows.")
    look.expect_said("nobody", "No row has “nobody”.")
    look.expect_said("", "")
    # Columns that are equal in all rows.
    result = "document.querySelector('#heads .result').offsetWidth"
    look.expect(look.browser.value(result) >= 200, "the result has no room")
    look.expect_text("#same", "9 columns are the same in all rows and not in the table.", "image tensorflow:r2.3.1-py3", "note (empty)")
    look.expect("gpu" not in look.text("#heads") and "성명" in look.text("#heads"), "the head of the table has other columns")
    look.push("#same button", "Show in the table")
    look.expect_text("#heads", "gpu", "memory", "note")
    look.expect_text("#same", "9 columns are the same in all rows.")
    look.expect(look.browser.value(result) >= 200, "the result has no room beside all columns")
    look.push("#heads button", "memory")
    look.push("#same button", "Hide in the table")
    look.expect("gpu" not in look.text("#heads"), "the columns do not go again")
    look.expect(look.text("#heads th[aria-sort]") == "Line ↑" or "Line" in look.text("#heads th[aria-sort]"), "sorted by a hidden column")


def check_changed(look):
    """What was made otherwise than the roster asks stands on top, in the rows, and in the details of each."""
    difference = "image: tensorflow:r2.3.1-py3 → pytorch:r1.10.0-py3"
    look.expect_text("#outcomes", "200 done", "of them 41 changed")
    look.expect_text("#changed", "41 rows were made before the roster changed", f"{difference} × 40", "memory: 16Gi → 32Gi × 2", "and 38 more")
    look.expect_text("#next", "41 changed:", "rollcall adopt --differs --batch 7")
    look.expect_text("#facts", "Last seen 2026-03-09 02:30:09")
    look.push("#changed button", "38 more")
    look.expect_text("#shown", "41 of 200 rows.")
    look.expect_text("#body", difference, "done, changed")
    look.expect(look.browser.value("document.activeElement.innerText") == "ws-00001", "the first of them has no focus")
    look.browser.press("Enter")
    look.expect_text("#detail-outcome", f"Differs {difference}", "State done, changed", "Last seen 2026-03-09 02:30:09")
    look.browser.press("Escape")
    look.browser.press("End")
    look.browser.press("Enter")
    look.expect_text("#detail-outcome", "description: (none) → 길고")
    look.expect_whole()
    look.browser.press("Escape")
    look.push("#chips button", "changed")
    look.expect_said("memory: 16Gi", "2 of 200 rows.")


def check_stopped(look):
    """The headline says why the run stopped."""
    look.expect_text("h1", "Stopped 02:31: the service refused the credentials", "52 rows not sent.")
    look.expect_text("#standing", "None of 52 has a workspace yet.")
    look.expect_text("#facts", "Last run 2026-03-03 02:31:04 exit status 6")
    look.expect(look.browser.value("document.title").startswith("Stopped, 0 of 52 done"), "the title does not say it")
    look.expect_text("#reasons", "the service refused the credentials", "and 49 more")


def check_paused(look):
    """A pause is told as one, and a run without an end has no time."""
    look.expect_text("h1", "Paused 02:45", "30 rows not sent.")
    look.expect(look.browser.value("document.title").startswith("Paused, 30 of 60 done"), "the title does not say it")
    look.expect("Last run" not in look.text("#facts"), "the last run has an end")
    look.expect_text("#reasons", "and 27 more")


def check_large(look):
    """What the page leaves out, it says; of a row that may exist it never says that there is none."""
    look.expect_text("#left-out", "This page has 20,000 of 25,000 rows", "5,000 done (succeeded.csv)")
    look.expect_text("#chips", "All 20,000 of 25,000", "done 19,700 of 24,700", "failed 300")
    look.expect(look.text("#shown") == "", "what is left out is said twice")
    look.expect_said("ws-24000", "No row of this page has “ws-24000”. 5,000 rows are only in the CSV files, not searched.")
    look.expect_said("ws-00001", "1 of 25,000 rows. 5,000 rows are only in the CSV files, not searched.")
    look.search("")
    look.push("#chips button", "failed")
    look.expect_said("ws-24000", "No row with “failed” has “ws-24000”.")
    look.push("#chips button", "done")
    look.expect_said("ws-24000", "No row of this page with “done” has “ws-24000”. 5,000 rows like this are only in succeeded.csv, not searched.")
    look.expect_text("#same", "the same in all rows of this page")
    look.search("")
    look.browser.value("probe.push('#body .open', '') && true")
    look.browser.press("End")
    look.expect(look.browser.value("document.activeElement.innerText") == "ws-20000", "the end of the table is not reached")


def check_flood(look):
    """So many failed that even some of them are left out, and all that are done."""
    look.expect_text("#left-out", "100 done (succeeded.csv)", "5,000 failed (failed.csv)")
    look.expect_text("#reasons", "25,000", "and 24,997 more")
    look.push("#reasons button", "24,997 more")
    look.expect_text("#shown", "20,000 of 25,100 rows. 5,000 rows like this are only in failed.csv.")
    look.push("#chips button", "done")
    look.expect_text("#shown", "None of the 100 rows with “done” is on this page: they are in succeeded.csv.")
    look.expect_said("ws-00001", "No row of this page with “done” has “ws-00001”. 100 rows like this are only in succeeded.csv, not searched."
                     " 1 row with “ws-00001” is hidden by the choice “done”.")


def check_hostile(look):
    """Nothing of a text is markup."""
    look.expect(look.browser.value("document.querySelectorAll('script').length") == 2, "a script came in")
    look.expect(look.browser.value("document.querySelectorAll('img').length") == 0, "a picture came in")
    look.expect_said("zz</script>", "No row has “zz</script>”.")
    look.search("")
    for _ in range(3):
        look.browser.value("probe.push('#body .open', '') && true")
        look.browser.press("Enter")
        look.expect_whole()
        look.browser.press("Escape")


def check_long(look):
    """Long words fit, in the table's rows and in the details."""
    look.browser.value("probe.push('#body .open', '') && true")
    for _ in range(6):
        look.browser.press("Enter")
        look.expect_whole()
        look.browser.press("Escape")
        look.browser.press("ArrowDown")


def check_old(look):
    """A page of an older command's data, without what this one writes."""
    look.expect_text("h1", "All 30 have a workspace.")
    look.expect_text("#body", "ws-00001")
    look.expect(look.text("#changed") == "" and "changed" not in look.text("#chips"), "something is changed")


def check_reasons(look):
    """Of every page: behind each "and so many more" are as many rows as the reason counts, or it says where the others are."""
    value = look.browser.value
    groups = "[...document.querySelectorAll('.reasons > li')]"
    for index in range(value(f"{groups}.length")):
        item = f"{groups}[{index}]"
        number = int(value(f"{item}.querySelector('.number').innerText").replace(",", ""))
        listed = value(f"{item}.querySelectorAll('.person').length")
        rest = value(f"{item}.querySelector('.rest button')?.innerText ?? '0 more'")
        look.expect(listed + int(rest.split()[0].replace(",", "")) == number, f"{listed} people and {rest} are not {number}")
        value(f"({item}.querySelector('.rest button') ?? {item}.querySelector(':scope > .show')).click()")
        look.browser.settle()
        found = value("Number(document.querySelector('#table').getAttribute('aria-rowcount')) - 1")
        look.expect(found == number or f"{number - found:,} rows like this are only in" in look.text("#shown"),
                    f"of {number} rows {found} are shown: {look.text('#shown')}")


def check_wide(look):
    """Of very many equal columns the first stand open; all can be reached."""
    look.expect_text("#same", "60 columns are the same", "and 48 more")
    look.expect("한 58" not in look.text("#same dl"), "all are open")
    look.push("#same summary", "and 48 more")
    look.expect_text("#same", "한 58 (empty)")
    look.expect_whole()
    look.push("#same button", "Show in the table")
    look.expect_whole()


def check_single(look):
    """One row: nothing is "the same in all rows"."""
    look.expect(look.text("#same") == "", "columns are hidden")
    look.expect_text("#heads", "note", "gpu")
    look.expect_text("#reasons", "ws-00001")
    look.expect("more" not in look.text(".people"), "there is more than one")


CHECKS = {
    "term": check_term, "changed": check_changed, "stopped": check_stopped, "paused": check_paused, "large": check_large, "flood": check_flood,
    "wide": check_wide, "single": check_single, "hostile": check_hostile, "long": check_long, "old": check_old}


def main(program, folder, template, *rest):
    """Returns how many pages are wrong."""
    only = rest[1] if rest[:1] == ("--only",) else None
    given = [Path(each).resolve() for each in rest] if not only else []
    folder = Path(folder)
    paths = {}
    for name, make in samples.ALL.items():
        if not given and only in (None, name):
            paths[name] = folder / f"{name}.html"
            samples.write(make(), Path(template), paths[name])
    if not paths and not given:
        print(f"There is no page {only}; there are: {', '.join(samples.ALL)}.", file=sys.stderr)
        return 1
    probe = (Path(__file__).parent / "probe.js").read_text()
    browser = Browser(program, folder)
    wrong = 0
    try:
        for name, path in [*paths.items(), *((each.stem, each) for each in given)]:
            look = Look(browser, probe)
            for size, dark in LOOKS:
                look.open(path, size, dark)
                browser.picture(folder / f"{name}-{size}-{'dark' if dark else 'light'}.png")
            check_reasons(look)
            if path not in given and name in CHECKS:
                for size, dark in [("phone", False), ("desktop", True)]:
                    look.open(path, size, dark)
                    try:
                        CHECKS[name](look)
                    except BrowserError as error:
                        look.expect(False, str(error).splitlines()[0])
                    look.expect_whole()
            print(f"{name}: {'well' if not look.wrong else 'WRONG'}", flush=True)
            for each in dict.fromkeys(look.wrong):
                print(f"  {each}", flush=True)
            wrong += bool(look.wrong)
    finally:
        browser.close()
    return wrong


if __name__ == "__main__":
    try:
        sys.exit(1 if main(*sys.argv[1:]) else 0)
    except BrowserError as error:
        print(f"The browser: {error}.", file=sys.stderr)
        sys.exit(1)
