"""A careful script as people write it: asyncio and aiohttp, 32 at once, exponential backoff with full jitter after a 429.
Runs beside `rollcall run` in `scripts/bench pace`.

    asyncio_pace.py ENDPOINT ROSTER
"""

import asyncio
import base64
import csv
import hashlib
import hmac
import json
import random
import sys
import time

import aiohttp

endpoint, roster = sys.argv[1:]
access, secret = "FAKE-ACCESS-KEY-0001", "FAKE-SECRET-KEY-0001"
path = "/api/v2/aiworkspaces/create"


def headers():
    now = str(int(time.time() * 1000))
    text = f"POST {path}\n{now}\n{access}".encode()
    signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    return {
        "x-ncp-apigw-timestamp": now,
        "x-ncp-iam-access-key": access,
        "x-ncp-apigw-signature-v2": signature,
        "content-type": "application/json",
    }


async def create(session, gate, row):
    body = {
        "accountId": row["accountId"],
        "name": row["name"],
        "configuration": {"docker": {"image": row["image"], "command": row["command"]}},
    }
    failures = 0
    while True:
        async with gate:
            async with session.post(endpoint + path, data=json.dumps(body), headers=headers()) as reply:
                await reply.read()
                if reply.status != 429:
                    return reply.status == 200
                asked = float(reply.headers.get("retry-after", 0))
        failures += 1
        await asyncio.sleep(asked + random.uniform(0, min(60, 2 ** (failures - 1))))


async def main():
    with open(roster, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    gate = asyncio.Semaphore(32)
    async with aiohttp.ClientSession() as session:
        done = await asyncio.gather(*(create(session, gate, row) for row in rows))
    print(f"{sum(done)} of {len(rows)} created")


asyncio.run(main())
