from django.db import migrations

_RIGHTS = {
    "reviewer": ("view_answercheck", "change_answercheck"),
    "lead": (
        "view_answercheck", "change_answercheck", "view_samplingrule", "add_samplingrule", "change_samplingrule",
        "delete_samplingrule",
    ),
    "auditor": ("view_answercheck", "view_samplingrule"),
}  # fmt: skip


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
    """Reviewers and leads check sampled answers; auditors look at what came of it."""

    dependencies = [("chatbot", "0026_sampled_review"), ("sessions_app", "0011_checked_answers_in_the_audit_log")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
