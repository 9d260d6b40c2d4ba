"""How the figures are shown: Markdown tables, JSON, and the page in docs/."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.calls import Outcome
from benchmarks.memory import JOBS, Growth
from benchmarks.rate import LATENCY_MS, Share
from benchmarks.throughput import Speed

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PACKAGES = ("sqlcrm", "duckdb", "pyarrow", "httpx", "msgspec", "sqlglot")
COLUMNS = {"five": "5 columns", "all": "all columns"}


def machine(peers: dict[str, str]) -> dict[str, str]:
    """Return what the figures depend on, in general words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {memory / 2**30:.0f} GiB, {platform.system()} "
        f"{platform.machine()}, server and client on the same cores",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        **({"peers": ", ".join(f"{n} {v}" for n, v in peers.items())} if peers else {}),
    }


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; figures stand to the right."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    marks = [
        "--:" if all(re.match(r"\d", row[i]) for row in cells) else "---" for i in range(len(heads))
    ]
    lines = [heads, marks, *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def calls(outcomes: Sequence[Outcome], people: int) -> str:
    """Calls made and fewest possible, and why where they differ."""
    least = sum(one.made == one.fewest for one in outcomes)
    made, fewest = sum(o.made for o in outcomes), sum(o.fewest for o in outcomes)
    wrong = [one.name for one in outcomes if not one.same]
    text = (
        f"{people:,} contacts, {len(outcomes)} queries, each in a session of its own: {least} take "
        f"the fewest possible calls. All together {made:,} calls against {fewest:,}. "
        f"Results equal to those on full copies: {len(outcomes) - len(wrong)} of {len(outcomes)}."
    )
    if wrong:
        text += f" **Wrong: {', '.join(wrong)}.**"
    rows = [
        (one.name, one.fewest, one.made, f"{one.ratio:.2f}", f"{one.how} ({one.why})", one.reason)
        for one in outcomes
    ]
    heads = ("query", "fewest", "made", "ratio", "how the fewest come about", "why more are made")
    return f"{text}\n\n{table(heads, rows)}"


def rate(shares: Sequence[Share]) -> str:
    """Share of the allowed rate."""
    text = f"Each answer comes {LATENCY_MS} ms late."
    rows = [
        (f"{one.rate}/s", one.read, one.calls, f"{one.per_second:.2f}/s", f"{one.share:.1%}",
         one.refused, f"{one.seconds:.1f}")
        for one in shares
    ]  # fmt: skip
    heads = ("allowed", "read", "calls", "rate", "share", "429s", "seconds in all")
    return f"{text}\n\n{table(heads, rows)}"


def throughput(speeds: Sequence[Speed]) -> str:
    """Rows a second, and how many times those of the plain loop."""
    rows = []
    for one in speeds:
        plain = next(s for s in speeds if (s.columns, s.rows) == (one.columns, one.rows))
        spread = f"{min(one.speeds):,.0f} to {max(one.speeds):,.0f}"
        ratio = f"{one.median / plain.median:.2f}"
        read = f"{one.rows:,}", COLUMNS[one.columns]
        rows.append((*read, one.contestant, f"{one.median:,.0f}", spread, ratio))
    heads = ("contacts", "read", "by", "rows/s", "spread", "x the loop")
    return table(heads, rows)


def memory(growths: Sequence[Growth]) -> str:
    """Peak memory and time as lists grow."""
    rows = [
        (JOBS[one.job], f"{one.rows:,}", f"{one.peak / 1e6:.0f} MB", f"{one.base / 1e6:.0f} MB",
         f"{statistics.median(one.seconds):.2f}",
         f"{min(one.seconds):.2f} to {max(one.seconds):.2f}", f"{one.per_row:.1f}")
        for one in growths
    ]  # fmt: skip
    heads = ("job", "contacts", "peak", "before", "seconds", "spread", "µs a row")
    return f"DuckDB spilled nothing to disk.\n\n{table(heads, rows)}"


def facts(found: dict[str, str]) -> str:
    """The facts of the machine, in a line."""
    return "; ".join(
        f"{name}: {value}" if name != "date" else value for name, value in found.items()
    )


def refresh(part: str, text: str, page: Path = PAGE) -> None:
    """Put a part's figures between its marks in the page.

    Raises: ValueError where the page has no such marks.
    """
    begin, end = f"<!-- measured: {part} -->", f"<!-- end: {part} -->"
    old = page.read_text(encoding="utf-8")
    before, found, rest = old.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page.name} has no {begin} … {end}")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", encoding="utf-8")
