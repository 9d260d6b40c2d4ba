"""The 63 tables of the bulk data and their columns, in the order of the files.

Of tables whose columns the documentation that we had does not list there are `id` and the times.
"""

from __future__ import annotations

from functools import cache

_TYPES = {  # short name: (type, SQL type, limit)
    "int": ("integer", "integer", 4),
    "big": ("integer", "bigint", 8),
    "text": ("string", "character varying", None),
    "ts": ("datetime", "timestamp(6) without time zone", None),
    "bool": ("boolean", "boolean", None),
    "score": ("decimal", "numeric(3,2)", None),
    "degrees": ("decimal", "numeric(13,10)", None),
    "hstore": ("hstore", "hstore", None),
    "json": ("jsonb", "jsonb", None),
    "uuid": ("uuid", "uuid", None),
    "point": ("st_point", "geography(Point,4326)", None),
}
_TIMES = "created_at:ts updated_at:ts"
_COLUMNS = {
    "members": "email organisation_id:int created_at:ts updated_at:ts "
    "forum_premoderation_required:bool soft_login_token soft_login_sent_at:ts external_ids:hstore "
    "banned_at:ts banned_by_user_id:big id:big",
    "signatures": "petition_id:int email first_name last_name phone_number postcode created_at:ts "
    "join_organisation:bool deleted_at:ts unsubscribe_at:ts member_id:int additional_fields:hstore "
    "cached_organisation_slug source new_member:bool external_action_id locale bucket country "
    "updated_at:ts join_list_suppressed:bool old_daisy_chain_used from_embed:bool "
    "confirmation_token confirmed_at:ts confirmation_sent_at:ts last_signed_at:ts confirmed_reason "
    "synced_to_crm_at:ts daisy_chain_experiment_slug from_one_click:bool "
    "eu_data_processing_consent:bool consent_content_version_id:big daisy_chain_id_used:big "
    "email_opt_in_type_id:big facebook_id utm_params:hstore postcode_id:big "
    "referring_share_click_id:int opt_in_sms:bool sms_opt_in_type_id:big recaptcha_score:score "
    "new_mobile_subscriber:bool external_ids:hstore id:big partnership_opt_ins:json after_action "
    "user_ip user_agent",
    "petitions": "id:int title who why what created_at:ts updated_at:ts user_id:int slug "
    "organisation_id:int delivery_details hidden:bool admin_status launched:bool "
    "campaigner_contactable:bool admin_reason administered_at:ts effort_id:int source "
    "location_id:int alias target_id:int redirect_to external_facebook_page external_site "
    "show_progress_bar:bool comments_updated_at:ts successful:bool ended_story locale "
    "settings:json signature_count_add_amount:int locked_fields request_referer spam_status "
    "ended_type ended_reason external_action_id custom_goal:int events_enabled_email_sent_at:ts "
    "local_chapter_id:int image_description signature_behaviour objective_id:int "
    "daisy_chain_id:big new_member_daisy_chain_id:big region_id:big ended_at:ts reviewer_type "
    "reviewer_id:big mentor_id:big content_updated_at:ts external_ids:hstore theme_id:big "
    "utm_params:hstore user_ip user_agent",
    "attendees": "id:int event_id:int member_id:int email first_name last_name phone_number "
    "postcode created_at:ts country new_member:bool attending_status "
    "generated_local_chapter_member_id:int cached_organisation_slug additional_fields:hstore "
    "external_action_id join_organisation:bool join_list_suppressed:bool source token "
    "eu_data_processing_consent:bool consent_content_version_id:big email_opt_in_type_id:big "
    "locale notification_level confirmed_at:ts confirmed_reason unsubscribe_at:ts updated_at:ts "
    "synced_to_crm_at:ts utm_params:hstore referring_share_click_id:int opt_in_sms:bool "
    "sms_opt_in_type_id:big new_mobile_subscriber:bool external_ids:hstore "
    "partnership_opt_ins:json after_action user_ip user_agent",
    "events": "id:int title description slug start_at:ts end_at:ts location_id:int created_at:ts "
    "updated_at:ts user_id:int organisation_id:int calendar_id:int admin_status "
    "max_attendees_count:int locale cancelled_at:ts cancel_reason local_chapter_id:int "
    "launched_at:ts hidden_address:bool petition_id:int time_zone hidden_at:ts event_type_id:int "
    "region_id:big virtual:bool web_conference_url external_ids:hstore location_venue",
    "unsubscribes": "id:int organisation_id:int member_id:int blast_email_id:int email "
    "unsubscribe_object:bool unsubscribe_organisation:bool unsubscribable_id:int "
    "unsubscribable_type created_at:ts updated_at:ts externally_unsubscribed_at:ts bounce_id:int "
    "source external_ids:hstore",
    "categories": f"id:int name {_TIMES} organisation_id:int slug locales:hstore "
    "external_ids:hstore",
    "categorized_petitions": f"id:int category_id:int petition_id:int {_TIMES}",
    "labels": f"id:big organisation_id:big name {_TIMES} crm_settings:json public:bool",
    "labelings": "id:big label_id:big labelable_type labelable_id:big created_by_user_id:big "
    + _TIMES,
    "email_opt_in_types": f"id:big organisation_id:big kind mailable:bool active:bool {_TIMES} "
    "context external_id content_settings:json",
    "local_chapters": f"id:int name slug organisation_id:int {_TIMES} description location_id:int "
    "deleted_at:ts region_id:big unlisted:bool external_ids:hstore",
    "local_chapter_members": "id:int local_chapter_id:int member_id:int introduction email "
    "first_name last_name phone_number postcode country locale notification_level type user_id:int "
    f"deleted_at:ts external_ids:hstore synced_to_crm_at:ts additional_fields:hstore {_TIMES} "
    "utm_params:hstore",
    "locations": "id:int query latitude:degrees longitude:degrees street locality postal_code "
    f"country region warning {_TIMES} street_number uuid:uuid point:point",
    "crm_sync_logs": "id:int member_id:int action_id:int action_type organisation_id:int notifier "
    f"message {_TIMES}",
    "share_clicks": f"id:int auto_generated:bool {_TIMES}",
}
_NAMES = (
    "action_text_rich_texts admin_notes attendee_shifts attendees blast_emails calendars "
    "campaign_admins campaigns_partnerships categories categorized_petitions comments "
    "consent_content_versions contents crm_sync_logs custom_links daisy_chain_rules "
    "daisy_chain_steps daisy_chains data_exports data_processing_consents "
    "drip_email_preferences efforts email_opt_in_types email_opt_in_uploads event_imports "
    "event_types events export_download_logs external_events import_batches labelings labels "
    "local_chapter_members local_chapters locales locations members messages_to_target "
    "model_contents objective_collections objectives partnership_admins "
    "partnership_subscriptions partnerships petition_flags petition_starts petitions regions "
    "share_clicks shifts signatures sms_opt_in_types stories target_collections "
    "target_notifications targets targets_for_petitions targets_in_collections teams "
    "timeline_posts unsubscribes user_invitations users"
)
NAMES = tuple(_NAMES.split())


@cache
def columns(table: str) -> dict[str, str]:
    """The columns of a table and the short names of their types. Raises: KeyError."""
    if table not in NAMES:
        raise KeyError(table)
    words = _COLUMNS.get(table, f"id:big {_TIMES}").split()
    pairs = (word.partition(":") for word in words)
    return {name: kind or "text" for name, _, kind in pairs}


def described(table: str) -> dict[str, object]:
    """The columns as the schema tells them."""
    shown: dict[str, object] = {}
    for name, short in columns(table).items():
        kind, sql, limit = _TYPES[short]
        shown[name] = {
            "type": kind,
            "sql_type": sql,
            "limit": limit,
            "nullable": name != "id",
            "default_value": None,
        }
    return shown
