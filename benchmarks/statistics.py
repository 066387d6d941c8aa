"""Counting how conversations went: a day of a million turns, and the dashboards over a year of sums.

A PostgreSQL of its own. Rows are drawn by PostgreSQL itself: two and a half turns a conversation, each with its
message, its answer and its delivery, some held, some handed over.
"""

import os
import shutil
import sys
import time
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.running import DATA
from benchmarks.tables import Table
from config.embedded import EmbeddedServices

TURNS, QUICK_TURNS = 1_000_000, 50_000
TURNS_A_CONVERSATION = 2.5
#: Combinations of language, tier and intent that each hour of the year has.
COMBINATIONS = 24


def run(*, quick: bool = False) -> dict[str, Any]:
    folder = DATA / "statistics"
    shutil.rmtree(folder, ignore_errors=True)
    services = EmbeddedServices(folder, postgres=True, redis=False)
    services.acquire()
    try:
        os.environ.update(services.environment())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ["LOG_LEVEL"] = "ERROR"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        result = _measured(QUICK_TURNS if quick else TURNS)
    finally:
        services.release()
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("Statistics", tuple(result))
    table.row(*result.values())
    table.show()
    sys.stdout.flush()
    return result


def _measured(turns: int) -> dict[str, Any]:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.db import connection, transaction
    from django.test import Client
    from django.utils import timezone

    from analytics.business.days import sum_up_all_days
    from analytics.business.filling import fill
    from analytics.models import Filling, ModelPrice, RoleRate
    from chatbot.models import Survey, Workspace
    from chatbot.survey.asking import BATCH as ASKED_AT_ONCE
    from chatbot.survey.asking import ask_due

    settings.ALLOWED_HOSTS = ["testserver"]
    with connection.cursor() as cursor:
        for statement in _DRAW:
            cursor.execute(statement, {"conversations": int(turns / TURNS_A_CONVERSATION)})
        cursor.execute("ANALYZE")
    started = time.perf_counter()
    filled = fill()
    fill_seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sessions_app_message SET handled_at = now()")
        cursor.execute("ANALYZE sessions_app_message")
    workspace = Workspace.objects.create(app_id="w", bot_admin_id="1")
    Survey.objects.create(workspace=workspace, is_on=True, quiet_hours=1)
    started = time.perf_counter()
    asked = len(ask_due())
    ask_seconds = time.perf_counter() - started
    assert asked == ASKED_AT_ONCE
    with connection.cursor() as cursor:  # half an hour later, with a thousand late ratings
        cursor.execute(
            "UPDATE sessions_app_conversation SET rating = 5, updated_at = %s WHERE id %% 400 = 0",
            [timezone.now() + timedelta(minutes=30)],
        )
    started = time.perf_counter()
    fill(now=timezone.now() + timedelta(hours=3))
    again_seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute(_year(), {"combinations": COMBINATIONS})
        cursor.execute(_year_of_costs(), {"combinations": COMBINATIONS})
        cursor.execute("ANALYZE analytics_hourly")
        cursor.execute("ANALYZE analytics_hourlycost")
    ModelPrice.objects.create(kind="tokens", price_read=1, price_written=2, valid_from=date(2020, 1, 1))
    ModelPrice.objects.create(kind="gpu", pool="pool", gpus=4, price_hour=2, valid_from=date(2020, 1, 1))
    RoleRate.objects.create(hourly=40, valid_from=date(2020, 1, 1))
    started = time.perf_counter()
    with transaction.atomic():
        sum_up_all_days(ZoneInfo(settings.TIME_ZONE))
    days_seconds = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE analytics_daily")
        cursor.execute("ANALYZE analytics_dailycost")
    client = Client()
    client.force_login(User.objects.create_superuser("lead"))

    def opened(page: str) -> list[float]:
        """Seconds: over a month, then over a year in several ways."""
        found = []
        for query in ("days=30", "days=365", "days=365&language=l1", "days=365"):
            started = time.perf_counter()
            answer = client.get(f"/analytics/{page}/?{query}")
            found.append(time.perf_counter() - started)
            assert answer.status_code == 200
        return found

    business, costs, technical = opened("business"), opened("costs"), opened("technical")
    Filling.objects.update(daily_zone="")  # by the hours, as it was before days were added up
    hourly = opened("costs")
    return {
        "turns": turns,
        "conversations": filled.conversations,
        "fill_seconds": round(fill_seconds, 1),
        "late_events_seconds": round(again_seconds, 1),
        "survey_seconds": round(ask_seconds, 2),
        "year_of_days_seconds": round(days_seconds, 1),
        "dashboard_month_seconds": round(business[0], 2),
        "dashboard_year_seconds": round(max(business[1:]), 2),
        "technical_seconds": round(max(technical), 2),
        "costs_month_seconds": round(costs[0], 2),
        "costs_year_seconds": round(max(costs[1:]), 2),
        "costs_year_by_hours_seconds": round(max(hourly[1:]), 2),
    }


_DRAW = (
    "INSERT INTO sessions_app_customer (workspace, external_id, name, email, tier, attributes, created_at)"
    " SELECT 'w', 'c' || n, '', '', 'tier' || n % 3, '{}', now() FROM generate_series(1, %(conversations)s / 4) n",
    # A day that is over, so that time has settled nothing of it yet.
    "INSERT INTO sessions_app_conversation (workspace, external_id, customer_id, state, language, channel,"
    " assigned_admin_id, assigned_team_id, rating_remark, created_at, updated_at, rating)"
    " SELECT 'w', 'v' || n, 1 + n % (%(conversations)s / 4), 'bot', 'l' || n % 4, 'c' || n % 2, '', '', '',"
    "        now() - interval '30 hours' + n * (interval '24 hours' / %(conversations)s), now() - interval '2 hours',"
    "        CASE WHEN n % 10 = 0 THEN 1 + n % 5 END FROM generate_series(1, %(conversations)s) n",
    "INSERT INTO sessions_app_message (conversation_id, external_id, author, author_name, text, attachments, sent_at,"
    " received_at, redacted, effect)"
    " SELECT v.id, 'p' || part, CASE WHEN part % 2 = 0 THEN 'customer' WHEN part = 3 AND v.id % 9 = 0 THEN 'teammate'"
    "        ELSE 'bot' END, '', repeat('words of it ', 12), '[]', v.created_at + part * interval '40 seconds', now(),"
    "        false, ''"
    " FROM sessions_app_conversation v, generate_series(0, 3 + 2 * (v.id %% 2)::int) part",
    "INSERT INTO chatbot_turn (conversation_id, last_message_id, question, answer, outcome, intent, scenario, profile,"
    " tokens_read, tokens_written, reasons, trace, attempts, due_at, started_at, finished_at, own_milliseconds)"
    " SELECT m.conversation_id, m.id, m.text, m.text,"
    "        CASE m.id % 10 WHEN 0 THEN 'held' WHEN 1 THEN 'handed_over' ELSE 'answered' END, 'i' || m.id % 40,"
    "        'order', 'Default v1', 900, 60, '[\"confident\"]',"
    "        jsonb_build_object('text', repeat(md5(m.id::text), 60)), 1, m.sent_at, m.sent_at,"
    "        m.sent_at + interval '2 seconds', m.id % 700"
    " FROM sessions_app_message m WHERE m.author = 'customer'",
    "INSERT INTO chatbot_delivery (conversation_id, turn_id, key, kind, body, status, attempts, next_attempt_at, error,"
    " external_id, created_at, sent_at)"
    " SELECT conversation_id, id, 'turn:' || id, 'reply', '', 'sent', 1, now(), '', '', finished_at, finished_at"
    " FROM chatbot_turn WHERE outcome = 'answered'",
)
_DRAW = tuple(one.replace(" % ", " %% ") for one in _DRAW)


def _year() -> str:
    from analytics.models.hourly import SUMS

    known = {"conversations": 20, "involved": 15, "resolved": 9, "responses": 20, "response_seconds": 300, "rated": 3}
    return f"""
        INSERT INTO analytics_hourly (
            hour, workspace, language, tier, channel, team, intent, profile, {", ".join(SUMS)})
        SELECT date_trunc('hour', now()) - hour * interval '1 hour', 'w', 'l' || n %% 4, 'tier' || n %% 3, 'c', 't',
               'i' || n, 'Default v1', {", ".join(str(known.get(name, 2)) for name in SUMS)}
        FROM generate_series(48, 365 * 24) hour, generate_series(1, %(combinations)s) n
    """


def _year_of_costs() -> str:
    """A model and two kinds of people in each hour and combination."""
    return """
        INSERT INTO analytics_hourlycost (
            hour, workspace, language, tier, channel, team, intent, profile, kind, source, uses, tokens_read,
            tokens_written, seconds, micros, unpriced_tokens, unpriced_seconds, uncounted, odd)
        SELECT date_trunc('hour', now()) - hour * interval '1 hour', 'w', 'l' || n %% 4, 'tier' || n %% 3, 'c', 't',
               'i' || n, 'Default v1', part.kind, part.source, 3, 2700, 180, 9.5, 3100, 0, 0, 0, 0
        FROM generate_series(48, 365 * 24) hour, generate_series(1, %(combinations)s) n,
             (VALUES ('model', 'pool'), ('desk', 'agent'), ('intercom', '')) AS part(kind, source)
    """
