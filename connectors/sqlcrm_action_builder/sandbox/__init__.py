"""A local Action Builder, API v1, written from the API's documented facts alone."""

from __future__ import annotations

from sqlcrm.sandbox import Sandbox
from sqlcrm_action_builder.sandbox.account import KEY, ActionBuilder
from sqlcrm_action_builder.sandbox.campaigns import FIRST

sandbox = Sandbox(
    name="action_builder",
    alias="ab",
    build=ActionBuilder,
    connection={
        "connector": "action_builder",
        "url": "{url}",
        "api_key": KEY,
        "campaign": FIRST,
    },
)
