"""compare.py ROLLCALL FOLDER [NAME]: makes the workbooks, has each imported and reported, and compares every cell."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl

import rules
import shapes


def run(rollcall, folder, *arguments):
    """The command's status, what it says, and its largest memory in MB."""
    environment = dict(
        PATH=os.environ["PATH"], HOME=str(folder), ROLLCALL_DB=str(folder / "rollcall.db"),
        ROLLCALL_ENDPOINT="http://127.0.0.1:9")
    with open(folder / "said", "wb") as said:
        process = subprocess.Popen([rollcall, *arguments], env=environment, cwd=folder, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, (folder / "said").read_text(), usage.ru_maxrss / 1024


def original(cell):
    """A cell of a report as it was before it was made harmless for spreadsheets."""
    rest = cell.lstrip("'")
    return cell[1:] if cell.startswith("'") and rest[:1] in set("=+-@\t\r\n＋－＝＠") and rest else cell


def reported(folder):
    """The header of the report, and each row's cells by the sheet's row."""
    with open(folder / "report" / "unprocessed.csv", encoding="utf-8-sig", newline="") as file:
        records = [[original(cell) for cell in record] for record in csv.reader(file)]
    line = records[0].index("rollcall_line")
    width = next(index for index, head in enumerate(records[0]) if head.startswith("rollcall_"))
    return records[0][:width], {int(record[line]): record[:width] for record in records[1:]}


def differences(path, expected, shape):
    """What the command has reported otherwise than openpyxl reads it."""
    workbook = openpyxl.load_workbook(path, data_only=True)
    sheet = workbook[shape["sheet"]] if "sheet" in shape else next(
        sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible")
    wanted = rules.rows(sheet)
    head, found = expected
    header = shape.get("header", 1)
    columns = [index for index, cell in enumerate(wanted[header]) if cell.strip()]
    if [wanted[header][index].strip() for index in columns] != head:
        yield f"header {head}"
    rows = {
        number: [row[index] for index in columns] for number, row in wanted.items()
        if number > header and number not in shape.get("leaves_out", [])
    }
    for number in sorted(set(rows) | set(found)):
        if rows.get(number) != found.get(number):
            yield f"row {number}: it is {found.get(number)}, should be {rows.get(number)}"


def made(name, path):
    """Writes a workbook in a process of its own: the memory that this one has had counts as a command's that it starts."""
    program = Path(__file__).parent / "shapes.py"
    return json.loads(subprocess.run([sys.executable, program, name, path], check=True, capture_output=True).stdout)


def faults(name, rollcall, folder):
    path = folder / "class.xlsx"
    shape = made(name, path)
    options = shape.get("options", [])
    status, said, memory = run(rollcall, folder, "check", path.name, *options)
    if status != 0:
        yield f"check ends with {status}: {said[-600:]}"
        return
    for phrase in ["Read as Excel workbook, sheet '", *shape.get("says", [])]:
        if phrase not in said:
            yield f"it does not say '{phrase}': {said[:1500]}"
    if memory > shape.get("most_memory", 10_000):
        yield f"it took {memory:.0f} MB"
    status, said, _ = run(rollcall, folder, "import", path.name, *options)
    if status == 0:
        status, said, _ = run(rollcall, folder, "report", "1", "--out", "report")
    if not (folder / "report" / "unprocessed.csv").exists():
        yield f"import and report end with {status}: {said[-600:]}"
        return
    yield from list(differences(path, reported(folder), shape))[:5]
    print(f"{name}: {len(reported(folder)[1])} rows, {memory:.0f} MB", flush=True)


def main(rollcall, folder, only=""):
    failed = 0
    chosen = [name for name in shapes.NAMES if only in ("", name)]
    for name in chosen:
        own = Path(folder) / name
        own.mkdir(parents=True)
        for fault in faults(name, rollcall, own):
            print(f"FAIL {name}: {fault}", flush=True)
            failed += 1
    if not chosen:
        print(f"there is no workbook {only}: " + ", ".join(shapes.NAMES))
    sys.exit(failed > 0 or not chosen)


if __name__ == "__main__":
    main(*sys.argv[1:])
