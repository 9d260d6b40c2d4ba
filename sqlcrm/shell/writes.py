"""What the commands about writes do: plans shown and applied, runs resumed and taken back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlcrm.errors import Cancelled, Error
from sqlcrm.session.opening import abandon, forget, open_session, prune
from sqlcrm.session.plans import Plan, load_plan, make_plan
from sqlcrm.session.resuming import Resumed, give_up, resume
from sqlcrm.session.undoing import undo_plan
from sqlcrm.shell.narration import Narrator
from sqlcrm.shell.output import Output
from sqlcrm.shell.running import Order, check_params, write_report
from sqlcrm.shell.signals import stopping

if TYPE_CHECKING:
    from sqlcrm.session.state import Session


@dataclass(slots=True)
class _Desk:
    session: Session
    narrator: Narrator


@contextmanager
def _open(order: Order, kind: str = "script") -> Iterator[_Desk]:
    """Open a session for an order; Ctrl-C and SIGTERM end what it does."""
    narrator = Narrator()
    session = open_session(
        order.config, kind=kind, limits=order.limits, progress=narrator.progress, wait=order.wait
    )
    if order.report is not None:
        from sqlcrm.session.page import check_place

        check_place(order.report)
    try:
        with stopping(session.cancel):
            yield _Desk(session, narrator)
        write_report(session, order.report, narrator)
    finally:
        narrator.clear()
        session.close()


def show_plan(order: Order, path: Path | None) -> int:
    """Show what a script would write; with a path keep it there. Nothing is written to a CRM."""
    check_params(order)
    with _open(order) as desk:
        plan = make_plan(desk.session, order.text, dict(order.params), order.name)
        if path is not None:
            plan.save(path)
        _show(plan, order, desk, kept=path)
    if plan.why:
        return 0
    return 4 if plan.counts.get("rejected") else 0


def _show(plan: Plan, order: Order, desk: _Desk, kept: Path | None = None) -> None:
    """Print the rows of a plan to where results go, and what it comes to beside."""
    desk.narrator.clear()
    if kept is None:
        with Output(order.style, order.path) as output:
            output.result(plan.result())
            if order.path is not None:
                output.keep()
    desk.narrator.lines(plan.lines())
    if kept is not None:
        desk.narrator.say(f"wrote {kept}: sqlcrm apply {kept}")


def apply_plan(order: Order) -> int:
    """Apply a plan from a file."""
    with _open(order) as desk:
        return _applied(load_plan(desk.session, Path(order.name)), desk)


def undo_run(order: Order, run: int, *, only: bool, force: bool) -> int:
    """Take a run back, or show what that would write."""
    with _open(order) as desk:
        plan = undo_plan(desk.session, run, force=force)
        if only:
            _show(plan, order, desk)
            return 0
        desk.narrator.lines(plan.lines())
        if plan.empty:
            desk.narrator.say("there is nothing to take back")
            return 4 if plan.counts.get("rejected") else 0
        return _applied(plan, desk)


def _applied(plan: Plan, desk: _Desk) -> int:
    """Apply a plan, and tell what came of it; return the exit code."""
    try:
        reports = plan.apply()
    except Cancelled:
        desk.narrator.error(f"interrupted: {how_to_resume(desk.session)}")
        return Cancelled.exit_code
    for report in reports:
        desk.narrator.lines(report.lines())
    if plan.why:
        desk.narrator.say(f"not in the plan: {plan.why}")
    return max((report.exit_code for report in reports), default=0)


def how_to_resume(session: Session) -> str:
    """Say how an interrupted run goes on, or that there is nothing to go on with."""
    run = session.last_run
    return f"sqlcrm resume {run} finishes it" if run is not None else "nothing was written"


def resume_runs(order: Order, run: int | None) -> int:
    """Finish runs that ended before their work did."""
    with _open(order) as desk:
        codes: list[int] = []

        def tell(one: Resumed) -> None:
            desk.narrator.lines(one.lines())
            codes.append(one.exit_code)

        try:
            found = resume(desk.session, run, tell)
        except Cancelled:
            desk.narrator.error(f"interrupted: {how_to_resume(desk.session)}")
            return Cancelled.exit_code
        except Error:
            if codes:
                return codes[-1]
            raise
        if not found:
            desk.narrator.say("there is nothing to resume")
        return next((code for code in (5, 4) if code in codes), 0)


def give_up_run(order: Order, run: int) -> int:
    """Give up what is left of a run that was stopped."""
    with _open(order) as desk:
        give_up(desk.session, run)
        desk.narrator.say(
            f"what was left of run {run} is given up: sqlcrm undo {run} takes it back"
        )
    return 0


def prune_journal(order: Order, age: float) -> int:
    """Take old runs out of the journal."""
    with _open(order) as desk:
        _counts(desk, "deleted", prune(desk.session, age))
    return 0


def abandon_run(order: Order, run: int) -> int:
    """End a run of another machine."""
    with _open(order) as desk:
        abandon(desk.session, run)
        desk.narrator.say(f"run {run} counts as crashed now: sqlcrm resume {run}")
    return 0


def forget_person(order: Order, address: str) -> int:
    """Take a person out of the journal."""
    with _open(order) as desk:
        _counts(desk, "forgotten", forget(desk.session, address))
    return 0


def _counts(desk: _Desk, what: str, counts: Mapping[str, int]) -> None:
    told = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
    desk.narrator.say(f"{what}: {told or 'nothing'}")
