"""What people and files may see: secrets taken out by value, control characters escaped."""

from __future__ import annotations

import base64
import json
import logging
import re
import threading
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

STARS = "***"
SHORTEST = 3  # shorter values are no secrets, and replacing them would make nonsense of messages
KEPT = 64  # tokens that came later: an old one is of no use to anybody
LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)


class Redactor:
    """Replaces known secrets by `***`, whichever way they are written."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._known = _all_spellings(secrets)
        self._learnt: deque[set[str]] = deque(maxlen=KEPT)
        self._pattern = _pattern(self._known)

    def learn(self, *secrets: str) -> None:
        """Replace these too, such as tokens that came later; the oldest are forgotten in time."""
        self._learnt.append(_all_spellings(secrets))
        self._pattern = _pattern(self._known.union(*self._learnt))

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        return self._pattern.sub(STARS, text)

    def shown(self, text: str, limit: int = 300) -> str:
        """Return the start of `text` fit for a message: no secrets, no control characters."""
        return escaped(self(text))[:limit]

    def __repr__(self) -> str:
        return "Redactor()"


def _all_spellings(secrets: Iterable[str]) -> set[str]:
    return {s for secret in secrets if len(secret) >= SHORTEST for s in _spellings(secret)}


def _pattern(spellings: set[str]) -> re.Pattern[str]:
    longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def _spellings(secret: str) -> Iterator[str]:
    """Yield the forms in which a secret may turn up in a text."""
    yield secret
    for spelt in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield spelt
        yield re.sub("%..", lambda found: found[0].lower(), spelt)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    raw = secret.encode(errors="surrogatepass")
    for encoded in (base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()):
        yield encoded
        if len(encoded.rstrip("=")) > SHORTEST:
            yield encoded.rstrip("=")


def escaped(text: str) -> str:
    """Return `text` with control, format and unpaired characters written as escapes."""
    return "".join(
        char
        if unicodedata.category(char)[0] != "C"
        else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )


class _LogFilter(logging.Filter):
    """Takes the secrets of all open clients, and the queries of addresses, out of log records."""

    def __init__(self) -> None:
        super().__init__()
        self._known: list[Redactor] = []
        self._lock = threading.Lock()

    def add(self, redactor: Redactor) -> None:
        with self._lock:
            self._known.append(redactor)

    def remove(self, redactor: Redactor) -> None:
        with self._lock:
            self._known = [known for known in self._known if known is not redactor]

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        for redactor in self._known:
            text = redactor(text)
        record.msg = re.sub(r"(https?://[^\s?'\"]*)\?[^\s'\"]*", r"\1?" + STARS, text)
        record.args = ()
        return True


_FILTER = _LogFilter()


def guard_logs(redactor: Redactor) -> None:
    """Keep these secrets out of what the HTTP libraries log, until `release_logs`."""
    _FILTER.add(redactor)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # adding it twice does nothing


def release_logs(redactor: Redactor) -> None:
    """Forget these secrets: their client is closed."""
    _FILTER.remove(redactor)
