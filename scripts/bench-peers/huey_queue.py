"""huey's SQLite queue, for comparison: how many tasks that do nothing it takes and finishes a second.

Prints `huey <n> threads: <rate> items/s`. The clock runs from the first dequeue to the end of the last task, with all
tasks enqueued before. Every commit is synced (PRAGMA synchronous=FULL), as Rollcall's are. huey deletes a task when it
takes it, so it writes once per task where Rollcall writes twice; a killed consumer loses what it had taken.

usage: huey_queue.py FOLDER [--items 20000] [--threads 4]
"""

import argparse
import itertools
import logging
import pathlib
import sys
import threading
import time

from huey import SqliteHuey


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=4)
    options = parser.parse_args()

    # A log line per task would be measured too.
    logging.getLogger("huey").setLevel(logging.ERROR)
    options.folder.mkdir(parents=True, exist_ok=True)
    database = options.folder / "huey.db"
    for old in options.folder.glob("huey.db*"):
        old.unlink()
    huey = SqliteHuey("bench", filename=str(database), fsync=True, results=False)

    done = threading.Event()
    finished_at = []
    # `next` on a counter is one step for the interpreter, so threads cannot count the same number.
    counter = itertools.count(1)

    @huey.task()
    def nothing(number):
        if next(counter) == options.items:
            finished_at.append(time.perf_counter())
            done.set()

    for number in range(options.items):
        nothing(number)
    storage = huey.storage
    if storage.sql("PRAGMA synchronous", results=True) != [(2,)]:
        sys.exit("huey_queue.py: huey's database is not at synchronous=FULL")
    if storage.sql("PRAGMA journal_mode", results=True) != [("wal",)]:
        sys.exit("huey_queue.py: huey's database is not in WAL mode")
    if huey.pending_count() != options.items:
        sys.exit("huey_queue.py: not every task was enqueued")

    started_at = []
    dequeue = storage.dequeue

    def first_dequeue():
        if not started_at:
            started_at.append(time.perf_counter())
        # Not in the way of the other tasks.
        storage.dequeue = dequeue
        return dequeue()

    storage.dequeue = first_dequeue
    consumer = huey.create_consumer(
        workers=options.threads, worker_type="thread", periodic=False, check_worker_health=False)
    consumer.start()
    if not done.wait(timeout=600):
        sys.exit("huey_queue.py: the tasks were not done after ten minutes")
    consumer.stop(graceful=True)

    rate = options.items / (finished_at[0] - started_at[0])
    print(f"huey {options.threads} thread{'s' if options.threads > 1 else ''}: {rate:.0f} items/s", flush=True)


if __name__ == "__main__":
    main()
