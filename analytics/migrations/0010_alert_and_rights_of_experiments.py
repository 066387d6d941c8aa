from django.db import migrations

RIGHTS = {
    "lead": ["view_experiment", "add_experiment", "change_experiment", "delete_experiment"],
    "auditor": ["view_experiment"],
}


def add_rule(apps, schema_editor):
    apps.get_model("analytics", "AlertRule").objects.get_or_create(
        name="An experiment hurts",
        defaults={
            "measure": "experiments_hurting",
            "comparison": "over",
            "bound": 0,
            "minutes": 0,
            "severity": "warning",
            "advice": "In its tried arm clearly more is handed over, or fewer customers are satisfied. See Experiments, and stop it.",
        },
    )


def grant(apps, schema_editor):
    """Django makes permissions only after all migrations, so those that are needed are made here."""
    kinds = apps.get_model("contenttypes", "ContentType")
    permissions = apps.get_model("auth", "Permission")
    for role, names in RIGHTS.items():
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            for codename in names:
                kind, _ = kinds.objects.get_or_create(app_label="chatbot", model="experiment")
                found, _ = permissions.objects.get_or_create(
                    content_type=kind, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
                )
                group.permissions.add(found)


class Migration(migrations.Migration):
    """The rule that says when an experiment hurts; leads run experiments, auditors look."""

    dependencies = [
        ("analytics", "0009_topics_for_roles"),
        ("chatbot", "0023_experiments"),
        ("sessions_app", "0008_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(add_rule, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
