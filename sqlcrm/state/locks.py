"""One writer at a time on a table of an account, one repeater of a script, on this machine.

The lock is the system's own on a file, so it is gone with the process that held it.
"""

from __future__ import annotations

import hashlib
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
    refusal = f"{table} is being written by {{}}: try again when it is done"
    with _held(folder, f"{account}-{table}", refusal, wait, stop):
        yield


@contextmanager
def scheduled(folder: Path, script: Path) -> Iterator[None]:
    """Be the only process on this machine that repeats a script.

    Raises: Busy, naming the process that does.
    """
    name = hashlib.sha256(str(script).encode(errors="surrogatepass")).hexdigest()[:32]
    refusal = f"{script} is repeated by {{}} already: stop that one first"
    with _held(folder, f"script-{name}", refusal, 0.0, lambda: None):
        yield


@contextmanager
def _held(
    folder: Path, name: str, refusal: str, wait: float, stop: Callable[[], None]
) -> Iterator[None]:
    """Hold a lock. refusal: what Busy says, with the holder in it."""
    from filelock import FileLock, Timeout

    place = folder / "locks"
    make_private_folder(place)
    path = place / f"{name}.lock"
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
                raise Busy(refusal.format(who)) from None
    try:
        holder.touch(mode=0o600)
        holder.write_text(f"process {os.getpid()}")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()
