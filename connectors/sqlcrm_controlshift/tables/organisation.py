"""The organisation itself, its opt-in types, the versions of its terms, and its webhooks.

Source: ControlShift developer documentation, "Organisation", "Email Opt In Types", "Consent Content
Versions", "Webhook Endpoints", "Bulk data"; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Read, Table, Type
from sqlcrm_controlshift.columns import fixed, flag, nested, number, typed, when
from sqlcrm_controlshift.flows import schema
from sqlcrm_controlshift.wire import REST

organisations = Table(
    "organisations",
    doc="The organisation of the key, with what it counts.",
    few=True,
    key=("slug",),
    columns=(
        fixed("slug"),
        fixed("name"),
        number("petitions_count", readonly=True),
        number("signatures_count", readonly=True),
        number("blast_emails_count", readonly=True),
        number("members_count", readonly=True),
    ),
    reads=(Read(f"{REST}/organisation", "organisation"),),
    example="SELECT name, members_count FROM organisations@cs",
)

email_opt_in_types = Table(
    "email_opt_in_types",
    doc=(
        "How people may be asked whether they want mails. New signatures and attendances need one "
        "of the context external, by its external_id."
    ),
    few=True,
    key=(),
    columns=(
        fixed("context", doc="web_form, email, offline or external."),
        fixed("kind"),
        flag("mailable", readonly=True, doc="Whether such an opt-in is enough to write."),
        flag("active", readonly=True),
        fixed("external_id"),
    ),
    reads=(Read(f"{REST}/organisation/email_opt_in_types", "email_opt_in_types"),),
    example="SELECT external_id FROM email_opt_in_types@cs WHERE context = 'external'",
)

consent_content_versions = Table(
    "consent_content_versions",
    doc="Versions of the terms that people agree to, where the organisation asks.",
    few=True,
    key=("id",),
    columns=(
        number("id", readonly=True),
        fixed("external_id"),
        when("created_at"),
        fixed("privacy_policy"),
        fixed("tos"),
        fixed("data_processing_consent_label"),
        flag("current", readonly=True),
    ),
    reads=(Read(f"{REST}/organisation/consent_content_versions", "consent_content_versions"),),
    example="SELECT external_id FROM consent_content_versions@cs WHERE current",
)

webhook_endpoints = Table(
    "webhook_endpoints",
    doc=(
        "Where ControlShift sends its events. One that fails ten times for one event is disabled, "
        "until somebody enables it under Settings > Integrations > Webhooks, where they are made: "
        "the secret that signs them is told only there."
    ),
    few=True,
    key=("id",),
    columns=(
        number("id", readonly=True),
        number("organisation_id", readonly=True),
        fixed("url"),
        when("created_at"),
        when("updated_at"),
        when("disabled_at"),
        fixed("last_failure", doc="What went wrong last."),
    ),
    reads=(Read(f"{REST}/webhook_endpoints", ""),),
    example="SELECT url, disabled_at FROM webhook_endpoints@cs WHERE disabled_at IS NOT NULL",
)

bulk_columns = Table(
    "bulk_columns",
    doc="Which tables and columns the bulk exports of this organisation have.",
    key=("table_name", "column_name"),
    columns=(
        fixed("table_name"),
        fixed("column_name"),
        fixed("type"),
        fixed("sql_type"),
        typed("limit", Type.INTEGER, readonly=True),
        flag("nullable", readonly=True),
        nested("default_value"),
        fixed("compression_format", doc="BZIP2, or NULL where exports are not compressed."),
    ),
    reads=(Read("/api/bulk_data/schema.json", "tables", fetch=schema),),
    example="SELECT column_name, type FROM bulk_columns@cs WHERE table_name = 'signatures'",
)

TABLES = (
    organisations,
    email_opt_in_types,
    consent_content_versions,
    webhook_endpoints,
    bulk_columns,
)
