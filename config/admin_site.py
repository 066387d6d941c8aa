"""How the admin looks: its name, and a sidebar in the order of a support team's day."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _item(title: Any, icon: str, address: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(address)}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Handrail",
    "SITE_HEADER": "Handrail",
    "SITE_SUBHEADER": _("the support agent you steer yourself"),
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("chatbot/icon.svg")},
    ],
    "DASHBOARD_CALLBACK": "analytics.business.home.add_home",
    "SHOW_LANGUAGES": True,
    "STYLES": [lambda request: static("chatbot/admin.css")],
    "COMMAND": {"search_callback": "chatbot.admin.search.search_everything"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Today"),
                "items": [
                    _item(_("Review desk"), "rate_review", "desk:queue"),
                    _item(_("Conversations"), "forum", "admin:sessions_app_conversation_changelist"),
                    _item(_("Turns"), "psychology", "admin:chatbot_turn_changelist"),
                    _item(_("Handovers"), "transfer_within_a_station", "admin:sessions_app_handoff_changelist"),
                    _item(_("Edits of drafts"), "edit_note", "admin:chatbot_answeredit_changelist"),
                    _item(_("Answers to check"), "rule", "admin:chatbot_answercheck_changelist"),
                    _item(_("Intents to label"), "new_label", "admin:chatbot_intentcheck_label"),
                    _item(_("Marked as wrong"), "thumb_down", "admin:chatbot_answermark_changelist"),
                ],
            },
            {
                "title": _("Knowledge"),
                "items": [
                    _item(_("Articles"), "article", "admin:knowledge_article_changelist"),
                    _item(_("Approved answers"), "verified", "admin:knowledge_approvedanswer_changelist"),
                    _item(_("Retrieval test"), "manage_search", "retrieval_trial"),
                    _item(_("Evaluation sets"), "fact_check", "admin:knowledge_questionset_changelist"),
                    _item(_("Import articles"), "upload_file", "admin:knowledge_importrun_add"),
                    _item(_("Conflicts"), "call_split", "admin:knowledge_articlesource_changelist"),
                    _item(_("Near-duplicates"), "file_copy", "admin:knowledge_duplicatepair_changelist"),
                    _item(_("Answers given before"), "cached", "kept_answers"),
                    _item(_("Collections"), "folder", "admin:knowledge_collection_changelist"),
                    _item(_("Embedders"), "scatter_plot", "admin:knowledge_embedder_changelist"),
                ],
            },
            {
                "title": _("Steering"),
                "items": [
                    _item(_("How the bot decides"), "tune", "admin:chatbot_steering_changelist"),
                    _item(_("Confidence"), "speed", "admin:chatbot_calibration_changelist"),
                    _item(_("Try before live"), "experiment", "admin:chatbot_changetrial_changelist"),
                    _item(_("Gates"), "traffic", "admin:chatbot_gate_changelist"),
                    _item(_("Standard messages"), "chat", "admin:chatbot_standardmessage_changelist"),
                    _item(_("Survey"), "star_rate", "admin:chatbot_survey_changelist"),
                    _item(_("Review queues"), "inbox", "admin:sessions_app_reviewqueue_changelist"),
                    _item(_("Sampling rules"), "percent", "admin:chatbot_samplingrule_changelist"),
                    _item(_("Macros"), "keyboard_command_key", "admin:sessions_app_macro_changelist"),
                    _item(_("Trigger rules"), "alt_route", "admin:chatbot_triggerrule_changelist"),
                    _item(_("Playbooks"), "menu_book", "admin:chatbot_playbook_changelist"),
                    _item(_("Business hours"), "schedule", "admin:chatbot_businesshours_changelist"),
                    _item(_("Intents"), "category", "admin:chatbot_intent_changelist"),
                    _item(_("Trainings"), "model_training", "admin:chatbot_intentmodel_changelist"),
                    _item(_("Tone and temperature"), "thermostat", "admin:chatbot_temperatureprofile_changelist"),
                    _item(_("Prompts"), "article_shortcut", "admin:chatbot_promptversion_changelist"),
                    _item(_("Examples for the model"), "school", "admin:chatbot_exemplar_changelist"),
                    _item(_("Guidance"), "signpost", "admin:chatbot_guidance_changelist"),
                    _item(_("Sensitive words"), "block", "admin:chatbot_wordrule_changelist"),
                    _item(_("Groups of rules"), "folder_managed", "admin:chatbot_wordrulegroup_changelist"),
                    _item(_("Personal data"), "visibility_lock", "admin:chatbot_personaldatarule_changelist"),
                ],
            },
            {
                "title": _("Measuring"),
                "items": [
                    _item(_("Are customers better off?"), "monitoring", "business"),
                    _item(_("How fast and how reliable?"), "speed", "technical"),
                    _item(_("What it costs"), "payments", "costs"),
                    _item(_("What customers ask about"), "forum", "topics"),
                    _item(_("What the bot could not answer"), "help_center", "gaps"),
                    _item(_("Experiments"), "science", "admin:chatbot_experiment_changelist"),
                    _item(_("Score of conversations"), "sentiment_satisfied", "score"),
                    _item(_("Answers to the survey"), "recommend", "admin:chatbot_surveyinvitation_changelist"),
                    _item(_("Monthly report"), "print", "monthly_report"),
                    _item(_("Weekly report"), "outgoing_mail", "admin:analytics_reportrecipient_changelist"),
                    _item(_("Exports of results"), "download", "exports"),
                    _item(_("Scorecard"), "scoreboard", "admin:chatbot_answercheck_scorecard"),
                    _item(_("Accuracy of intents"), "target", "admin:chatbot_intentcheck_accuracy"),
                    _item(_("Alerts"), "notifications", "admin:analytics_alert_changelist"),
                    _item(_("Alert rules"), "notification_settings", "admin:analytics_alertrule_changelist"),
                    _item(_("Recipients of alerts"), "contact_mail", "admin:analytics_alerttarget_changelist"),
                    _item(
                        _("Results of conversations"), "fact_check", "admin:analytics_conversationoutcome_changelist"
                    ),
                ],
            },
            {
                "title": _("Operation"),
                "items": [
                    _item(_("System status"), "monitor_heart", "system_status"),
                    _item(_("Intercom workspaces"), "hub", "admin:chatbot_workspace_changelist"),
                    _item(_("Model pools"), "dns", "admin:chatbot_modelpool_changelist"),
                    _item(_("Incoming notifications"), "move_to_inbox", "admin:chatbot_inboundevent_changelist"),
                    _item(_("Deliveries"), "outbox", "admin:chatbot_delivery_changelist"),
                    _item(_("Customers"), "person", "admin:sessions_app_customer_changelist"),
                    _item(_("People"), "shield_person", "admin:auth_user_changelist"),
                    _item(_("Groups and rights"), "groups", "admin:auth_group_changelist"),
                    _item(_("Audit log"), "history", "admin:sessions_app_auditentry_changelist"),
                    _item(_("API tokens"), "key", "admin:authtoken_tokenproxy_changelist"),
                    _item(_("API documentation"), "api", "api-docs"),
                ],
            },
        ],
    },
}
