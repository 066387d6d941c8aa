from django.db import migrations

_RIGHTS = {
    "reviewer": ("view_intentcheck", "change_intentcheck"),
    "lead": ("view_intentcheck", "change_intentcheck"),
    "knowledge editor": ("view_intentcheck", "change_intentcheck"),
    "auditor": ("view_intentcheck",),
}


def give(apps, schema_editor):
    """To the roles that still bear their names; permissions are made here because Django makes them later."""
    kinds = apps.get_model("contenttypes", "ContentType")
    permissions = apps.get_model("auth", "Permission")
    for role, codenames in _RIGHTS.items():
        group = apps.get_model("auth", "Group").objects.filter(name=role).first()
        if group is None:
            continue
        for codename in codenames:
            kind, _ = kinds.objects.get_or_create(app_label="chatbot", model="intentcheck")
            group.permissions.add(
                permissions.objects.get_or_create(
                    content_type=kind, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
                )[0]
            )


class Migration(migrations.Migration):
    """Reviewers, leads and knowledge editors label sampled messages; auditors look."""

    dependencies = [("chatbot", "0028_intent_checks"), ("sessions_app", "0011_checked_answers_in_the_audit_log")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
