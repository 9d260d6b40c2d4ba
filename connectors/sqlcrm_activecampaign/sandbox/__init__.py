"""A local ActiveCampaign, API v3, written from the API's documented facts alone."""

from __future__ import annotations

from sqlcrm.sandbox import Sandbox
from sqlcrm_activecampaign.sandbox.account import KEY, ActiveCampaign

sandbox = Sandbox(
    name="activecampaign",
    alias="ac",
    build=ActiveCampaign,
    connection={"connector": "activecampaign", "url": "{url}", "api_key": KEY},
)
