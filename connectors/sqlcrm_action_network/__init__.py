"""Action Network: people, their actions, tags, messages and lists.

Source: Action Network API v2 documentation (actionnetwork.org/docs), and what public clients do
where it is silent; read 2026-11-22.
"""

from sqlcrm.sdk import Connector, HeaderKey, RateLimit, Setting
from sqlcrm_action_network.flows import who
from sqlcrm_action_network.replies import RULES, reason
from sqlcrm_action_network.tables import TABLES
from sqlcrm_action_network.webhooks import WEBHOOKS

connector = Connector(
    name="action_network",
    title="Action Network",
    base_url="{url}/api/v2",
    settings=(
        Setting(
            "url",
            required=False,
            default="https://actionnetwork.org",
            strip=("/", "/api/v2", "/"),
            doc="Where Action Network is; there is one for everybody.",
        ),
        Setting(
            "api_key",
            secret=True,
            doc=(
                "The key under Start Organizing > Details > API & Sync. It belongs to one group, "
                "and sees that group's people, statuses, tags and custom fields alone."
            ),
        ),
        Setting(
            "webhook_secret",
            secret=True,
            required=False,
            doc="The last part of the webhook's address: 16 or more letters and digits of yours.",
        ),
    ),
    auth=HeaderKey("OSDI-API-Token", "api_key"),
    # 4 calls a second ("General concepts: rate limiting", read 2026-11-22).
    limits=(RateLimit(4, 1.0),),
    tables=TABLES,
    who=who,
    rules=RULES,
    reason=reason,
    webhooks=WEBHOOKS,
    source="Action Network API v2 documentation, read 2026-11-22",
)

__all__ = ["connector"]
