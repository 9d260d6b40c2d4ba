"""What an answer means for the next step: settled, to be tried again, or to be raised."""

from __future__ import annotations

from dataclasses import dataclass

from sqlcrm.sdk import Connector, Request, Response, Verdict
from sqlcrm.transport.address import Addresses, Target
from sqlcrm.transport.clock import Clock
from sqlcrm.transport.exchange import described
from sqlcrm.transport.redaction import Redactor
from sqlcrm.transport.retries import Failure, retry_after

NOT_CARRIED_OUT = {307, 308}  # these ask to send the same request elsewhere


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, or a failure. `error` is for people and the log, empty where all is well."""

    verdict: Verdict
    reason: str = ""
    error: str = ""
    advice: str = ""
    failure: Failure | None = None


def _failed(failure: Failure) -> Judged:
    return Judged(Verdict.RETRY, error=failure.words, failure=failure)


class Judge:
    """Applies a connector's rules to answers."""

    def __init__(
        self, connector: Connector, addresses: Addresses, redact: Redactor, clock: Clock
    ) -> None:
        self._connector = connector
        self._addresses = addresses
        self._redact = redact
        self._clock = clock

    def __call__(self, request: Request, target: Target, got: Response | Failure) -> Judged:
        """Return what `got` means as the outcome of `request`."""
        if isinstance(got, Failure):
            return _failed(got)
        name = described(got.status, got.headers, self._redact)
        if 300 <= got.status < 400:
            return self._redirected(request, target, got, name)
        if got.status < 300 and got.text:  # no other text that is not JSON gets so far
            return Judged(
                Verdict.DENIED,
                error=f"it answered {name} with a login page instead of JSON",
                advice="check the address and the credentials of the connection",
            )
        try:
            verdict, reason = self._connector.judge(got, target.path)
            reason = self._redact.shown(reason, 1000)
        except Exception as problem:  # noqa: BLE001 - a connector's code may raise anything
            kind = type(problem).__name__
            return _failed(Failure(f"connector {self._connector.name!r} raised {kind} on {name}"))
        words = f"it answered {name}" + (f": {reason}" if reason else "")
        if verdict is Verdict.RETRY:
            return _failed(
                Failure(
                    words, status=got.status, after=retry_after(got.headers, self._clock.time())
                )
            )
        fine = verdict in {Verdict.OK, Verdict.ALREADY}
        return Judged(verdict, reason, "" if fine else words)

    def _redirected(self, request: Request, target: Target, got: Response, name: str) -> Judged:
        """Refuse to follow; only the origin of where it leads is told, never a query."""
        location = got.headers.get("location", "")
        where = self._addresses.landing(target, location)
        words = f"it answered {name} and redirects to {where}, which is not followed"
        if not request.may_repeat and got.status not in NOT_CARRIED_OUT:
            return _failed(Failure(words, status=got.status, again=False))
        advice = "if that is right, write it as the address of the connection"
        return Judged(Verdict.DENIED, error=words, advice=advice)
