"""ActiveCampaign: contacts, tags, lists, custom fields, accounts, deals, campaigns, automations.

Source: ActiveCampaign API v3 reference (developers.activecampaign.com), its OpenAPI document, the
help centre, and recorded traffic of public clients where it disagrees; read 2026-11-21.
"""

from sqlcrm.sdk import Connector, HeaderKey, RateLimit, Setting
from sqlcrm_activecampaign.flows import who
from sqlcrm_activecampaign.replies import RULES, reason
from sqlcrm_activecampaign.tables import TABLES

connector = Connector(
    name="activecampaign",
    title="ActiveCampaign",
    base_url="{url}/api/3",
    settings=(
        Setting(
            "url",
            strip=("/", "/api/3", "/"),
            doc=(
                "The URL under Settings > Developer, like https://acme.api-us1.com. It cannot be "
                "derived from the account's name."
            ),
        ),
        Setting(
            "api_key",
            secret=True,
            doc="The key under Settings > Developer; it may do what its user may do.",
        ),
    ),
    auth=HeaderKey("Api-Token", "api_key"),
    limits=(
        # 5 calls a second for the whole account, no burst ("Rate limits", read 2026-11-21).
        RateLimit(5, 1.0),
        # The importer has its own ("Bulk import", read 2026-11-21): 100 calls a minute, 20 where
        # a call has a single contact, which is what /contact/sync is for.
        RateLimit(100, 60.0, paths="/import/bulk_import"),
    ),
    tables=TABLES,
    who=who,
    rules=RULES,
    reason=reason,
    # Times without a zone are the servers' own, summer time included, even where their names say
    # UTC (recorded traffic of 2021 and 2025).
    zone="America/Chicago",
    source="ActiveCampaign API v3 reference, read 2026-11-21",
)

__all__ = ["connector"]
