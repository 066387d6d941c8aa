"""The words that the survey begins with, and who may do what; a team changes both in the admin."""

from django.db import migrations

_TEXTS = [
    (
        "survey",
        "en",
        "How likely are you to recommend us to a friend or colleague? Please answer with a number from 0 (not at all) "
        "to 10 (very likely). If you like, add why.",
    ),
    (
        "survey",
        "zh-hans",
        "您有多大可能向朋友或同事推荐我们？请回复 0（完全不可能）到 10（非常可能）之间的一个数字，也欢迎附上原因。",
    ),
    ("survey_thanks", "en", "Thank you! Your answer helps us to get better."),
    ("survey_thanks", "zh-hans", "谢谢您的反馈！您的评价会帮助我们做得更好。"),
]
_RIGHTS = {
    "lead": ("view_survey", "change_survey", "view_surveyinvitation"),
    "operator": ("view_survey",),
    "auditor": ("view_survey", "view_surveyinvitation"),
}


def write(apps, schema_editor):
    messages = apps.get_model("chatbot", "StandardMessage")
    messages.objects.bulk_create(
        [messages(kind=kind, language=language, text=text) for kind, language, text in _TEXTS], ignore_conflicts=True
    )


def give(apps, schema_editor):
    """To the roles that still bear their names; permissions are made here because Django makes them later."""
    kinds = apps.get_model("contenttypes", "ContentType")
    permissions = apps.get_model("auth", "Permission")
    for role, codenames in _RIGHTS.items():
        group = apps.get_model("auth", "Group").objects.filter(name=role).first()
        if group is None:
            continue
        for codename in codenames:
            kind, _ = kinds.objects.get_or_create(app_label="chatbot", model=codename.partition("_")[2])
            group.permissions.add(
                permissions.objects.get_or_create(
                    content_type=kind, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
                )[0]
            )


class Migration(migrations.Migration):
    """Leads steer the survey; operators and auditors look."""

    dependencies = [("chatbot", "0031_survey"), ("sessions_app", "0012_answers_to_a_survey")]

    operations = [
        migrations.RunPython(write, migrations.RunPython.noop),
        migrations.RunPython(give, migrations.RunPython.noop),
    ]
