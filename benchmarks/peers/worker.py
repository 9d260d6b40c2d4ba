"""A process that does one job over and over, and tells how long each time took.

It imports nothing but the standard library: peers run it in their own virtual environment.
"""

from __future__ import annotations

import gc
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Job = Callable[[str], Any]
"""Reads the contacts of the server at an address; what it returns is kept until the time is taken,
and its length is the number of rows."""

FIVE = ("id", "email", "firstName", "lastName", "cdate")
"""Five columns, in the API's names."""


def peak() -> int:
    """Return the most memory this process ever held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def work(jobs: Mapping[str, Job]) -> None:
    """Do the jobs that the standard input asks for, a line `NAME URL` each."""
    for line in sys.stdin:
        name, url = line.split()
        gc.collect()
        start = time.perf_counter()
        result = jobs[name](url)
        seconds = time.perf_counter() - start
        rows = result if isinstance(result, int) else len(result)
        del result
        print(json.dumps({"seconds": seconds, "rows": rows, "peak": peak()}), flush=True)
