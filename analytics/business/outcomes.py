"""How conversations went, worked out from their messages, turns, drafts, handovers and replies, in one statement.

Running it again gives the same rows: an outcome depends on what is stored, and on `now`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from analytics.conf import durable, first_contact, quiet
from analytics.scoring import score
from analytics.scoring.learning import weights_in_use
from chatbot.rules.unhappy import ANGRY_FROM

# The same, slower and in Python, stands in the tests. What an experiment kept from the bot was never the bot's: neither
# its part nor its handover. What was said for the survey, and the score itself, are no part of a conversation: who
# answers it has not come back.
_WORK_OUT = """
WITH surveys AS (
    SELECT DISTINCT ON (i.conversation_id) i.conversation_id, i.score
    FROM chatbot_surveyinvitation i JOIN chatbot_delivery d ON d.id = i.delivery_id
    WHERE i.conversation_id = ANY(%(ids)s) AND d.status = 'sent'
    ORDER BY i.conversation_id, i.score IS NULL, i.asked_at DESC, i.id DESC
), said_for_surveys AS (
    SELECT i.conversation_id, d.external_id
    FROM chatbot_surveyinvitation i JOIN chatbot_delivery d ON d.id IN (i.delivery_id, i.thanks_id)
    WHERE i.conversation_id = ANY(%(ids)s)
), parts AS (
    SELECT m.conversation_id, m.id, m.author, m.sent_at,
           m.author = 'customer' AND m.unhappiness >= %(angry_from)s AS is_angry,
           count(*) FILTER (WHERE m.effect = 'closed') OVER w AS closings,
           max(m.sent_at) FILTER (WHERE m.author IN ('customer', 'bot', 'teammate', 'other_bot'))
               OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS spoken_before
    FROM sessions_app_message m WHERE m.conversation_id = ANY(%(ids)s) AND m.effect <> 'survey'
        AND NOT (m.author = 'bot' AND (m.conversation_id, m.external_id) IN (SELECT * FROM said_for_surveys))
    WINDOW w AS (PARTITION BY m.conversation_id ORDER BY m.sent_at, m.id)
), heard AS (
    SELECT conversation_id, sent_at, is_angry,
           lag(sent_at) OVER w IS NOT NULL
               AND (closings > lag(closings) OVER w OR sent_at > spoken_before + %(quiet)s) AS is_reopening
    FROM parts WHERE author = 'customer'
    WINDOW w AS (PARTITION BY conversation_id ORDER BY sent_at, id)
), customers AS (
    SELECT conversation_id, min(sent_at) AS started_at, max(sent_at) AS last_heard_at, count(*) AS messages,
           count(*) FILTER (WHERE is_reopening) AS reopenings, bool_or(is_angry) AS is_angry,
           min(sent_at) FILTER (WHERE is_reopening) AS reopened_at
    FROM heard GROUP BY conversation_id
), voices AS (
    SELECT p.conversation_id,
           min(p.sent_at) FILTER (WHERE p.author IN ('bot', 'teammate')) AS responded_at,
           min(p.sent_at) FILTER (WHERE p.author = 'teammate') AS person_at
    FROM parts p JOIN customers c USING (conversation_id) WHERE p.sent_at >= c.started_at GROUP BY p.conversation_id
), turns AS (
    SELECT conversation_id,
           bool_or(outcome IN ('answered', 'held', 'handed_over')) AS is_involved,
           bool_or(outcome = 'answered') AS is_answered,
           bool_or(outcome = 'held') AS is_held,
           (array_agg(outcome ORDER BY started_at DESC, id DESC)
               FILTER (WHERE outcome IN ('answered', 'held', 'handed_over')))[1] AS last_outcome,
           max(finished_at) FILTER (WHERE outcome = 'answered') AS last_answer_at,
           max(finished_at) FILTER (WHERE outcome = 'silent' AND reasons ? 'thanks') AS thanked_at,
           bool_or(outcome = 'silent' AND reasons ? 'thanks') AS is_thanked,
           greatest(
               count(*) FILTER (WHERE outcome IN ('answered', 'held', 'handed_over') AND question <> '')
               - count(DISTINCT lower(btrim(question, ' .!?。！？')))
                   FILTER (WHERE outcome IN ('answered', 'held', 'handed_over') AND question <> ''),
               count(*) FILTER (WHERE outcome IN ('answered', 'held', 'handed_over') AND intent <> '')
               - count(DISTINCT intent) FILTER (WHERE outcome IN ('answered', 'held', 'handed_over') AND intent <> '')
           ) AS asked_again,
           (array_agg(intent ORDER BY started_at, id) FILTER (WHERE intent <> ''))[1] AS intent,
           (array_agg(scenario ORDER BY started_at, id) FILTER (WHERE scenario <> ''))[1] AS scenario,
           (array_agg(profile ORDER BY started_at, id) FILTER (WHERE profile <> ''))[1] AS profile,
           sum(tokens_read) AS tokens_read, sum(tokens_written) AS tokens_written
    FROM chatbot_turn WHERE conversation_id = ANY(%(ids)s) AND NOT reasons ?| ARRAY['holdout', 'not_in_share']
    GROUP BY conversation_id
), drafts AS (
    SELECT conversation_id,
           count(*) FILTER (WHERE kind = 'draft' AND status IN ('approved', 'edited', 'rejected', 'answered'))
               AS decided,
           count(*) FILTER (WHERE kind = 'draft' AND status = 'approved') AS unchanged,
           bool_or(status NOT IN ('waiting', 'superseded')) AS is_touched
    FROM sessions_app_reviewitem WHERE conversation_id = ANY(%(ids)s) GROUP BY conversation_id
), labels AS (
    SELECT t.conversation_id, count(*) AS labelled, count(*) FILTER (WHERE k.verdict = 'right') AS guessed_right
    FROM chatbot_intentcheck k JOIN chatbot_turn t ON t.id = k.turn_id
    WHERE t.conversation_id = ANY(%(ids)s) AND k.verdict IN ('right', 'wrong') GROUP BY t.conversation_id
), handoffs AS (
    SELECT conversation_id, min(created_at) AS handed_at, (array_agg(reason ORDER BY created_at, id))[1] AS reason
    FROM sessions_app_handoff WHERE conversation_id = ANY(%(ids)s) AND reason NOT IN ('experiment', 'not_in_share')
    GROUP BY conversation_id
), replies AS (
    SELECT conversation_id, min(sent_at) AS replied_at
    FROM chatbot_delivery WHERE conversation_id = ANY(%(ids)s) AND kind = 'reply' AND status = 'sent'
    GROUP BY conversation_id
), joined AS (
    SELECT v.id, v.workspace, v.language, person.tier, v.channel, v.assigned_team_id AS team, v.rating,
           c.started_at, c.last_heard_at, c.messages, c.reopenings, c.reopened_at, c.is_angry,
           s.responded_at, s.person_at, least(r.replied_at, s.person_at) AS answered_at,
           coalesce(t.is_involved, false) AS is_involved, coalesce(t.is_answered, false) AS is_answered,
           coalesce(t.is_held, false) AS is_held,
           t.last_answer_at, t.thanked_at, t.is_thanked, t.asked_again,
           t.intent, t.scenario, t.profile, t.tokens_read, t.tokens_written,
           m.rating AS model_rating, d.decided, d.unchanged, k.labelled, k.guessed_right, h.handed_at, h.reason,
           s.person_at IS NOT NULL OR coalesce(d.is_touched, false) AS has_person,
           least(s.person_at, h.handed_at) AS intervened_at,
           coalesce(t.last_outcome = 'answered', false) AND s.person_at IS NULL AND h.handed_at IS NULL
               AND v.state NOT IN ('review', 'person') AS may_be_resolved,
           greatest(c.last_heard_at, t.last_answer_at) AS last_word_at, v.state,
           q.conversation_id IS NOT NULL AS is_surveyed, q.score AS nps
    FROM sessions_app_conversation v
    JOIN customers c ON c.conversation_id = v.id
    JOIN sessions_app_customer person ON person.id = v.customer_id
    LEFT JOIN voices s ON s.conversation_id = v.id
    LEFT JOIN turns t ON t.conversation_id = v.id
    LEFT JOIN drafts d ON d.conversation_id = v.id
    LEFT JOIN analytics_modelreading m ON m.conversation_id = v.id
    LEFT JOIN labels k ON k.conversation_id = v.id
    LEFT JOIN handoffs h ON h.conversation_id = v.id
    LEFT JOIN replies r ON r.conversation_id = v.id
    LEFT JOIN surveys q ON q.conversation_id = v.id
)
INSERT INTO analytics_conversationoutcome (
    conversation_id, started_at, workspace, language, tier, channel, team, intent, scenario, profile,
    is_involved, is_answered, is_held, is_handed_over, handoff_reason, has_person, customer_messages, reopenings,
    drafts_decided, drafts_unchanged, intents_labelled, intents_right, rating,
    first_response_seconds, first_answer_seconds,
    is_first_contact, is_assumed, is_confirmed, is_verified, is_durable, has_odd_times,
    is_angry, is_thanked, model_rating, asked_again, score, is_surveyed, nps, tokens_read, tokens_written,
    settles_at, computed_at)
SELECT id, started_at, workspace, language, tier, channel, team,
       coalesce(intent, ''), coalesce(scenario, ''), coalesce(profile, ''),
       is_involved, is_answered, is_held, handed_at IS NOT NULL, coalesce(reason, ''), has_person, messages, reopenings,
       coalesce(decided, 0), coalesce(unchanged, 0), coalesce(labelled, 0), coalesce(guessed_right, 0), rating,
       CASE WHEN responded_at IS NOT NULL THEN greatest(0, extract(epoch FROM responded_at - started_at)) END,
       CASE WHEN answered_at IS NOT NULL THEN greatest(0, extract(epoch FROM answered_at - started_at)) END,
       CASE WHEN NOT is_involved OR %(now)s < started_at + %(first_contact)s THEN NULL
            WHEN least(intervened_at, reopened_at) < started_at + %(first_contact)s THEN false
            ELSE is_answered END,
       may_be_resolved AND (state = 'closed' OR %(now)s >= last_word_at + %(quiet)s),
       may_be_resolved AND (coalesce(rating >= 4, false) OR coalesce(thanked_at >= last_answer_at, false)),
       CASE WHEN is_involved AND %(now)s >= started_at + %(first_contact)s
                AND NOT (may_be_resolved AND %(now)s < last_word_at + %(first_contact)s) THEN may_be_resolved END,
       CASE WHEN is_involved AND %(now)s >= started_at + %(durable)s
                AND NOT (may_be_resolved AND %(now)s < last_word_at + %(durable)s) THEN may_be_resolved END,
       coalesce(last_answer_at < started_at, false) OR coalesce(answered_at < started_at, false),
       is_angry, coalesce(is_thanked, false), model_rating, coalesce(asked_again, 0),
       CASE WHEN state = 'closed' OR %(now)s >= last_word_at + %(quiet)s THEN {score} END,
       is_surveyed, nps,
       coalesce(tokens_read, 0), coalesce(tokens_written, 0),
       (SELECT min(moment) FROM unnest(ARRAY[
            CASE WHEN is_involved THEN started_at + %(first_contact)s END,
            CASE WHEN is_involved THEN started_at + %(durable)s END,
            last_word_at + %(quiet)s,
            CASE WHEN may_be_resolved THEN last_word_at + %(first_contact)s END,
            CASE WHEN may_be_resolved THEN last_word_at + %(durable)s END]) AS moment WHERE moment > %(now)s),
       %(now)s
FROM joined
ON CONFLICT (conversation_id) DO UPDATE SET ({columns}) = ({excluded})
"""
_COLUMNS = _WORK_OUT[_WORK_OUT.index("conversation_id, started_at") : _WORK_OUT.index(")\nSELECT id")].split(",")
_NAMES = [name.strip() for name in _COLUMNS if name.strip() != "conversation_id"]
_STATEMENT = (
    _WORK_OUT.replace("{columns}", ", ".join(_NAMES))
    .replace("{excluded}", ", ".join(f"excluded.{name}" for name in _NAMES))
    .replace("{score}", score.sql())
)


def work_out(conversation_ids: Sequence[int], *, now: datetime) -> None:
    """Write the outcome of each conversation in which a customer has spoken, as it stands at `now`."""
    values: dict[str, Any] = {
        "ids": list(conversation_ids),
        "now": now,
        "quiet": quiet(),
        "first_contact": first_contact(),
        "durable": durable(),
        "angry_from": ANGRY_FROM,
        **{f"weight_{name}": weight for name, weight in weights_in_use().items()},
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, values)
