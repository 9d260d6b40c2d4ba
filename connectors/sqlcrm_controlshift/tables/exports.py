"""Bulk exports: files of whole tables, each night, and of new rows, each minute.

Only a webhook tells where a file lies, and it is gone after 6 hours: `data_full_table_exported` and
`data_incremental_table_exported` of the events. Files are told by their header, whatever columns
they have in which order; a column that a file lacks is NULL.

Source: ControlShift developer documentation, "Bulk data", and its `tables.sql`; read 2026-11-22.
"""

from __future__ import annotations

from sqlcrm.sdk import Column, Read, Table, Type
from sqlcrm_controlshift.columns import fixed, typed

TYPES = {
    "": Type.TEXT,
    "int": Type.INTEGER,
    "num": Type.FLOAT,
    "bool": Type.BOOLEAN,
    "ts": Type.TIMESTAMP,  # without a zone, in UTC
}

# Without members.soft_login_token and signatures.confirmation_token: who has one is that person.
COLUMNS = {
    "signatures": """
        petition_id:int email first_name last_name phone_number postcode created_at:ts
        join_organisation:bool deleted_at:ts unsubscribe_at:ts member_id:int
        additional_fields cached_organisation_slug source new_member:bool
        external_action_id locale bucket country updated_at:ts join_list_suppressed:bool
        old_daisy_chain_used from_embed:bool confirmed_at:ts confirmation_sent_at:ts
        last_signed_at:ts confirmed_reason synced_to_crm_at:ts daisy_chain_experiment_slug
        from_one_click:bool eu_data_processing_consent:bool consent_content_version_id:int
        daisy_chain_id_used:int email_opt_in_type_id:int facebook_id utm_params
        postcode_id:int referring_share_click_id:int opt_in_sms:bool
        sms_opt_in_type_id:int recaptcha_score:num new_mobile_subscriber:bool external_ids
        id:int partnership_opt_ins after_action user_ip user_agent
    """,
    "members": """
        email organisation_id:int created_at:ts updated_at:ts
        forum_premoderation_required:bool external_ids banned_at:ts banned_by_user_id:int
        id:int
    """,
    "petitions": """
        id:int title who why what created_at:ts updated_at:ts user_id:int slug
        organisation_id:int delivery_details hidden:bool admin_status launched:bool
        campaigner_contactable:bool admin_reason administered_at:ts effort_id:int source
        location_id:int alias target_id:int redirect_to external_facebook_page
        external_site show_progress_bar:bool comments_updated_at:ts successful:bool
        ended_story locale settings signature_count_add_amount:int locked_fields
        request_referer spam_status ended_type ended_reason external_action_id
        custom_goal:int events_enabled_email_sent_at:ts local_chapter_id:int
        image_description signature_behaviour objective_id:int daisy_chain_id:int
        new_member_daisy_chain_id:int region_id:int ended_at:ts reviewer_type
        reviewer_id:int mentor_id:int content_updated_at:ts external_ids theme_id:int
        utm_params user_ip user_agent
    """,
    "attendees": """
        id:int event_id:int member_id:int email first_name last_name phone_number postcode
        created_at:ts country new_member:bool attending_status
        generated_local_chapter_member_id:int cached_organisation_slug additional_fields
        external_action_id join_organisation:bool join_list_suppressed:bool source
        old_daisy_chain_used token eu_data_processing_consent:bool
        consent_content_version_id:int daisy_chain_id_used:int email_opt_in_type_id:int
        locale notification_level confirmed_at:ts confirmed_reason confirmation_sent_at:ts
        unsubscribe_at:ts updated_at:ts synced_to_crm_at:ts utm_params postcode_id:int
        referring_share_click_id:int opt_in_sms:bool sms_opt_in_type_id:int
        recaptcha_score:num new_mobile_subscriber:bool external_ids from_one_click:bool
        partnership_opt_ins after_action user_ip user_agent
    """,
    "events": """
        id:int title description slug start_at:ts end_at:ts location_id:int created_at:ts
        updated_at:ts user_id:int organisation_id:int calendar_id:int admin_status
        admin_reason administered_at:ts max_attendees_count:int locale target_id:int
        thank_attendee_email_content approaching_event_attendee_email_content
        notify_changes_to_attendees:bool sharing_disabled:bool host_address cancel_reason
        cancelled_at:ts local_chapter_id:int launched_at:ts hidden_address:bool
        promoted_from_waitlist_email_content petition_id:int extra_location_info
        external_action_id request_referer time_zone hidden_at:ts daisy_chain_id:int
        new_member_daisy_chain_id:int forum_enabled:bool reviewer_id:int event_type_id:int
        region_id:int settings campaigner_contactable:bool crm_settings created_by_id:int
        reviewer_type mentor_id:int redirect_to web_conference_url virtual:bool
        content_updated_at:ts external_ids featured:bool theme_id:int utm_params
        location_venue unconfirmed_location:bool user_ip user_agent
    """,
    "unsubscribes": """
        id:int organisation_id:int member_id:int blast_email_id:int email
        unsubscribe_object:bool unsubscribe_organisation:bool unsubscribable_id:int
        unsubscribable_type created_at:ts updated_at:ts externally_unsubscribed_at:ts
        bounce_id:int source external_ids
    """,
    "categories": """
        id:int name created_at:ts updated_at:ts organisation_id:int slug locales
        external_ids
    """,
    "categorized_petitions": """
        id:int category_id:int petition_id:int created_at:ts updated_at:ts
    """,
    "labels": """
        id:int organisation_id:int name created_at:ts updated_at:ts crm_settings
        public:bool
    """,
    "labelings": """
        id:int label_id:int labelable_type labelable_id:int created_by_user_id:int
        created_at:ts updated_at:ts
    """,
    "email_opt_in_types": """
        id:int organisation_id:int kind mailable:bool active:bool created_at:ts
        updated_at:ts context external_id content_settings
    """,
    "local_chapters": """
        id:int name slug organisation_id:int geography_id:int created_at:ts updated_at:ts
        description local_chapter_collection_id:int creation_survey_responses
        location_id:int welcome_email_content last_activity_notification_sent_at:ts
        deleted_at:ts region_id:int unlisted:bool mentor_id:int content_updated_at:ts
        external_ids theme_id:int
    """,
    "local_chapter_members": """
        id:int local_chapter_id:int member_id:int introduction created_at:ts updated_at:ts
        email first_name last_name phone_number postcode country locale notification_level
        type local_chapter_organiser_request_id:int user_id:int deleted_at:ts
        eu_data_processing_consent_at:ts external_ids synced_to_crm_at:ts new_member:bool
        additional_fields cached_organisation_slug utm_params deleted_by_user_id:int
    """,
    "locations": """
        id:int query latitude:num longitude:num street locality postal_code country region
        warning created_at:ts updated_at:ts street_number ngp_van_external_ids
        static_map_file_name static_map_content_type static_map_file_size:int
        static_map_updated_at:ts
    """,
    "crm_sync_logs": """
        id:int member_id:int action_id:int action_type organisation_id:int notifier
        message created_at:ts updated_at:ts
    """,
}
"""By table, the names of its columns, each with its type where it is no text."""

ABOUT = {
    "signatures": "Signatures of petitions.",
    "members": "Members: the only list of them.",
    "petitions": "Petitions, by their numbers.",
    "attendees": "Who said whether to come to events.",
    "events": "Events, by their numbers.",
    "unsubscribes": (
        "Who left which mails: unsubscribable_type is Signature, Attendee, PartnershipSubscription "
        "or, where it is everything, Organisation. Rows never change."
    ),
    "categories": "Categories of petitions.",
    "categorized_petitions": "Which petition is in which category.",
    "labels": "Labels: the only list of them.",
    "labelings": "What has which label.",
    "email_opt_in_types": "How people were asked whether they want mails, by number.",
    "local_chapters": "Groups, by their numbers.",
    "local_chapter_members": "Who belongs to which group.",
    "locations": "Places of petitions, events and groups.",
    "crm_sync_logs": "What the organisation's CRM was told, and why not.",
}


def _exported(name: str) -> Table:
    """Declare the table of a kind of export."""
    return Table(
        f"exported_{name}",
        doc=f"{ABOUT[name]} From an export, by the address that a webhook tells; good for 6 hours.",
        key=("export_url", "id"),
        columns=(
            fixed("export_url", doc="Where the file lies, with the signature that opens it."),
            *(_column(*spec.partition(":")[::2]) for spec in COLUMNS[name].split()),
        ),
        reads=(Read("{export_url}", "", by="export_url", csv=True),),
        example=(
            "SELECT x.* FROM data_full_table_exported@cs_events e JOIN exported_THESE@cs x "
            "ON x.export_url = e.url WHERE e.\"table\" = 'THESE'"
        ).replace("THESE", name),
    )


def _column(name: str, kind: str) -> Column:
    return typed(name, TYPES[kind], readonly=True)


TABLES = tuple(_exported(name) for name in COLUMNS)
