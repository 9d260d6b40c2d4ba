"""Access tokens that run out: fetched once for all who need one, ahead of time, kept before use.

Whatever waits here is another thread's or process's redeem; it ends with it, or with a cancel.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec

from sqlcrm.errors import Cancelled, ConfigurationError, Denied, OutcomeUnknown, Unreachable
from sqlcrm.sdk import Connector, Flow, OAuth2, Request, Response, Token, Verdict
from sqlcrm.transport.errand import Errand, Tools, driven

AHEAD = 60.0  # seconds before its end that a token is renewed, or a tenth of its life if shorter
POLL = 0.02  # seconds between looks at a lock that another process holds


class Held(msgspec.Struct, frozen=True):
    """A token as it is kept; `renew_at` is Unix time, None where nobody knows when it ends."""

    access: str
    refresh: str = ""
    renew_at: float | None = None

    def __repr__(self) -> str:
        return "Held()"


class Tokens:
    """The access token of one account, shared by threads, and through `folder` by processes."""

    def __init__(
        self,
        connector: Connector,
        settings: Mapping[str, str],
        tools: Tools,
        folder: Path | None,
    ) -> None:
        self._auth = cast("OAuth2", connector.auth)
        self._settings = settings
        self._tools = tools
        key = f"{connector.name} {sorted(settings.items())!r}".encode(errors="surrogatepass")
        name = hashlib.sha256(key).hexdigest()[:32]
        self._path = None if folder is None else folder / "tokens" / f"{name}.json"
        self._held: Held | None = None
        self._lock = threading.Lock()

    @property
    def access(self) -> str:
        """The access token; empty before the first."""
        return "" if self._held is None else self._held.access

    def ensure(self) -> None:
        """Have a token that is good for a while."""
        if self._ends(self._held):
            self.renew(self.access)

    def renew(self, old: str) -> None:
        """Have another token than `old`, which is refused or about to end.

        Of all who ask for that at the same time one redeems; the others take what he got.
        Raises: Denied where the API gives no token, Unreachable, Cancelled, ConfigurationError.
        """
        with self._alone():
            if self.access != old and not self._ends(self._held):
                return
            with self._among_processes():
                kept = self._read()
                if kept is not None and kept.access != old and not self._ends(kept):
                    self._hold(kept)
                else:
                    self._redeem(kept)

    def _ends(self, held: Held | None) -> bool:
        if held is None:
            return True
        return held.renew_at is not None and self._tools.clock.time() >= held.renew_at

    def _hold(self, held: Held) -> None:
        """Use a token from now on; nobody gets to see it."""
        self._tools.redact.learn(held.access, held.refresh)
        self._held = held

    def _redeem(self, kept: Held | None) -> None:
        """Fetch a token and keep it, then use it."""
        first = self._settings[self._auth.refresh_token] if self._auth.refresh_token else ""
        last = kept or self._held
        refresh = (last.refresh if last else "") or first
        with self._keeping() as keep:
            began = self._tools.clock.time()
            token = self._fetch(refresh)
            renew_at = None
            if token.expires_in is not None:
                early = min(AHEAD, token.expires_in / 10)
                renew_at = began + token.expires_in - early
            held = Held(token.access, token.refresh or refresh, renew_at)
            self._tools.redact.learn(held.access, held.refresh)
            keep(held)
            self._hold(held)

    def _fetch(self, refresh: str) -> Token:
        flow: Flow[Token] = self._auth.grant(self._settings, refresh)
        return driven(flow, self._step)

    def _step(self, request: Request) -> Response:
        """Send one request of the grant; anything but a success is the end."""
        tools = self._tools
        try:
            answer = Errand(tools, request).run()
        except OutcomeUnknown as error:  # nobody's row, so nothing to look up
            raise Unreachable(f"no new token: {error}; try again") from None
        if answer.verdict is not Verdict.OK:
            words = answer.reason or f"it answered {answer.response.status}"
            raise Denied(
                f"{tools.what(request)} gave no new token: {words}; "
                f"check {tools.check} of connection {tools.connection!r}, or sign in anew"
            )
        return answer.response

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one thread in at a time."""
        life = self._tools.life
        while not self._lock.acquire(timeout=0.1):
            if life.stopped():
                raise Cancelled("cancelled while waiting for a token")
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _among_processes(self) -> Iterator[None]:
        """Let one process in at a time."""
        if self._path is None:
            yield
            return
        from sqlcrm.state.shared import locked

        life = self._tools.life

        def wait() -> None:
            if life.cancel.wait(POLL) or life.stopped():
                raise Cancelled("cancelled while another process fetches a token")

        with self._usable(), locked(self._path.with_suffix(".lock"), wait):
            yield

    def _read(self) -> Held | None:
        """Return what is kept; what cannot be read is as good as nothing."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Held) if self._path else None
        except (OSError, msgspec.DecodeError):
            return None

    @contextmanager
    def _keeping(self) -> Iterator[Callable[[Held], None]]:
        """Yield how to keep a token, having made sure that there is room for it."""
        if self._path is None:
            yield lambda _: None
            return
        from sqlcrm.state.shared import replacing

        with self._usable(), replacing(self._path) as write:
            yield lambda held: write(msgspec.json.encode(held))

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Say what to do where the state folder cannot be used."""
        try:
            yield
        except OSError as error:
            raise ConfigurationError(
                f"tokens of connection {self._tools.connection!r} cannot be kept in "
                f"{self._path and self._path.parent} ({error.strerror or error}): make that folder "
                "writable, or name another state folder in SQLCRM_STATE"
            ) from None
