"""How the figures of writing are shown, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from benchmarks import writes_resume
from benchmarks.rate import LATENCY_MS, Share
from benchmarks.report import table
from benchmarks.writes_calls import Outcome
from benchmarks.writes_journal import Cost
from benchmarks.writes_resume import Resumed


def calls(outcomes: Sequence[Outcome], people: int) -> str:
    """Calls made and fewest possible, and why where they differ."""
    made, fewest = sum(o.made for o in outcomes), sum(o.fewest for o in outcomes)
    wrong = [one.name for one in outcomes if one.wrong]
    text = (
        f"{people:,} contacts, {len(outcomes)} writes, each on a fresh account in a session of its "
        f"own: {made:,} calls against {fewest:,}, {made / fewest:.2f} times the fewest. The "
        f"account held afterwards what it should, and nothing else had changed: "
        f"{len(outcomes) - len(wrong)} of {len(outcomes)}."
    )
    if wrong:
        text += f" **Wrong: {', '.join(wrong)}.**"
    rows = [
        (one.name, one.fewest, one.made, f"{one.ratio:.2f}", f"{one.how} ({one.why})", one.reason)
        for one in outcomes
    ]
    heads = ("write", "fewest", "made", "ratio", "how the fewest come about", "why more are made")
    return f"{text}\n\n{table(heads, rows)}"


def journal(costs: Sequence[Cost]) -> str:
    """The journal's share of a run."""
    rows = [
        (one.write, f"{one.rows:,}", f"{one.latency_ms} ms", f"{one.seconds:.2f}",
         len(one.commits), f"{statistics.median(one.commits) * 1000:.1f} ms",
         f"{one.journal:.2f}", f"{one.share:.1%}")
        for one in costs
    ]  # fmt: skip
    heads = (
        "writes",
        "rows",
        "latency",
        "seconds",
        "commits",
        "a commit",
        "in the journal",
        "share",
    )
    return table(heads, rows)


def resume(found: Sequence[Resumed]) -> str:
    """Time from a kill to a finished run."""
    wrong = sum(not one.right for one in found)
    text = (
        f"The API's latency is {writes_resume.LATENCY_MS} ms. "
        f"Every row written, none twice: {len(found) - wrong} of {len(found)} kills."
    )
    rows = [
        (one.name, one.sent, one.left, f"{one.looked:.2f}", f"{one.done:.2f}", one.calls)
        for one in found
    ]
    heads = (
        *("killed in the middle of", "rows without an answer", "rows not sent"),
        *("seconds until looked up", "seconds until done", "calls"),
    )
    return f"{text}\n\n{table(heads, rows)}"


def rate(shares: Sequence[Share]) -> str:
    """Share of the allowed rate."""
    text = f"Each answer comes {LATENCY_MS} ms late. Reads before the writes are not counted."
    rows = [
        (f"{one.rate}/s", one.read, one.calls, f"{one.per_second:.2f}/s", f"{one.share:.1%}",
         one.refused, f"{one.seconds:.1f}")
        for one in shares
    ]  # fmt: skip
    heads = ("allowed", "single writes", "calls", "rate", "share", "429s", "seconds in all")
    return f"{text}\n\n{table(heads, rows)}"
