"""The Celery application: what runs by the clock, and nothing else. Tasks live in each app's `tasks.py`."""

import os
import warnings

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

#: Articles whose indexing was lost are looked for this often.
ARTICLE_SWEEP_SECONDS = 60.0
#: A worker's sign of life, which the status page and the alert rules read.
HEARTBEAT_SECONDS = 5.0
#: Pools of model servers that rest are looked at this often, whether anybody writes or not.
MODEL_PROBE_SECONDS = 5.0
#: Alert rules are held against what is measured this often.
WATCH_SECONDS = 30.0
#: How conversations went is counted this often.
STATISTICS_SECONDS = 300.0
#: Seconds between two looks for conversations that a model should read.
READING_SECONDS = 120.0
#: What customers ask about is grouped this often.
TOPICS_SECONDS = 300.0
#: Model servers' own metrics pages are read this often.
HARDWARE_SECONDS = 60.0
#: Whether the weekly report is due is looked at this often.
REPORT_SECONDS = 900.0
#: The score of conversations is calibrated this often, where ratings are new.
SCORE_SECONDS = 6 * 3600.0
#: Past messages worth labelling are looked for this often, and whenever somebody asks.
SUGGESTION_SECONDS = 6 * 3600.0
#: Names of teams change rarely, and a page reads them at once if asked.
TEAMS_SECONDS = 3600.0

#: Overdue questions are looked for this often.
DESK_SECONDS = 20.0

#: Customers whose conversation is over are looked for this often.
SURVEY_SECONDS = 60.0

# Celery warns of root because of pickled tasks; ours are JSON.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

app = Celery("handrail")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def run_by_the_clock(sender: Celery, **_: object) -> None:
    from django.conf import settings

    sender.conf.beat_schedule = {
        "sweep": {"task": "chatbot.sweep", "schedule": settings.SWEEP_SECONDS},
        "articles": {"task": "knowledge.tasks.sweep_articles", "schedule": ARTICLE_SWEEP_SECONDS},
        "imports": {"task": "knowledge.tasks.tend_imports", "schedule": ARTICLE_SWEEP_SECONDS},
        "embedders": {"task": "knowledge.tasks.sweep_embedders", "schedule": ARTICLE_SWEEP_SECONDS},
        "readings": {"task": "knowledge.tasks.read_passages_ahead", "schedule": ARTICLE_SWEEP_SECONDS},
        "duplicates": {"task": "knowledge.tasks.compare_articles", "schedule": ARTICLE_SWEEP_SECONDS},
        "model pools": {"task": "chatbot.probe_model_pools", "schedule": MODEL_PROBE_SECONDS},
        "usage": {"task": "chatbot.count_usage", "schedule": ARTICLE_SWEEP_SECONDS},
        "trainings": {"task": "chatbot.sweep_trainings", "schedule": ARTICLE_SWEEP_SECONDS},
        "trials": {"task": "chatbot.tend_trials", "schedule": ARTICLE_SWEEP_SECONDS},
        "suggestions": {"task": "chatbot.suggest_labels", "schedule": SUGGESTION_SECONDS},
        "teams": {"task": "chatbot.read_teams", "schedule": TEAMS_SECONDS},
        "heartbeat": {"task": "analytics.heartbeat", "schedule": HEARTBEAT_SECONDS},
        "watch": {"task": "analytics.watch", "schedule": WATCH_SECONDS},
        "weekly report": {"task": "analytics.send_weekly_reports", "schedule": REPORT_SECONDS},
        "score": {"task": "analytics.learn_score", "schedule": SCORE_SECONDS},
        "conversations read": {"task": "analytics.read_conversations", "schedule": READING_SECONDS},
        "statistics": {"task": "analytics.fill", "schedule": STATISTICS_SECONDS},
        "topics": {"task": "analytics.group_topics", "schedule": TOPICS_SECONDS},
        "hardware": {"task": "analytics.read_hardware", "schedule": HARDWARE_SECONDS},
        "desk": {"task": "chatbot.tend_desk", "schedule": DESK_SECONDS},
        "survey": {"task": "chatbot.tend_survey", "schedule": SURVEY_SECONDS},
        "reconcile": {"task": "chatbot.reconcile", "schedule": settings.RECONCILE_SECONDS},
    }


@worker_init.connect
def load_models(**_: object) -> None:
    # Grouping what customers ask needs these; loading them takes a second, in which answers would come late.
    import sklearn.feature_extraction.text  # noqa: F401

    from chatbot.warm_up import warm_up

    warm_up()
