"""A roster sent by a plain script: asyncio, aiohttp and uvloop, N at once, each request signed, the same bodies byte by
byte as Rollcall's. It is not durable: what was sent and answered is known to this process only. Runs beside
`rollcall resume` in `scripts/bench drain`.

    aiohttp_drain.py ROSTER --endpoint ADDRESS --concurrency N    sends them
    aiohttp_drain.py ROSTER --definitions                         prints the bodies, one a line
"""

import argparse
import asyncio
import base64
import csv
import hashlib
import hmac
import json
import sys
import time

import aiohttp
import uvloop

access, secret = "FAKE-ACCESS-KEY-0001", b"FAKE-SECRET-KEY-0001"
path = "/api/v2/aiworkspaces/create"


def definition(row):
    body = {
        "accountId": row["accountId"],
        "name": row["name"],
        "description": row["description"],
        "configuration": {
            "docker": {
                "image": row["image"],
                "command": row["command"],
                "workdir": row["configuration.docker.workdir"],
            },
            "resource": {
                "gpuCount": int(row["gpuCount"]),
                "gpuModel": row["gpuModel"],
                "cpuCount": int(row["cpuCount"]),
                "memoryMb": int(row["memoryMb"]),
            },
        },
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def headers():
    now = str(int(time.time() * 1000))
    code = hmac.new(secret, f"POST {path}\n{now}\n{access}".encode(), hashlib.sha256).digest()
    return {
        "x-ncp-apigw-timestamp": now,
        "x-ncp-iam-access-key": access,
        "x-ncp-apigw-signature-v2": base64.b64encode(code).decode(),
        "content-type": "application/json",
        "accept": "application/json",
    }


async def work(session, address, rows):
    made = 0
    for row in rows:
        async with session.post(address, data=definition(row), headers=headers()) as reply:
            answer = json.loads(await reply.read())
            made += reply.status == 200 and answer["success"] and "id" in answer
    return made


async def send(rows, endpoint, concurrency):
    # One iterator: whoever is free takes the next row.
    rest = iter(rows)
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(connector=connector) as session:
        workers = (work(session, endpoint + path, rest) for _ in range(concurrency))
        return sum(await asyncio.gather(*workers))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("roster")
    parser.add_argument("--definitions", action="store_true")
    parser.add_argument("--endpoint")
    parser.add_argument("--concurrency", type=int, default=64)
    options = parser.parse_args()
    with open(options.roster, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    if options.definitions:
        for row in rows:
            sys.stdout.buffer.write(definition(row) + b"\n")
        return
    made = uvloop.run(send(rows, options.endpoint, options.concurrency))
    print(f"{made} of {len(rows)} made")


main()
