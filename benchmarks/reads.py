"""Benchmarks of reading: calls, use of the rate limit, rows a second, memory and growth.

`python -m benchmarks.reads` runs them all, prints Markdown and leaves nothing behind but the peers'
virtual environment in the user's cache folder. Parts: calls, rate, throughput, memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

if __package__ is None:  # run as a file
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import calls, memory, rate, report, throughput, workers
from benchmarks.sandboxes import sandbox

FEWEST_PEOPLE = 2_000


class Row(Protocol):
    """A figure of any part."""

    def row(self) -> dict[str, Any]:
        """Return it for JSON."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its title, and what it finds and how that is shown."""

    title: str
    run: Callable[[argparse.Namespace], tuple[Sequence[Row], str]]


def _calls(given: argparse.Namespace) -> tuple[Sequence[Row], str]:
    with sandbox(given.people) as served:
        found = calls.run(served)
    return found, report.calls(found, given.people)


def _rate(_: argparse.Namespace) -> tuple[Sequence[Row], str]:
    found = list(rate.run())
    return found, report.rate(found)


def _throughput(given: argparse.Namespace) -> tuple[Sequence[Row], str]:
    found = throughput.run(given.rounds, given.python, throughput.SIZES)
    return found, report.throughput(found)


def _memory(given: argparse.Namespace) -> tuple[Sequence[Row], str]:
    found = memory.run(given.memory_rounds, memory.SIZES)
    return found, report.memory(found)


PARTS = {
    "calls": Part("Calls made and fewest possible", _calls),
    "rate": Part("Share of the allowed rate", _rate),
    "throughput": Part("Rows a second without a limit", _throughput),
    "memory": Part("Memory, and time as lists grow", _memory),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts asked for; print them, and write what is asked for."""
    options = _options()
    given = options.parse_args(arguments)
    if unknown := [part for part in given.parts if part not in PARTS]:
        options.error(f"no such part: {', '.join(unknown)}")
    if given.people < FEWEST_PEOPLE:
        options.error(f"--people: {FEWEST_PEOPLE} at the least, for the queries to find enough")
    given.python = _peers(given) if "throughput" in (given.parts or PARTS) else None
    facts = report.machine(workers.versions(given.python) if given.python else {})
    everything: dict[str, Any] = {"facts": facts}
    print(f"{report.facts(facts)}\n")
    for name in given.parts or PARTS:
        rows, text = PARTS[name].run(given)
        everything[name] = [row.row() for row in rows]
        print(f"## {PARTS[name].title}\n\n{text}\n", flush=True)
        if given.write_docs:
            report.refresh(name, f"{report.facts(facts)}.\n\n{text}")
    if given.json is not None:
        given.json.write_text(json.dumps(everything, indent=1) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.reads", description=__doc__)
    add = options.add_argument
    add("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without one")
    add("--json", type=Path, metavar="FILE", help="write every figure here")
    add("--write-docs", action="store_true", help="refresh docs/benchmarks.md")
    add("--people", type=int, default=10_000, help="contacts of the sandbox for calls")
    add("--rounds", type=int, default=5, help="of throughput")
    add("--memory-rounds", type=int, default=3)
    add("--no-peers", action="store_true", help="without shillelagh, Parsons and dlt")
    add("--peers", type=Path, metavar="PYTHON", help="a Python that has them already")
    return options


def _peers(given: argparse.Namespace) -> Path | None:
    """Return the Python with the other tools; without them the rest is still worth running."""
    if given.no_peers or given.peers:
        return None if given.no_peers else Path(given.peers)
    try:
        return workers.peers()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"without peers, which could not be installed: {error}", file=sys.stderr)
        return None


if __name__ == "__main__":
    sys.exit(main())
