"""One turn of `scripts/bench drain`: starts a fresh sandbox, sends a roster to it by a command, and prints

    ROWS-A-SECOND CLIENT-MICROSECONDS-A-ROW SANDBOX-MICROSECONDS-A-ROW CLIENT-KILOBYTES

The time runs from the command's start to its end; microseconds are of CPU, user and system. It fails unless the sandbox
has made every row, exactly once and with one request.

    drain_turn.py ROLLCALL LATENCY ROWS COMMAND…    ENDPOINT in the command becomes the sandbox's address
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

rollcall, latency, rows, command = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    # Fields 14 and 15 of proc(5); the first of these is the third.
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ledger(endpoint):
    with urllib.request.urlopen(endpoint + "/sandbox/ledger") as reply:
        return json.load(reply)


def main():
    sandbox = subprocess.Popen(
        [rollcall, "sandbox", "--port", "0", "--latency", latency], stdout=subprocess.PIPE, text=True)
    try:
        endpoint = re.search(r"http://127\.0\.0\.1:\d+", sandbox.stdout.readline()).group()
        before = cpu_seconds(sandbox.pid)
        with tempfile.TemporaryFile("w+") as complaints:
            start = time.monotonic()
            client = subprocess.Popen(
                [endpoint if word == "ENDPOINT" else word for word in command], stdout=subprocess.DEVNULL,
                stderr=complaints)
            _, status, used = os.wait4(client.pid, 0)
            seconds = time.monotonic() - start
            served = cpu_seconds(sandbox.pid) - before
            if status != 0:
                complaints.seek(0)
                sys.exit(f"it ended with {os.waitstatus_to_exitcode(status)}: {complaints.read()[-1000:]}")
        found = ledger(endpoint)
    finally:
        sandbox.kill()
        sandbox.wait()
    made = found["createsPerKey"]
    # One request a row, and a list of each of the two accounts.
    if len(made) != rows or set(made.values()) != {1} or not rows <= found["requests"] <= rows + 2:
        sys.exit(f"{len(made)} of {rows} rows were made, with {found['requests']} requests")
    own = used.ru_utime + used.ru_stime
    print(f"{rows / seconds:.0f} {own / rows * 1e6:.1f} {served / rows * 1e6:.1f} {used.ru_maxrss}")


main()
