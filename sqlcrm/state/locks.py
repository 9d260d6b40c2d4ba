"""One writer at a time on a table of an account, on this machine.

The lock is the system's own on a file, so it is gone with the process that held it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlcrm.errors import Busy
from sqlcrm.state.folder import make_private_folder

POLL = 0.2
"""Seconds between looks at a lock that somebody else holds."""


@contextmanager
def holding(
    folder: Path, account: int, table: str, *, wait: float, stop: Callable[[], None]
) -> Iterator[None]:
    """Hold a table of an account; wait up to `wait` seconds for whoever holds it now.

    stop: is called while waiting, and raises what shall end the wait.
    Raises: Busy, naming the process that holds it.
    """
    from filelock import FileLock, Timeout

    place = folder / "locks"
    make_private_folder(place)
    path = place / f"{account}-{table}.lock"
    holder = path.with_suffix(".holder")
    lock = FileLock(path, mode=0o600)
    end = time.monotonic() + wait
    while True:
        try:
            lock.acquire(timeout=min(POLL, wait))
            break
        except Timeout:
            stop()
            if time.monotonic() >= end:
                who = holder.read_text() if holder.exists() else "another process"
                raise Busy(
                    f"{table} is being written by {who}: try again when it is done"
                ) from None
    try:
        holder.touch(mode=0o600)
        holder.write_text(f"process {os.getpid()}")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
