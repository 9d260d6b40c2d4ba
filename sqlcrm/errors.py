"""Every error that leaves sqlcrm, in one tree. A class exists where a caller would act differently.

::

    Error                          (PEP 249)        exit code
    ├── InterfaceError             (PEP 249)
    └── DatabaseError              (PEP 249)            1
        ├── ProgrammingError       (PEP 249)
        │   └── SqlError           points at the text   1
        ├── NotSupportedError      (PEP 249)            1
        ├── DataError              (PEP 249)            1
        │   ├── FileProblem        a source file        1
        │   └── ShapeChanged       an API's reply       1
        ├── IntegrityError         (PEP 249)
        │   └── Rejected           this row, go on      4
        ├── InternalError          (PEP 249)            1
        └── OperationalError       (PEP 249)
            ├── ConfigurationError                      2
            ├── DeclarationError   a bad connector      2
            ├── Denied             stop                 2
            ├── WrongAccount                            2
            ├── JournalProblem     nothing was sent     2
            ├── Unreachable        retried if repeatable 3
            ├── Throttled          waits                3
            ├── Busy               somebody else writes 3
            ├── OutcomeUnknown     look before resending 5
            ├── GuardRefused                            6
            └── Cancelled          Ctrl-C, SIGTERM    130

Messages say what to do next. They never hold a secret: whoever raises redacts first.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class Error(Exception):
    """Root of everything sqlcrm raises on purpose."""

    exit_code = 1


class InterfaceError(Error):
    """The Python interface was used wrongly, for instance a closed cursor."""


class DatabaseError(Error):
    """Something went wrong with the data or the statement."""


class ProgrammingError(DatabaseError):
    """The statement or its parameters are wrong."""


class NotSupportedError(DatabaseError):
    """The statement asks for what sqlcrm or this API does not do."""


class DataError(DatabaseError):
    """Data do not have the form they should have."""


class IntegrityError(DatabaseError):
    """The data break a rule of the target."""


class InternalError(DatabaseError):
    """A mistake in sqlcrm itself; please report it."""


class OperationalError(DatabaseError):
    """The world outside did not cooperate: network, credentials, files.

    sent: a call may have had its effect although it failed.
    """

    sent = False


class SqlError(ProgrammingError):
    """A statement is wrong at a known place.

    `start` and `end` are character offsets into `text`, end exclusive; -1 where no place is known.
    """

    def __init__(self, message: str, text: str = "", start: int = -1, end: int = -1) -> None:
        self.message = message
        self.text = text
        self.start = start
        self.end = end
        super().__init__(self.__str__())

    def __str__(self) -> str:
        if self.start < 0 or not self.text:
            return self.message
        before = self.text[: self.start]
        number = before.count("\n") + 1
        column = self.start - (before.rfind("\n") + 1)
        line = self.text.splitlines()[number - 1] if self.text.splitlines() else ""
        width = max(1, min(self.end - self.start, len(line) - column))
        prefix = f"LINE {number}: "
        pad = "".join("\t" if c == "\t" else " " for c in line[:column])
        return f"{self.message}\n{prefix}{line}\n{' ' * len(prefix)}{pad}{'^' * width}"


class FileProblem(DataError):
    """A source file cannot be read as asked: not there, no such sheet, no such column."""


class ShapeChanged(DataError):
    """An API's reply does not have the declared shape; nothing is guessed from it."""


class Rejected(IntegrityError):
    """A row was refused, by a check before sending or by the API. Other rows go on."""

    exit_code = 4


class ConfigurationError(OperationalError):
    """Settings are missing, malformed or not trusted."""

    exit_code = 2


class DeclarationError(OperationalError):
    """A connector declares something impossible; holds every mistake found, one a line."""

    exit_code = 2


class Denied(OperationalError):
    """The API refused the credentials, or they may not do this."""

    exit_code = 2


class WrongAccount(OperationalError):
    """The alias now means another account than when this was planned or journaled."""

    exit_code = 2


class JournalProblem(OperationalError):
    """The journal cannot be read or written, so nothing was sent."""

    exit_code = 2


class Unreachable(OperationalError):
    """No usable answer came. `sent` is False only where no byte can have reached the API."""

    exit_code = 3

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class Throttled(OperationalError):
    """The API asks to wait longer than we are willing to."""

    exit_code = 3


class Busy(OperationalError):
    """Another run holds the target or the journal; try again."""

    exit_code = 3


class OutcomeUnknown(OperationalError):
    """A write may or may not have happened: look before resending."""

    exit_code = 5


class GuardRefused(OperationalError):
    """A guard stopped the statement before anything was written."""

    exit_code = 6


class PlanMoved(GuardRefused):
    """Rows that a plan rests on have changed since it was made; nothing of it was written."""


class Cancelled(OperationalError):
    """The user or the system stopped the run."""

    exit_code = 130


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the names nearest to `name`, or lists a few; may be empty."""
    options = sorted(set(known))
    folded = {option.casefold(): option for option in options}
    near = difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(folded[option] for option in near)}?"
    if not options:
        return ""
    more = ", …" if len(options) > 12 else ""
    return f"There are: {', '.join(options[:12])}{more}."
