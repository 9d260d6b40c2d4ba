"""A local Action Network, API v2, written from the API's documented facts alone."""

from __future__ import annotations

from functools import partial

from sqlcrm.sandbox import Sandbox
from sqlcrm_action_network.sandbox.account import KEY, OTHER_KEY, ActionNetwork
from sqlcrm_action_network.sandbox.switches import Switches

__all__ = ["KEY", "OTHER_KEY", "Switches", "sandbox", "switched"]


def switched(switches: Switches) -> Sandbox:
    """An Action Network that decides otherwise where the facts leave it open."""
    return Sandbox(
        name="action_network",
        alias="an",
        build=partial(ActionNetwork, switches=switches),
        connection={"connector": "action_network", "url": "{url}", "api_key": KEY},
    )


sandbox = switched(Switches())
