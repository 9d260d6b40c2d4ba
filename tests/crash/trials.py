"""Trials: a script that is killed under a fault, resumed, run again where told so, and judged."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from typing import Any

from child import ROUNDS
from harness import APPENDED, KILLED, Crm, Nursery, Place, difference, normalised, place
from random_scripts import KINDS, Script, Writer

FAULTS = ("none", "lost-reply", "500", "429", "slow", "truncated")

RUNNING = (
    "account", "begin_run", "begin_statement", "frozen", "unmatched", "sent", "settled",
    "skipped", "committed", "requests", "ended_statement", "ended_run",
)  # fmt: skip
"""Transitions of a run, in which the first kill is placed."""

RESUMING = ("taken_over", "resolved", "reset")
"""Transitions of resuming: a first kill comes before, right before or behind a call."""

BESIDE = {"hash_key", "opt_outs", "source", "start_statement", "uncommitted"}
"""What the journal learns beside the run; no kill is aimed at them."""

PAIRS = [
    (f"{name}{when}", fault)
    for name in (*RUNNING, *RESUMING)
    for when in ("?", "")
    for fault in FAULTS
]

FIRST = {"skipped": "stopped", "committed": "together"}
"""The statement that makes a transition happen."""

FOUND = {"resolved", "reset"}
"""Transitions of rows that can be looked up."""

EARLY = {"account", "begin_run", "begin_statement", "frozen", "unmatched"}
"""Transitions before the first write: the fault is there from the start."""


@dataclass
class Undisturbed:
    """What a script does when nothing goes wrong."""

    script: Script
    state: dict[str, Counter[str]]
    transitions: list[str]
    rejected: dict[int, int]
    skipped: dict[int, int]


@dataclass
class Verdict:
    """What became of one trial. hit: the pairs that a kill was placed at."""

    name: str
    hit: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unknown: int = 0
    kills: int = 0
    resumes: int = 0


class Bench:
    """Runs trials on one CRM with one fork server."""

    def __init__(self, crm: Crm, children: Nursery, mutant: str = "") -> None:
        self.crm = crm
        self.children = children
        self.mutant = mutant
        crm.reset()
        self.writer = Writer(crm.state())
        self.transitions: set[str] = set()
        self._undisturbed: dict[tuple[int, str], Undisturbed] = {}

    def undisturbed(self, seed: int, kind: str = "") -> Undisturbed:
        """Return what a script does when nothing goes wrong; each is run once."""
        key = (seed, kind)
        if key not in self._undisturbed:
            script = self.writer.script(seed, kind)
            with place(self.crm, self.children) as there:
                note = there.child("run", script.text)
                self.crm.later()
                outcomes = there.outcomes(1)
                assert not note["errors"], (script.text, note["errors"])
                self._undisturbed[key] = Undisturbed(
                    script,
                    normalised(self.crm.state()),
                    note["transitions"],
                    {number: counts["rejected"] for number, counts in outcomes.items()},
                    {number: counts["skipped"] for number, counts in outcomes.items()},
                )
        return self._undisturbed[key]

    def trial(self, number: int, at: str, fault: str, retry: int = 0) -> Verdict:
        """Run the script of a number, kill it at a transition under a fault, and judge."""
        random = Random(number * 31 + retry)  # noqa: S311 - repeatable on purpose
        base = at.removesuffix("?")
        seed = 1007 * retry + number // 4
        kinds = [kind for kind in KINDS if base not in FOUND or kind != "notes"]
        kind = FIRST.get(base, kinds[seed % len(kinds)])
        normal = self.undisturbed(seed, kind)
        verdict = Verdict(f"{number}.{retry} {kind} {at} x {fault}")
        with place(self.crm, self.children, self.mutant) as there:
            Trial(there, normal, random, verdict).run(at, fault, easy=retry > 0)
            self.transitions |= {name.removesuffix("?") for name in there.transitions}
        return verdict


class Trial:
    """One script on its way to its end."""

    def __init__(self, there: Place, normal: Undisturbed, random: Random, verdict: Verdict) -> None:
        self.there = there
        self.normal = normal
        self.random = random
        self.verdict = verdict

    def run(self, at: str, fault: str, *, easy: bool) -> None:
        base = at.removesuffix("?")
        text = self.normal.script.text
        if base in RESUMING:
            early = self.random.choice(["sent", "settled?"]) if base != "reset" else "sent"
            before = self._kill(early, easy=easy)
            self._child(
                "run", text, before, "none" if easy else self.random.choice(["none", fault])
            )
            self._pass_time()
            self._child("resume", "", {"at": at, "times": 1}, fault, since="start")
        else:
            since = "start" if base in EARLY or self.random.random() < 0.3 else "frozen"
            self._child("run", text, self._kill(at, easy=easy), fault, since=since)
            if self.random.random() < 0.3:
                self._pass_time()
                again = self.random.choice(["taken_over", "sent", "settled?", "resolved", "sent?"])
                self._child("resume", "", {"at": again, "times": 1}, fault, since="start")
        self._to_the_end()
        self._judge()

    def _kill(self, at: str, *, easy: bool) -> dict[str, Any]:
        times = 1 if easy else self.random.randint(1, max(1, self.normal.transitions.count(at)))
        return {"at": at, "times": times}

    def _child(
        self, job: str, text: str, kill: dict[str, Any] | None, fault: str, since: str = "frozen"
    ) -> dict[str, Any]:
        there = self.there
        there.crm.calm()
        more: dict[str, Any] = {"kill": kill}
        if fault != "none":
            share = self.random.choice([0.15, 0.3, 0.5] if since == "start" else [0.3, 0.5, 0.7])
            more["fault"] = {"name": fault, "share": share, "ms": 20, "since": since}
        note = there.child(job, text, **more)
        there.crm.calm()
        if note["status"] == KILLED:
            self.verdict.kills += 1
            if fault == "none" or since == "start" or "frozen" in note["transitions"]:
                self.verdict.hit.append((note["killed"], fault))
        return note

    def _pass_time(self) -> None:
        """Between a crash and what follows: an import may be carried out meanwhile, or not."""
        if self.random.random() < 0.5:
            self.there.crm.later()

    def _to_the_end(self) -> None:
        """Resume what is due, then run again what is said to have failed or never to have run."""
        there, verdict = self.there, self.verdict
        first = self.normal.script
        self._pass_time()
        crashed = bool(there.journal("SELECT 1 FROM runs WHERE run_id = 1 AND state = 'running'"))
        note = self._child("resume", "", None, "none")
        verdict.resumes += note["rounds"]
        verdict.wrong += [f"resume: {error}" for error in note["errors"]]
        if note["rounds"] >= ROUNDS:
            verdict.wrong.append("it is due for ever")
        left = len(first.statements) - self._begun()
        if note["rounds"] and not first.together and note["never"] != left:
            verdict.wrong.append(f"{left} statements never ran, resume said {note['never']}")
        for run in there.runs()[:1]:
            for number, counts in there.outcomes(run).items():
                open_ = counts["sent"] + (0 if first.together else counts["planned"])
                if open_:
                    verdict.wrong.append(f"statement {number} is left at {dict(counts)}")
        if crashed:
            self._refuse_unknown(1)
        left = self._left()
        if left:
            note = self._child("run", ";\n".join(left), None, "none")
            if note["errors"] and not any("unknown" in error for error in note["errors"]):
                verdict.wrong += [f"again: {error}" for error in note["errors"]]

    def _begun(self) -> int:
        """Return how many statements were begun and frozen."""
        rows = self.there.journal(
            "SELECT count(*) FROM statements WHERE run_id = 1 AND source_rows IS NOT NULL"
        )
        return int(rows[0][0]) if rows else 0

    def _left(self) -> list[str]:
        """Return the statements that the journal does not say to be done as planned."""
        statements = list(self.normal.script.statements)
        runs = self.there.runs()
        outcomes = self.there.outcomes(runs[0]) if runs else {}
        for number, _ in enumerate(statements, 1):
            counts = outcomes.get(number, Counter())
            local = self.normal.script.together and number in {1, len(statements)}
            if local or (
                counts["statement done"]
                and not counts["unknown"]
                and counts["rejected"] == self.normal.rejected.get(number, 0)
                and counts["skipped"] == self.normal.skipped.get(number, 0)
            ):
                continue
            return statements if self.normal.script.together else statements[number - 1 :]
        return []

    def _refuse_unknown(self, run: int) -> None:
        """Note where a run, with nothing to disturb it at its end, left rows of keyed tables."""
        rows = self.there.journal(
            "SELECT DISTINCT table_name FROM operations WHERE state = 'unknown' AND run_id = ?",
            (run,),
        )
        if keyed := {table for (table,) in rows} - APPENDED:
            self.verdict.wrong.append(f"run {run} left unknown rows of {sorted(keyed)}")

    def _judge(self) -> None:
        there, verdict = self.there, self.verdict
        there.crm.later()
        unknown = there.unknown()
        verdict.unknown = unknown.total()
        notes: Counter[str] = Counter()
        for (table, values), count in unknown.items():
            if table in APPENDED:
                notes[json.loads(values)["note"]] += count
        self._refuse_unknown(there.runs()[-1] if there.runs() else 0)
        found = normalised(there.crm.state())
        verdict.wrong += difference(found, self.normal.state, notes)


def schedule(trials: int, part: int, parts: int) -> Iterator[tuple[int, str, str]]:
    """Yield number, transition and fault of each of this part's trials: all pairs in turn."""
    pairs = cycle(PAIRS)
    for number in range(trials):
        at, fault = next(pairs)
        if number % parts == part:
            yield number, at, fault


def run_trials(bench: Bench, trials: int, part: int = 0, parts: int = 1) -> list[Verdict]:
    """Run this part's trials, and those again, with other scripts, whose kill was not reached."""
    verdicts = []
    for number, at, fault in schedule(trials, part, parts):
        for retry in range(6):
            verdict = bench.trial(number, at, fault, retry)
            verdicts.append(verdict)
            if (at, fault) in verdict.hit:
                break
    return verdicts


def coverage(verdicts: list[Verdict]) -> tuple[str, list[tuple[str, str]]]:
    """Return a table of how often each pair was hit, and the pairs that were not."""
    hits = Counter(pair for verdict in verdicts for pair in verdict.hit)
    lines = [f"{'kill at':18}" + "".join(f"{fault:>12}" for fault in FAULTS)]
    lines += [
        f"{at:18}" + "".join(f"{hits[at, fault]:>12}" for fault in FAULTS)
        for at in dict.fromkeys(at for at, _ in PAIRS)
    ]
    return "\n".join(lines), [pair for pair in PAIRS if not hits[pair]]
