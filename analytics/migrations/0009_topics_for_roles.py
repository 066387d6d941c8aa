from django.db import migrations

#: Added to the groups that a new installation starts with, where a team has kept them.
RIGHTS = {
    "lead": ["view_topic", "change_topic", "view_gap", "change_gap"],
    "knowledge editor": ["view_topic", "change_topic", "view_gap", "change_gap"],
    "auditor": ["view_topic", "view_gap"],
}


def grant(apps, schema_editor):
    """Django makes permissions only after all migrations, so those that are needed are made here."""
    kinds = apps.get_model("contenttypes", "ContentType")
    permissions = apps.get_model("auth", "Permission")
    for role, names in RIGHTS.items():
        for group in apps.get_model("auth", "Group").objects.filter(name=role):
            for codename in names:
                kind, _ = kinds.objects.get_or_create(app_label="analytics", model=codename.partition("_")[2])
                found, _ = permissions.objects.get_or_create(
                    content_type=kind, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
                )
                group.permissions.add(found)


class Migration(migrations.Migration):
    """Leads and knowledge editors work with topics and gaps; auditors look."""

    dependencies = [
        ("analytics", "0008_topics_and_gaps"),
        ("sessions_app", "0008_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
