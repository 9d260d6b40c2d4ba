"""Telling a process that runs from one that died, though its pid may have been given away."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def host() -> str:
    """Return this machine's name."""
    return os.uname().nodename


def token(pid: int) -> str:
    """Return what no later process of the same pid has: boot and start time. "" where unknown.

    A zombie has ended: it has no token.
    """
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the command before `)` may hold anything
    if len(fields) < 20 or fields[0] in {"Z", "X"}:
        return ""
    return f"{boot}:{fields[19]}"


def is_alive(pid: int, known_token: str, known_host: str) -> bool:
    """Whether the process still runs. One of another machine cannot be seen: it counts as alive."""
    if known_host != host():
        return True
    if known_token:
        return token(pid) == known_token
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, so it runs
        return True
    return True
