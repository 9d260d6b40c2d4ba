"""A local ControlShift Labs organisation, written from the API's documented facts alone."""

from __future__ import annotations

from sqlcrm.sandbox import Sandbox
from sqlcrm_controlshift.sandbox.account import ControlShift
from sqlcrm_controlshift.sandbox.oauth import KEY

sandbox = Sandbox(
    name="controlshift",
    alias="cs",
    build=ControlShift,
    connection={"connector": "controlshift", "url": "{url}", "api_key": KEY},
)
