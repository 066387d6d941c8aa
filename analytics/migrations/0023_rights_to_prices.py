"""Operators state prices and rates and see what comes of them; leads and auditors look.

Only in groups that bear the names a new installation gave them.
"""

from typing import Any, Final

from django.db import migrations

_PRICES: Final = ("modelprice", "rolerate", "costbasis")
RIGHTS: Final = {
    "operator": [
        *(f"{verb}_{model}" for model in ("modelprice", "rolerate") for verb in ("view", "add", "change", "delete")),
        "view_costbasis",
        "change_costbasis",
        "view_conversationoutcome",
    ],
    "lead": [f"view_{model}" for model in _PRICES],
    "auditor": [f"view_{model}" for model in _PRICES],
}


def give(apps: Any, schema_editor: Any) -> None:
    kinds = apps.get_model("contenttypes", "ContentType").objects
    rights = apps.get_model("auth", "Permission").objects
    for role, names in RIGHTS.items():
        group = apps.get_model("auth", "Group").objects.filter(name=role).first()
        for name in names if group else ():
            kind, _ = kinds.get_or_create(app_label="analytics", model=name.partition("_")[2])
            right, _ = rights.get_or_create(
                content_type=kind, codename=name, defaults={"name": f"Can {name.replace('_', ' ')}"}
            )
            group.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0022_history_of_prices"),
        ("sessions_app", "0008_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
