"""What a sandbox's ledger says of a run, in one line: seconds, workspaces made, requests refused, requests; with --change,
also how many seconds after the first request's second plus S the pace had become what it should; with --worst, the most
requests that came within a second.

    pace_ledger.py SECONDS [--worst | --change S --settled | --change S --reached PER_SECOND] <LEDGER
"""

import json
import sys

arguments = sys.argv[1:]
ledger = json.load(sys.stdin)
line = [arguments[0], len(ledger["createsPerKey"]), ledger["throttled"], ledger["requests"]]
if "--worst" in arguments:
    line.append(ledger["worstOneSecondWindow"])
if "--change" in arguments:
    first = ledger["perSecond"][0]["second"]
    change = first + int(arguments[arguments.index("--change") + 1])
    after = [second for second in ledger["perSecond"] if second["second"] >= change]
    if "--settled" in arguments:
        # Settled: of what comes in the next ten seconds, at most a twentieth is refused.
        def is_settled(start):
            window = [second for second in after if start <= second["second"] < start + 10]
            return sum(second["throttled"] for second in window) * 20 <= sum(second["requests"] for second in window)

        found = next((second["second"] for second in after if is_settled(second["second"])), None)
    else:
        wanted = int(arguments[arguments.index("--reached") + 1])
        found = next((second["second"] for second in after if second["requests"] - second["throttled"] >= wanted), None)
    line.append("never" if found is None else found - change)
print(*line)
