"""Leads see and export results, auditors see them. Only in groups that bear the names a new installation gave them."""

from typing import Any, Final

from django.db import migrations

RIGHTS: Final = {
    "lead": ["view_conversationoutcome", "export_conversationoutcome"],
    "auditor": ["view_conversationoutcome"],
}
WORDS: Final = {
    "view_conversationoutcome": "Can view result of a conversation",
    "export_conversationoutcome": "Can export results of conversations",
}


def give(apps: Any, schema_editor: Any) -> None:
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="analytics", model="conversationoutcome"
    )
    for role, names in RIGHTS.items():
        group = apps.get_model("auth", "Group").objects.filter(name=role).first()
        for name in names if group else ():
            right, _ = apps.get_model("auth", "Permission").objects.get_or_create(
                content_type=kind, codename=name, defaults={"name": WORDS[name]}
            )
            group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0012_exports"),
        ("sessions_app", "0008_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
