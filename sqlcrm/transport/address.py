"""Where a request goes: addresses, and the origins that may be called at all.

An origin is scheme, host and port as `httpx.URL` reads them, the parser that also sends.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import httpx

from sqlcrm.errors import ConfigurationError, DeclarationError, Denied, Rejected
from sqlcrm.sdk import Connector, Href, Request
from sqlcrm.transport.redaction import Redactor, escaped

PLACEHOLDER = re.compile(r"{(\w+)}")
CONTROLS = re.compile(r"[\x00-\x20\x7f]")
NOT_IN_AN_ADDRESS = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes. `path` is relative to the base address, for the limiter.

    `own` says whether it is the connection's own origin, which alone gets credentials.
    """

    url: httpx.URL
    path: str
    own: bool

    @property
    def shown(self) -> str:
        """The path as sent, without the query."""
        return self.url.raw_path.split(b"?", 1)[0].decode("ascii")

    @property
    def query(self) -> str:
        """The query as sent."""
        return self.url.query.decode("ascii")


class Addresses:
    """The base address of one connection, and what may be called beside it."""

    def __init__(
        self,
        connector: Connector,
        connection: str,
        settings: Mapping[str, str],
        redact: Redactor,
    ) -> None:
        self._connection = connection
        self._redact = redact
        self._base = _base(connector, connection, settings)
        self._plain = {s.name: settings.get(s.name, "") for s in connector.settings if not s.secret}
        url = _checked(self._base, connection)
        self.origin = origin_of(url)
        self._prefix = url.raw_path.decode("ascii").rstrip("/")
        self._others = frozenset(origin_of(_checked(o, connection)) for o in connector.origins)

    @property
    def encrypted(self) -> bool:
        """Whether any of the origins is reached over TLS."""
        return any(origin.startswith("https:") for origin in (self.origin, *self._others))

    def resolve(self, request: Request) -> Target:
        """Return where `request` goes.

        Raises: Denied for an address on an origin that was not declared; Rejected for a value
        that no address can carry; DeclarationError for a placeholder without a value.
        """
        absolute = not request.path.startswith("/") and request.path != ""
        if NOT_IN_AN_ADDRESS.search(request.path) or request.path.startswith("//"):
            raise self._refused(request.path)
        try:
            start = request.path if absolute else self._base + _filled(request, self._plain)
            url = httpx.URL(_with_query(start, request))
        except UnicodeEncodeError:
            raise Rejected(
                f"{request.method} {escaped(request.path)}: a value has half a surrogate pair, "
                "which no address can carry"
            ) from None
        except httpx.InvalidURL:
            if absolute:
                raise self._refused(request.path) from None
            raise Rejected(
                f"{request.method} {escaped(request.path)}: the values make an address that is "
                "too long"
            ) from None
        origin = origin_of(url)
        if url.userinfo or origin not in {self.origin, *self._others}:
            raise self._refused(request.path)
        return Target(url, self._relative(url), origin == self.origin)

    def written(self, href: Href) -> str:
        """Return an address within the API in full.

        Raises: DeclarationError for one that is not.
        """
        if not href.path.startswith("/") or NOT_IN_AN_ADDRESS.search(href.path):
            raise DeclarationError(f"{escaped(href.path)!r} is no address within the API")
        return self._base + href.path

    def _relative(self, url: httpx.URL) -> str:
        path = url.raw_path.split(b"?", 1)[0].decode("ascii")
        if path.startswith(self._prefix + "/"):
            return path.removeprefix(self._prefix)
        return path

    def _refused(self, address: str) -> Denied:
        """Say which origin was asked for: never its path, query or credentials."""
        known = ", ".join((self.origin, *sorted(self._others)))
        return Denied(
            f"connection {self._connection!r}: an address on {self.named(address)} was refused "
            f"and nothing was sent; this connection calls {known} only"
        )

    def landing(self, target: Target, location: str) -> str:
        """Return the origin that a redirect leads to."""
        try:
            return self.named(str(target.url.join(location)))
        except (httpx.InvalidURL, UnicodeError):
            return self.named(location)

    def named(self, address: str) -> str:
        """Return the origin of any text that may be an address, fit for a message."""
        plain = CONTROLS.sub("", address)
        for spelt in (plain, plain.replace("\\", "/")):
            try:
                url = httpx.URL(spelt)
            except (httpx.InvalidURL, UnicodeError):
                continue
            if url.host:
                scheme = f"{url.scheme}:" if url.scheme else ""
                return self._redact.shown(f"{scheme}//{url.netloc.decode('ascii')}", 200)
        start = re.match(r"[a-zA-Z0-9+.-]*:?(//[^/?#]*)?", plain)
        shown = start[0].rpartition("@")[2] if start else ""
        return self._redact.shown(shown, 200) or "no origin at all"


def origin_of(url: httpx.URL) -> str:
    """Return scheme, host and port; a default port is left out."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _base(connector: Connector, connection: str, settings: Mapping[str, str]) -> str:
    """Fill the connector's template from the settings."""
    endings = {setting.name: setting.strip for setting in connector.settings}
    template = connector.base_url

    def value(found: re.Match[str]) -> str:
        plain = _stripped(settings.get(found[1], ""), endings.get(found[1], ()))
        if found.start() > 0 and not re.fullmatch(r"[A-Za-z0-9_.-]+", plain):
            raise ConfigurationError(
                f"connection {connection!r}: {found[1]} may hold letters, digits, '-', '_' and "
                f"'.' only, not {escaped(plain)!r}"
            )
        return plain

    return PLACEHOLDER.sub(value, template).rstrip("/")


def _stripped(value: str, endings: tuple[str, ...]) -> str:
    """Take blanks, slashes at the end and the declared endings off."""
    while True:
        before = value
        value = value.strip().rstrip("/")
        for ending in endings:
            value = value.removesuffix(ending)
        if value == before:
            return value


def _checked(address: str, connection: str) -> httpx.URL:
    """Read an address that a connection or a connector was set up with."""
    wrong = f"connection {connection!r}: the address {escaped(address)!r} "
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError):
        raise ConfigurationError(wrong + "cannot be read; write https://host") from None
    if url.userinfo or url.query or url.fragment or NOT_IN_AN_ADDRESS.search(address):
        where = f"connection {connection!r}: the address of {url.host or 'this connection'} "
        raise ConfigurationError(where + "may hold no user, query or blank; write https://host")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError(wrong + "is no web address; write https://host")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ConfigurationError(
            wrong + "would send credentials unencrypted; write https:// instead of http://"
        )
    return url


def _filled(request: Request, settings: Mapping[str, str]) -> str:
    """Fill the placeholders of a path; each value stays one segment, or a part of one."""

    def value(found: re.Match[str]) -> str:
        text = request.fill.get(found[1], settings.get(found[1]))
        if text is None:
            raise DeclarationError(f"{request.method} {request.path}: no value for {found[0]}")
        return quote(text, safe="")

    path = PLACEHOLDER.sub(value, request.path)
    if path != request.path and {"", ".", ".."} & set(path.split("?")[0].split("/")[1:]):
        raise Rejected(
            f"{request.method} {request.path}: an empty value, '.' or '..' would lead to another "
            "address"
        )
    return path


def _with_query(address: str, request: Request) -> str:
    if not request.query:
        return address
    mark = "&" if "?" in address else "?"
    return address + mark + urlencode(request.query, quote_via=quote, safe="")
