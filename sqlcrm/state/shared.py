"""Small files that the processes of one machine take turns at.

The lock is the system's own on a file, so it is gone with the process that held it, however that
ended. Unlike `locks`, it is taken and left many times a second: 4 us, where filelock takes 100.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlcrm.state.folder import make_private_folder, new_private_file

LARGEST = 1 << 20
"""Bytes of such a file that are read."""

PATIENCE = 0.25
"""Seconds until a process that was stopped in the middle of its turn is no longer waited for."""

ROOM = 16 * 1024
"""Bytes that are made sure of before something that cannot be had twice is fetched."""


@contextmanager
def locked(path: Path, wait: Callable[[], None]) -> Iterator[int]:
    """Hold the lock of a file, made if need be, while the block runs; yield its descriptor.

    wait: is called as long as somebody else holds it; what it raises ends the wait.
    Raises: OSError where the file cannot be made or locked.
    """
    try:
        import fcntl
    except ImportError as missing:  # a system without such locks
        raise OSError("this system has no flock") from missing

    # Opened anew each time: a descriptor that a fork had copied would share its lock.
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        number = os.open(path, flags, 0o600)
    except FileNotFoundError:
        make_private_folder(path.parent)
        number = os.open(path, flags, 0o600)
    try:
        while True:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                wait()
        try:
            yield number
        finally:
            fcntl.flock(number, fcntl.LOCK_UN)  # also where a fork has copied the descriptor
    finally:
        os.close(number)


class SharedFile:
    """A line of text that many processes change, one at a time.

    It is not made durable: it has to outlive processes, not the machine.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def update(self, change: Callable[[bytes], bytes]) -> None:
        """Replace the line by what `change` makes of it; empty at first.

        Raises: OSError where the file cannot be used, or somebody else holds it for too long.
        """
        end = time.monotonic() + PATIENCE

        def wait() -> None:
            if time.monotonic() > end:
                raise TimeoutError(f"{self._path} is held by another process")
            time.sleep(0.0005)

        with locked(self._path, wait) as number:
            old = os.pread(number, LARGEST, 0)
            new = change(old.partition(b"\n")[0]) + b"\n"
            os.pwrite(number, new, 0)  # what is left of a longer line is behind the line's end
            if len(old) > 4 * len(new) + 4096:
                os.ftruncate(number, len(new))


@contextmanager
def replacing(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Yield how to replace a private file, all of it or nothing, durable when that returns.

    The room on disk is taken before the block runs, so that what the block fetches, and cannot
    fetch twice, can be kept. Raises: OSError, then or later.
    """
    make_private_folder(path.parent)
    new = new_private_file(path)

    def write(data: bytes) -> None:
        _fill(new, data)
        new.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    try:
        _fill(new, b" " * ROOM)
        yield write
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _fill(path: Path, data: bytes) -> None:
    """Write a file over from its start and cut what is behind; durable when this returns."""
    with path.open("r+b") as file:
        file.write(data)
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def boot() -> str:
    """Return what tells this run of the machine from the one before; "" where unknown.

    Times of `time.monotonic` mean something to other processes only within one such run.
    """
    from sqlcrm.state.process import PROC

    try:
        return (PROC / "sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
