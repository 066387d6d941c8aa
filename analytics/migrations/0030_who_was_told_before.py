"""Alerts that still last, or whose end nobody was told: their recipients have heard that they began."""

from typing import Any

from django.db import migrations
from django.db.models import Q


def note(apps: Any, schema_editor: Any) -> None:
    alerts, notices = (apps.get_model("analytics", name) for name in ("Alert", "AlertNotice"))
    unfinished = alerts.objects.filter(Q(ended_at=None) | Q(told_end_at=None), told_at__isnull=False)
    for alert in unfinished.prefetch_related("rule__targets"):
        for target in alert.rule.targets.all():
            notices.objects.get_or_create(
                alert=alert, target=target, kind="began", defaults={"told_at": alert.told_at, "try_at": alert.told_at}
            )


class Migration(migrations.Migration):
    dependencies = [("analytics", "0029_each_recipient_told_once")]

    operations = [migrations.RunPython(note, migrations.RunPython.noop)]
