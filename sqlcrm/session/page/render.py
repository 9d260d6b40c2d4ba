"""Facts as HTML. Every text goes through Jinja's escaping, its control characters shown."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlcrm.session.page.facts import Facts
from sqlcrm.session.page.timeline import PLACES
from sqlcrm.session.text import escaped

if TYPE_CHECKING:
    from jinja2 import Environment

_RUN_STATES = {
    "running": "still under way when this page was written",
    "done": "ran to its end",
    "failed": "ended with an error",
    "interrupted": "was stopped before its end",
    "crashed": "its process died before its end",
}
_EXIT_CODES = {
    0: "all went well",
    1: "a statement failed",
    2: "usage, configuration, or credentials refused",
    3: "unreachable, throttled, or another run held the table: try again",
    4: "finished, with rejected rows",
    5: "finished, with unknown outcomes: look them up",
    6: "refused by a guard",
    130: "stopped by a signal",
}
_STATE_SIGNS = {
    "done": "✓",
    "unchanged": "=",
    "rejected": "✗",
    "skipped": "⊘",
    "unknown": "?",
    "planned": "○",
    "sent": "→",
}
_STATE_WORDS = {
    "done": "the API says so, or looking it up did",
    "unchanged": "nothing needed to be written",
    "rejected": "refused, by a check before the call or by the API",
    "skipped": "planned, and then not sent",
    "unknown": "sent, and no clear answer came",
    "planned": "not sent yet",
    "sent": "about to be sent, or sent: its outcome was not noted",
}


def rendered(facts: Facts) -> str:
    """Return the page."""
    from markupsafe import Markup

    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    seal = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = _environment().get_template("page.html")
    return template.render(
        run=facts,
        now=dt.datetime.now(dt.UTC),
        style=Markup(style),  # noqa: S704 our own file
        seal=seal,
        run_states=_RUN_STATES,
        exit_codes=_EXIT_CODES,
        places=PLACES,
        signs=_STATE_SIGNS,
        words=_STATE_WORDS,
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("sqlcrm.session.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters |= {
        "number": _number,
        "seconds": _seconds,
        "moment": _moment,
        "size": _size,
        "lines": _lines,
    }
    return environment


def _visible(value: Any) -> Any:
    """Return what is put into the page: texts with their control characters shown."""
    if value is None:
        return ""
    return value if hasattr(value, "__html__") else escaped(str(value))


def _lines(text: str) -> Any:
    """Return a text of several lines, as safe as any other."""
    from markupsafe import escape

    return escape(escaped(text, keep="\n\t"))


def _number(value: int) -> str:
    return f"{value:,}"


def _seconds(value: float) -> str:
    """Return a length of time as people say it."""
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02} min {rest:02} s" if hours else f"{minutes} min {rest:02} s"


def _moment(value: dt.datetime) -> str:
    return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _size(value: int) -> str:
    """Return a number of bytes as people say it."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= step:
            return f"{value / step:.1f} {unit}"
    return f"{value} bytes"
