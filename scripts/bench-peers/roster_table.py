"""The plain way to put a roster into SQLite: Python's csv and sqlite3, streamed into one table with a unique key, one
transaction, synced (synchronous=FULL), with SQLite's standard journal: in WAL mode it takes longer. Runs beside `rollcall import` in `scripts/bench import`.

    roster_table.py ROSTER DATABASE
"""

import csv
import sqlite3
import sys

roster, database = sys.argv[1:]
connection = sqlite3.connect(database, isolation_level=None)
connection.execute("PRAGMA synchronous = FULL")
with open(roster, newline="", encoding="utf-8-sig") as file:
    reader = csv.reader(file)
    header = next(reader)
    columns = ", ".join(f'"{name}" TEXT' for name in header)
    connection.execute(f"CREATE TABLE row (id INTEGER PRIMARY KEY, {columns}, UNIQUE (accountId, name))")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO row VALUES (NULL{', ?' * len(header)})", reader)
    connection.execute("COMMIT")
connection.close()
