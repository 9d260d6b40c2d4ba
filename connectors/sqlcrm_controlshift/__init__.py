"""ControlShift: petitions and who signs them, events and who attends, members, groups, exports.

Source: ControlShift developer documentation (developers.controlshiftlabs.com, published copy of
2024-10-23), support pages, and public clients where it is silent; read 2026-11-22.
"""

from sqlcrm.sdk import Bearer, Connector, RateLimit, Setting
from sqlcrm_controlshift.flows import who
from sqlcrm_controlshift.replies import RULES, reason
from sqlcrm_controlshift.tables import TABLES
from sqlcrm_controlshift.webhooks import WEBHOOKS
from sqlcrm_controlshift.wire import EXPORTS

connector = Connector(
    name="controlshift",
    title="ControlShift",
    base_url="{url}",
    settings=(
        Setting(
            "url",
            strip=("/", "/api/v1", "/"),
            doc="Where people see your petitions, like https://acme.controlshiftlabs.com.",
        ),
        Setting(
            "api_key",
            secret=True,
            doc="A key made under Settings > Integrations > API Keys; it begins with `cs_`.",
        ),
        Setting(
            "webhook_secret",
            secret=True,
            required=False,
            doc="What signs webhooks, under Settings > Integrations > Webhooks.",
        ),
    ),
    auth=Bearer("api_key"),
    # 1000 calls a minute for a domain ("Rate limiting", read 2026-11-22), counted by the minute:
    # that they may come close together is not said, so only a part of them does.
    limits=(RateLimit(1000, 60.0, burst=50),),
    tables=TABLES,
    who=who,
    rules=RULES,
    reason=reason,
    # Where exports lie, in America and in Europe ("Bulk data"). Their addresses carry all that is
    # needed to read them, and no credentials go there.
    origins=EXPORTS,
    webhooks=WEBHOOKS,
    source="ControlShift developer documentation, read 2026-11-22",
)

__all__ = ["connector"]
