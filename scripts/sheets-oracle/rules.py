"""What a roster's cell is, from what openpyxl reads of it: the rules that README promises, once more."""

import datetime as dt
import re
from decimal import Decimal


def plain_format(code):
    """A format's first part, without words, colours and locales."""
    code = re.sub(r'"[^"]*"|\\.|_.|\*.', "", code)
    code = code.split(";")[0]
    return re.sub(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", "", code, flags=re.I).strip().lower()


def number(value, code):
    text = format(Decimal(repr(value)) if isinstance(value, float) else Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        text = "0"
    code = plain_format(code)
    if re.fullmatch(r"#*0*", code) and code and "." not in text:
        sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
        text = sign + digits.rjust(code.count("0"), "0")
    return text


def has_time(code):
    return any(letter in plain_format(code).replace("am/pm", "h") for letter in "hs")


def seconds(delta):
    total = round(abs(delta.total_seconds()))
    sign = "-" if delta < dt.timedelta(0) else ""
    return f"{sign}{total // 3600:02}:{total // 60 % 60:02}:{total % 60:02}"


def text(cell):
    value, code = cell.value, cell.number_format or "General"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.timedelta):
        return seconds(value)
    if isinstance(value, dt.datetime):
        value = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
        if has_time(code) or value.time() != dt.time(0):
            return value.isoformat()
        return value.date().isoformat()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return number(value, code)
    return str(value)


def rows(sheet):
    """Every row with a value: its number, and its cells up to the widest row's end."""
    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None:
                found.setdefault(cell.row, {})[cell.column] = text(cell)
    width = max((max(row) for row in found.values()), default=0)
    return {number: [row.get(column, "") for column in range(1, width + 1)] for number, row in sorted(found.items())}
