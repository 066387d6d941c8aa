from django.db import migrations

_LOOK = [
    "sessions_app.view_reviewitem",
    "sessions_app.view_conversation",
    "sessions_app.view_customer",
    "sessions_app.view_macro",
]
_READ = ["knowledge.view_article", "knowledge.view_approvedanswer", "chatbot.view_turn", "sessions_app.view_handoff"]
_DECIDE = ["sessions_app.change_reviewitem"]
_ALL_OF = ("view", "add", "change", "delete")


def _all(*models: str) -> list[str]:
    return [f"{app}.{verb}_{model}" for app, model in (name.split(".") for name in models) for verb in _ALL_OF]


_KNOWLEDGE = [
    *_all(
        "knowledge.article",
        "knowledge.approvedanswer",
        "knowledge.collection",
        "chatbot.intent",
        "chatbot.intentexample",
        "chatbot.exemplar",
    ),
    "knowledge.view_importrun",
    "knowledge.add_importrun",
    "knowledge.view_articlesource",
    "knowledge.change_articlesource",
    "knowledge.view_duplicatepair",
    "knowledge.change_duplicatepair",
]
_STEERING = [
    *_all(
        "chatbot.standardmessage",
        "chatbot.triggerrule",
        "chatbot.wordrule",
        "chatbot.wordrulegroup",
        "chatbot.guidance",
        "chatbot.temperatureprofile",
        "chatbot.businesshours",
        "sessions_app.reviewqueue",
        "sessions_app.macro",
    ),
    "chatbot.view_steering",
    "chatbot.change_steering",
    "chatbot.view_answeredit",
    "chatbot.view_answermark",
]

#: What a new installation starts with; a team changes it in the admin.
ROLES = {
    "agent": [*_LOOK, *_READ, *_DECIDE, "sessions_app.take_over_conversation"],
    "reviewer": [*_LOOK, *_READ, *_DECIDE, "chatbot.view_answeredit", "chatbot.add_answermark"],
    "lead": [
        *_LOOK, *_READ, *_DECIDE, "sessions_app.take_over_conversation", "sessions_app.see_all_queues", *_STEERING,
        "chatbot.add_answermark", "knowledge.add_approvedanswer", "knowledge.add_article", "chatbot.add_intentexample",
        "chatbot.add_exemplar",
        "sessions_app.view_auditentry",
    ],
    "knowledge editor": [*_LOOK, *_READ, *_KNOWLEDGE],
    "operator": [
        *_READ, "sessions_app.view_conversation", "sessions_app.view_customer",
        *_all("chatbot.workspace", "chatbot.personaldatarule"), "chatbot.view_inboundevent", "chatbot.view_delivery",
        "chatbot.change_delivery", "chatbot.view_steering", "chatbot.change_steering", "knowledge.view_embedder",
        "knowledge.add_embedder", "knowledge.change_embedder",
    ],
    "auditor": [
        *_LOOK, *_READ, "sessions_app.see_all_queues", "sessions_app.view_auditentry", "chatbot.view_delivery",
        "chatbot.view_answeredit", "chatbot.view_answermark", "chatbot.view_steering",
    ],
}  # fmt: skip


def make(apps, schema_editor):
    """Django makes permissions only after all migrations, so those that are needed are made here, once."""
    kinds = apps.get_model("contenttypes", "ContentType")
    permissions = apps.get_model("auth", "Permission")
    for role, names in ROLES.items():
        group, is_new = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        if not is_new:
            continue  # a group of this name is the team's own
        found = []
        for name in dict.fromkeys(names):
            app, codename = name.split(".")
            model = {"see_all_queues": "reviewqueue", "take_over_conversation": "reviewitem"}.get(
                codename, codename.partition("_")[2]
            )
            kind, _ = kinds.objects.get_or_create(app_label=app, model=model)
            words = {
                "see_all_queues": "Can see every queue of the desk",
                "take_over_conversation": "Can take conversations over and give them back",
            }.get(codename, f"Can {codename.replace('_', ' ')}")
            found.append(
                permissions.objects.get_or_create(content_type=kind, codename=codename, defaults={"name": words})[0]
            )
        group.permissions.set(found)


class Migration(migrations.Migration):
    """Agent, reviewer, lead, knowledge editor, operator and auditor, as groups."""

    dependencies = [
        ("sessions_app", "0007_promises_of_the_desk"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
