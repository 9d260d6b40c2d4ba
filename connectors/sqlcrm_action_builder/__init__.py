"""Action Builder: the people, units, answers and connections of one campaign.

Source: Action Builder API v1 (actionbuilder.org/docs/v1), its help centre, and what independent
clients (move-coop/parsons, common-cause, PyPI osdi) observed where it is silent; read 2026-11-22.
"""

from sqlcrm.sdk import Connector, HeaderKey, RateLimit, Setting
from sqlcrm_action_builder.flows import who
from sqlcrm_action_builder.replies import reason
from sqlcrm_action_builder.tables import TABLES

connector = Connector(
    name="action_builder",
    title="Action Builder",
    base_url="{url}/api/rest/v1",
    settings=(
        Setting(
            "url",
            strip=("/", "/api/rest/v1", "/"),
            doc="Where the network lives: https://NAME.actionbuilder.org.",
        ),
        Setting(
            "api_key",
            secret=True,
            doc="The API key. One key is good for all campaigns of the network.",
        ),
        Setting(
            "campaign",
            doc=(
                "Id of the campaign; a connection is one campaign. "
                "SELECT id, name FROM campaigns@ab lists those that the key may see."
            ),
        ),
    ),
    auth=HeaderKey("OSDI-API-Token", "api_key"),
    # 4 calls a second; whoever hammers on is locked out for about a minute (docs; a client's
    # incident of 2026-03-21).
    limits=(RateLimit(4, 1.0),),
    tables=TABLES,
    who=who,
    reason=reason,
    source="Action Builder API v1 docs and independent clients, read 2026-11-22",
)

__all__ = ["connector"]
