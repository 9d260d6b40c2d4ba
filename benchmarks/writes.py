"""Benchmarks of writing: calls, the journal's share, resuming after a kill, use of the rate limit.

`python -m benchmarks.writes` runs them all, prints Markdown and leaves nothing behind. Parts:
calls, journal, resume, rate.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if __package__ is None:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import (
    report,
    writes_calls,
    writes_journal,
    writes_rate,
    writes_report,
    writes_resume,
)
from benchmarks.reads import Part, Row
from benchmarks.writes_served import following

LONG = 100_000
"""People who are tagged by the long one of the writes."""


def _told(found: Any) -> Any:
    """Pass a figure on, and show on standard error that it was found."""
    print(f"{time.strftime('%H:%M:%S')} {found.row()}", file=sys.stderr, flush=True)
    return found


def _calls(given: argparse.Namespace) -> tuple[Sequence[Row], str]:
    with following(given.people) as served:
        found = [_told(one) for one in writes_calls.run(served)]
    if not given.no_long:
        found.append(_told(writes_calls.run_long(LONG)))
    return found, writes_report.calls(found, given.people)


def listed(
    run: Callable[[], Any], show: Callable[[Any], str]
) -> Callable[[argparse.Namespace], tuple[Sequence[Row], str]]:
    """Return a part that takes no options."""

    def part(_: argparse.Namespace) -> tuple[Sequence[Row], str]:
        found = [_told(one) for one in run()]
        return found, show(found)

    return part


PARTS = {
    "calls": Part("Calls made and fewest possible", _calls),
    "journal": Part("The journal's share", listed(writes_journal.run, writes_report.journal)),
    "resume": Part("From kill to resumed", listed(writes_resume.run, writes_report.resume)),
    "rate": Part("Share of the allowed rate", listed(writes_rate.run, writes_report.rate)),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; print them, and write what is asked for."""
    options = _options()
    given = options.parse_args(arguments)
    if unknown := [part for part in given.parts if part not in PARTS]:
        options.error(f"no such part: {', '.join(unknown)}")
    if given.people < writes_calls.FEWEST_PEOPLE:
        options.error(f"--people: {writes_calls.FEWEST_PEOPLE} at the least")
    facts = report.machine({})
    everything: dict[str, Any] = {"facts": facts}
    print(f"{report.facts(facts)}\n")
    for name in given.parts or PARTS:
        rows, text = PARTS[name].run(given)
        everything[name] = [row.row() for row in rows]
        print(f"## {PARTS[name].title}\n\n{text}\n", flush=True)
        if given.write_docs:
            report.refresh(f"writes {name}", f"{report.facts(facts)}.\n\n{text}")
    if given.json is not None:
        given.json.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.writes", description=__doc__)
    add = options.add_argument
    add("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without one")
    add("--json", type=Path, metavar="FILE", help="write every figure here")
    add("--write-docs", action="store_true", help="refresh docs/benchmarks.md")
    add("--people", type=int, default=10_000, help="contacts of the sandbox for calls")
    add("--no-long", action="store_true", help=f"without tagging {LONG:,} people")
    return options


if __name__ == "__main__":
    sys.exit(main())
