"""Bodies: JSON or form fields out, and whole, inflated, decoded JSON in, within limits."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from sqlcrm.errors import DeclarationError, Rejected
from sqlcrm.sdk import Form, Href

CAP = 64 * 1024 * 1024  # bytes of an inflated body
RATIO = 200  # inflated to sent, once past FREE bytes
FREE = 1024 * 1024
PIECE = 1024 * 1024  # bytes inflated at once
BOM = b"\xef\xbb\xbf"


class BadBody(Exception):
    """A body that is not whole or not acceptable. `again`: another try may bring a better one."""

    def __init__(self, words: str, *, again: bool = True) -> None:
        super().__init__(words)
        self.again = again


def encoded(
    body: Any, what: str, written: Callable[[Href], str] | None = None
) -> tuple[bytes | None, str]:
    """Return `body` as JSON, or as form fields, and its type; `what` names it in errors.

    written: from an address within the API to the full one.

    Raises: Rejected for a value that JSON cannot carry, DeclarationError for an alien object.
    """
    if body is None:
        return None, ""
    if isinstance(body, Form):
        return urlencode(body.fields).encode(), "application/x-www-form-urlencoded"

    def alien(value: Any) -> str:
        raise TypeError(f"{type(value).__name__} is no JSON")

    try:
        body = body if written is None else _addressed(body, written)
        data = msgspec.json.encode(body, enc_hook=alien)
    except UnicodeEncodeError:
        raise Rejected(
            f"{what}: a text has half a surrogate pair, which JSON cannot carry"
        ) from None
    except (TypeError, RecursionError, OverflowError, ValueError) as problem:
        raise DeclarationError(f"{what}: a body cannot be written as JSON: {problem}") from None
    if b"null" in data and not _finite(body):
        raise Rejected(f"{what}: a number is NaN or infinite, which JSON cannot carry")
    return data, "application/json"


def _addressed(body: Any, written: Callable[[Href], str]) -> Any:
    """Return a body with its addresses in full: a dataclass would be written as an object."""
    if isinstance(body, Href):
        return written(body)
    if isinstance(body, Mapping):
        return {name: _addressed(value, written) for name, value in body.items()}
    if isinstance(body, (list, tuple)):
        return [_addressed(value, written) for value in body]
    return body


def _finite(body: Any) -> bool:
    if isinstance(body, float):
        return math.isfinite(body)
    if isinstance(body, Mapping):
        return all(map(_finite, body.values()))
    if isinstance(body, (list, tuple, set, frozenset)):
        return all(map(_finite, body))
    return True


class Inflater:
    """Collects one body. Inflates it itself, since the usual decoders accept half a gzip.

    take: is given the body in pieces, which are not kept and not capped here then.
    """

    def __init__(
        self, headers: Mapping[str, str], take: Callable[[bytes], None] | None = None
    ) -> None:
        coding = headers.get("content-encoding", "").strip().lower()
        if coding not in {"", "identity", "gzip", "x-gzip"}:
            raise BadBody(f"its content coding is {coding[:40]!r}, but only gzip was offered")
        length = headers.get("content-length", "")
        if take is None and length.isdecimal() and int(length) > CAP:
            raise _too_big()
        self._gzip = zlib.decompressobj(31) if "gzip" in coding else None
        self._take = take
        self._size = 0
        self.raw = 0
        self.data = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Add what came over the wire."""
        self.raw += len(chunk)
        if self._gzip is None:
            self._add(chunk)
            return
        try:
            while chunk:
                if self._gzip.eof:  # one gzip after another is still one body
                    self._gzip = zlib.decompressobj(31)
                self._add(self._gzip.decompress(chunk, PIECE))
                chunk = self._gzip.unconsumed_tail or self._gzip.unused_data
        except zlib.error:
            raise BadBody("its gzip is damaged") from None

    def done(self) -> bytearray:
        """Return the whole body."""
        if self._gzip is not None and self.raw and not self._gzip.eof:
            raise BadBody("its gzip ends too early")
        return self.data

    def _add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._take is None and self._size > CAP:
            raise _too_big()
        if self._gzip is not None and self._size > FREE and self._size > RATIO * self.raw:
            raise BadBody(f"it inflates to over {RATIO} times its size", again=False)
        if self._take is None:
            self.data += piece
        else:
            self._take(piece)


def _too_big() -> BadBody:
    return BadBody(f"it is larger than {CAP // 1024 // 1024} MB", again=False)


def collect(chunks: Iterator[bytes], inflater: Inflater) -> bytearray:
    """Return the whole inflated body."""
    for chunk in chunks:
        inflater.feed(chunk)
    return inflater.done()


def decoded(data: bytearray) -> Any:
    """Return JSON as Python values; None for an empty body.

    Raises: BadBody, saying in a few words why this is no proper JSON.
    """
    if data.startswith(BOM):
        del data[: len(BOM)]
    if not data or data.isspace():
        return None
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise BadBody("its JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise BadBody("its text is not UTF-8") from None
    except ValueError as problem:
        raise BadBody(f"it is no proper JSON ({problem})") from None


def opening(data: bytearray) -> str:
    """Return the start of a body that is not JSON, long enough to redact before it is cut."""
    return bytes(data[:4000]).decode("utf-8", "replace")
