"""For every test: no network but loopback, and no state of the user's own."""

import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest

_connect = socket.socket.connect


def _only_loopback(self: socket.socket, address: Any) -> None:
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        host = str(address[0])
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise PermissionError(f"tests reach loopback only, not {host}")
    return _connect(self, address)


socket.socket.connect = _only_loopback  # type: ignore[method-assign]  # for the whole run


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a state and a config folder of its own."""
    folder: Path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SQLCRM_STATE", str(folder / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "xdg-state"))
    monkeypatch.delenv("SQLCRM_CONFIG", raising=False)
