"""shapes.py NAME PATH: writes a workbook, and prints as JSON how it is read and what must be said of it."""

import datetime as dt
import json
import random
import sys

import openpyxl
import xlsxwriter
from openpyxl.styles import Protection

ACCOUNT = "6COytUeFj7b8eOhq2L5zL"
FIELDS = ["name", "accountId", "image", "command"]


def fields(number):
    return [f"n{number}", ACCOUNT, "tensorflow:r2.3.1-py3", "jupyter lab"]


def book():
    workbook = openpyxl.Workbook()
    return workbook, workbook.active


def merged_title(path):
    workbook, sheet = book()
    sheet.append(["2026학년도 1학기\n인공지능 실습 명단"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(FIELDS + ["성명", "비고"])
    for number in range(1, 6):
        sheet.append(fields(number) + [f"김민준{number}", "" if number % 2 else "청강"])
    workbook.save(path)
    return dict(header=3, says=["what stands above it is left out"])


def dates(path, epoch=None):
    workbook, sheet = book()
    if epoch:
        workbook.epoch = epoch
    formats = [
        "yyyy-mm-dd", "m/d/yy", "yyyy-mm-dd hh:mm", 'yyyy"년" m"월" d"일"', "[$-412]AM/PM h:mm", "d-mmm-yy", "h:mm:ss",
        "yyyy\\-mm\\-dd\\ hh:mm:ss", "[h]:mm",
    ]
    values = [
        dt.datetime(2026, 3, 2), dt.datetime(2026, 3, 2, 9, 30), dt.datetime(2000, 2, 29, 23, 59, 59),
        dt.datetime(2100, 3, 1), dt.datetime(1999, 12, 31, 0, 0, 1), dt.datetime(9999, 12, 31), dt.datetime(1904, 1, 2),
    ]
    if not epoch:
        values += [dt.datetime(1900, 1, 1), dt.datetime(1900, 2, 28), dt.datetime(1900, 3, 1)]
    sheet.append(FIELDS + [f"as {code}" for code in formats])
    for number, value in enumerate(values, 1):
        sheet.append(fields(number) + [value] * (len(formats) - 3) + [value.time(), value, dt.timedelta(hours=30, minutes=number)])
        for column, code in enumerate(formats, 5):
            sheet.cell(sheet.max_row, column).number_format = code
    workbook.save(path)
    return {}


def dates_1904(path):
    return dates(path, openpyxl.utils.datetime.CALENDAR_MAC_1904)


def formulas(path):
    """Formulas with the values that the program has stored."""
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet("Grades")
    percent = workbook.add_format({"num_format": "0.0%"})
    for column, head in enumerate(FIELDS + ["sum", "text", "truth", "share", "empty"]):
        sheet.write(0, column, head)
    for number in range(1, 8):
        for column, value in enumerate(fields(number)):
            sheet.write_string(number, column, value)
        sheet.write_formula(number, 0, f'="n"&{number}', None, f"n{number}")
        sheet.write_formula(number, 4, "=1+1", None, number * 1.5)
        sheet.write_formula(number, 5, '="a"', None, f"text, \"{number}\" <&>")
        sheet.write_formula(number, 6, "=TRUE", None, number % 2 == 0)
        sheet.write_formula(number, 7, "=1/8", percent, number / 8)
        sheet.write_formula(number, 8, '=""', None, "")
    workbook.close()
    return {}


def failed_formulas(path):
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet()
    for column, head in enumerate(FIELDS + ["found"]):
        sheet.write(0, column, head)
    for number, value in enumerate(["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "fine"], 1):
        for column, field in enumerate(fields(number)):
            sheet.write_string(number, column, field)
        sheet.write_formula(number, 4, "=VLOOKUP(1,A1:B2,2)", None, value)
    workbook.close()
    return dict(says=["'#N/A' is what a formula gives that has failed", "(and 3 more rows, the last on line 5)"])


def hidden(path):
    workbook, sheet = book()
    sheet.append(FIELDS + ["전화", "section"])
    for number in range(1, 31):
        sheet.append(fields(number) + [f"010-0000-{number:04}", "가나"[number % 2]])
        if number % 2:
            sheet.row_dimensions[number + 1].hidden = True
    sheet.column_dimensions["E"].hidden = True
    sheet.auto_filter.ref = "A1:F31"
    workbook.create_sheet("Notes")["B2"] = "please read"
    workbook.create_sheet("Nothing")
    workbook.save(path)
    return dict(
        says=[
            "(Sheet!E1): the column '전화' is hidden", ":2: this row and 14 more are hidden",
            "only the sheet 'Sheet' is read, not 'Notes': another one is chosen with --sheet 'Notes'",
        ])


def korean(path):
    workbook, sheet = book()
    sheet.title = "명단 (최종)"
    sheet.append(FIELDS + ["성명", "학과", "한자", "이모지"])
    for number, person in enumerate(["김민준", "이서연", "박도윤", "최지우 ", "정 하은", "Zoë Müller"], 1):
        sheet.append(fields(number) + [person, "컴퓨터공학과\n인공지능전공", "金敏俊", "👩‍💻"])
    workbook.save(path)
    return dict(sheet="명단 (최종)")


def inline_strings(path):
    workbook = xlsxwriter.Workbook(path, {"constant_memory": True})
    sheet = workbook.add_worksheet()
    for row, cells in enumerate([FIELDS + ["학번", "note"]] + [fields(n) + [f"{n:06}", f" a  {n}\t"] for n in range(1, 50)]):
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    workbook.close()
    return {}


def shared_strings(path):
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet()
    bold = workbook.add_format({"bold": True})
    for row, cells in enumerate([FIELDS + ["major", "rich"]] + [fields(n) + [f"major {n % 3}", ""] for n in range(1, 50)]):
        for column, cell in enumerate(cells[:5]):
            sheet.write_string(row, column, cell)
        if row == 0:
            sheet.write_string(row, 5, "rich")
        else:
            sheet.write_rich_string(row, 5, "plain ", bold, f"bold {row}", " end")
    workbook.close()
    return {}


def zero_padded(path):
    workbook, sheet = book()
    sheet.append(FIELDS + ["학번", "반", "양수", "raw"])
    for number in range(1, 12):
        sheet.append(fields(number) + [number * 97, number, number, number * 1000.0])
        for column, code in [(5, "000000"), (6, "00"), (7, "0000;[Red]-0000"), (8, "General")]:
            sheet.cell(sheet.max_row, column).number_format = code
    workbook.save(path)
    return {}


def totals(path):
    workbook, sheet = book()
    sheet.append(FIELDS + ["점수"])
    for number in range(1, 9):
        sheet.append(fields(number) + [number * 10])
    sheet.append(["합계", None, None, None, 360])
    workbook.save(path)
    return dict(options=["--except", "name=합계"], leaves_out=[10])


def sheets(path):
    workbook, sheet = book()
    sheet.title = "Lists"
    sheet["A1"] = "one"
    sheet.sheet_state = "hidden"
    for name in ["1. class", "2. class"]:
        other = workbook.create_sheet(name)
        other.append(FIELDS + ["class"])
        for number in range(1, 4):
            other.append(fields(number) + [name])
    workbook.active = 1
    workbook.save(path)
    return dict(sheet="2. class", options=["--sheet", "2. class"])


def shown_otherwise(path):
    workbook, sheet = book()
    codes = ["0.0%", "#,##0", "# ?/?", "0.00E+00", "000-0000-0000", '#,##0 "원"', "0.00", "General"]
    sheet.append(FIELDS + [f"as {code}" for code in codes])
    for number, value in enumerate([0.25, 1234567, 1.1, 1012345678, -0.000001, 12345678901234567, 1e21, 87.6], 1):
        sheet.append(fields(number) + [value] * len(codes))
        for column, code in enumerate(codes, 5):
            sheet.cell(sheet.max_row, column).number_format = code
    workbook.save(path)
    return {}


def sparse(path):
    workbook, sheet = book()
    for column, head in [(2, "name"), (4, "accountId"), (5, "image"), (9, "command"), (12, "note")]:
        sheet.cell(4, column, head)
    for row in [5, 6, 9, 40, 1000]:
        for column, value in zip([2, 4, 5, 9], fields(row)):
            sheet.cell(row, column, value)
    sheet.cell(9, 12, True)
    # Cells that are only formatted are nothing.
    sheet.cell(2000, 30).protection = Protection(locked=False)
    workbook.save(path)
    return dict(header=4)


def merged_rows(path):
    workbook, sheet = book()
    sheet.append(FIELDS + ["조"])
    for number in range(1, 7):
        sheet.append(fields(number) + [f"{number // 3}조" if number % 3 == 1 else None])
    sheet.merge_cells("E2:E4")
    sheet.merge_cells("E5:E7")
    workbook.save(path)
    return dict(says=[":2: the cells E2:E4 are merged over several rows", ":5: the cells E5:E7"])


def random_cells(path):
    chance = random.Random(20260302)
    workbook, sheet = book()
    codes = ["General", "0", "0000", "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "0.00", "@", "#,##0", "[$-409]d-mmm-yy"]
    sheet.append(FIELDS + [f"column {number}" for number in range(12)])
    for row in range(2, 402):
        sheet.append(fields(row))
        for column in range(5, 17):
            if chance.random() < 0.3:
                continue
            code = chance.choice(codes)
            value = chance.choice([
                chance.randrange(0, 10 ** chance.randrange(1, 16)), chance.random() * 10 ** chance.randrange(-5, 10),
                "".join(chance.choice('ab,;"\'\n\t 가나é=<&>') for _ in range(chance.randrange(1, 12))),
                chance.random() < 0.5, dt.datetime(1990, 1, 1) + dt.timedelta(seconds=chance.randrange(0, 2 * 10 ** 9)),
            ])
            if isinstance(value, dt.datetime):
                code = chance.choice([code for code in codes if "y" in code])
            elif "y" in code:
                code = "General"
            cell = sheet.cell(row, column, value)
            # A text is one also where it begins like a formula.
            if isinstance(value, str):
                cell.data_type = "s"
            cell.number_format = code
    workbook.save(path)
    return {}


def large(path, rows=100_000):
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet()
    for row in range(rows + 1):
        cells = fields(row) + [f"김민준 {row}", f"student{row}@example.ac.kr", f"컴퓨터공학과 {row % 17}"]
        for column, cell in enumerate(cells if row else FIELDS + ["성명", "email", "학과"]):
            sheet.write_string(row, column, cell)
    workbook.close()
    return dict(most_memory=64)


ALL = [
    merged_title, dates, dates_1904, formulas, failed_formulas, hidden, korean, inline_strings, shared_strings, zero_padded,
    totals, sheets, shown_otherwise, sparse, merged_rows, random_cells, large,
]
NAMES = [make.__name__ for make in ALL]

if __name__ == "__main__":
    json.dump(ALL[NAMES.index(sys.argv[1])](sys.argv[2]), sys.stdout)
