"""Every address of the desk, asked by everybody: whoever may not is refused, and nothing is different afterwards."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chatbot.desk.actions import BULK_VERBS, VERBS
from chatbot.models import AnswerMark, Delivery, Exemplar
from chatbot.urls import urlpatterns
from knowledge.models import Article
from sessions_app.models import AuditEntry, Conversation, Message, ReviewItem, ReviewQueue, WorkingText
from tests.integration.chatbot.desk_world import client_of, person, reviewer, waiting

pytestmark = pytest.mark.django_db

DECIDE: Final = frozenset(
    ("approve", "ask", "reject", "undo", "claim", "release", "move", "give", "snooze", "note", "type", "judge")
) | {"translate-answer"}  # fmt: skip
HOLD: Final = frozenset(("take-over", "give-back"))
TEACH: Final = frozenset(("teach-answer", "teach-article", "teach-exemplar", "teach-example"))
#: What each role may do at the desk, in words of its verbs; None: not even look.
MAY: Final[Mapping[str, frozenset[str] | None]] = {
    "agent": DECIDE | HOLD,
    "reviewer": DECIDE | {"mark-wrong"},
    "lead": DECIDE | HOLD | TEACH | {"mark-wrong"},
    "knowledge editor": TEACH,
    "operator": None,
    "auditor": frozenset(),
    "": None,
}
SEE_ALL: Final = ("lead", "auditor")


def addresses(item: ReviewItem, delivery: Delivery) -> dict[str, tuple[str, str, str]]:
    """What is asked for -> method, address, and the verb whose right it needs ("" for looking)."""
    of = {"item_id": item.pk}
    conversation = {"conversation_id": item.conversation_id}
    found = {
        "queue": ("get", reverse("desk:queue"), ""),
        "rows": ("get", reverse("desk:rows"), ""),
        "counts": ("get", reverse("desk:counts"), ""),
        "watch": ("get", reverse("desk:watch"), ""),
        "passage": ("get", reverse("desk:passage", kwargs={"chunk_id": 1}), ""),
        "pane": ("get", reverse("desk:pane", kwargs=of), ""),
        "draft": ("get", reverse("desk:draft", kwargs=of), ""),
        "draft-translation": ("get", reverse("desk:draft-translation", kwargs=of), ""),
        "watched": ("get", reverse("desk:watched", kwargs=conversation), ""),
        "thread": ("get", reverse("desk:thread", kwargs=conversation), ""),
        "translate": ("post", reverse("desk:translate", kwargs=conversation), ""),
        "mark-wrong": ("post", reverse("desk:mark-wrong", kwargs={"delivery_id": delivery.pk}), "mark-wrong"),
        "draft by form": ("post", reverse("desk:draft", kwargs=of), "approve"),
    }
    found |= {f"act {verb}": ("post", reverse("desk:act", kwargs={**of, "verb": verb}), verb) for verb in VERBS}
    found |= {
        f"step-in {verb}": ("post", reverse("desk:step-in", kwargs={**conversation, "verb": verb}), verb)
        for verb in HOLD
    }
    found |= {
        f"act-on-many {verb}": ("post", reverse("desk:act-on-many", kwargs={"verb": verb}), verb) for verb in BULK_VERBS
    }
    return found


FIELDS: Final = {"answer": "An answer.", "note": "A note.", "minutes": "30", "kind": "fact", "intent": "x", "show": "1"}
#: Of the addresses, those that speak of one item or its conversation.
OF_NO_ITEM: Final = ("queue", "rows", "counts", "watch", "passage")


def _world() -> tuple[Any, ...]:
    """All that a verb could change."""
    return (
        list(
            ReviewItem.objects.order_by("pk").values_list(
                "pk", "status", "queue_id", "claimed_by_id", "assigned_to_id", "snoozed_until", "answer"
            )
        ),
        list(Conversation.objects.order_by("pk").values_list("pk", "state", "held_by_id")),
        *(model.objects.count() for model in (Delivery, AnswerMark, Exemplar, Article, WorkingText, Message)),
        AuditEntry.objects.exclude(action="viewed").count(),
    )


def _items() -> tuple[ReviewItem, Delivery]:
    """One that waits, and an answer of its conversation that was sent."""
    item = waiting()
    sent = Delivery.objects.create(
        key=f"sent:{item.pk}", conversation=item.conversation, kind="reply", body="<p>So.</p>", status="sent",
        external_id="1",
    )  # fmt: skip
    Message.objects.create(
        conversation=item.conversation, external_id="1", author="bot", text="So.", sent_at=timezone.now()
    )
    return item, sent


def _ask(client: Client, method: str, address: str, item: ReviewItem) -> Any:
    return client.get(address) if method == "get" else client.post(address, {**FIELDS, "item": [item.pk]})


def test_every_address_of_the_desk_is_asked_for_here() -> None:
    item, sent = _items()
    asked = {name.split(" ")[0] for name in addresses(item, sent)}
    assert asked == {pattern.name for pattern in urlpatterns}
    assert set(VERBS) == DECIDE | HOLD | TEACH


@pytest.mark.parametrize("role", MAY)
def test_a_role_gets_what_it_may_and_a_refusal_that_changes_nothing_for_the_rest(role: str) -> None:
    rights = MAY[role]
    client = client_of(person("somebody", role=role))
    item, sent = _items()
    before = _world()
    allowed = []
    for name, (method, address, verb) in addresses(item, sent).items():
        if rights is not None and verb and verb in rights:
            allowed.append(name)
            continue
        code = _ask(client, method, address, item).status_code
        assert (name, code) == (name, 403 if rights is None or verb else 200)
    assert _world() == before
    for name in allowed:
        fresh, its_answer = _items()
        method, address, _ = addresses(fresh, its_answer)[name]
        code = _ask(client, method, address, fresh).status_code
        assert code in (200, 302, 409, 422), (name, code)


@pytest.mark.parametrize("role", [role for role, rights in MAY.items() if rights is not None and role not in SEE_ALL])
def test_what_waits_in_a_queue_of_others_is_not_there_for_a_role(role: str) -> None:
    somebody = person("somebody", role=role)
    ReviewQueue.objects.filter(is_default=True).get().members.add(reviewer("member"))
    client = client_of(somebody)
    item, sent = _items()
    before = _world()
    for name, (method, address, _) in addresses(item, sent).items():
        answer = _ask(client, method, address, item)
        if name in OF_NO_ITEM:
            assert answer.status_code == 200
            assert item.conversation.customer.name not in answer.content.decode(), name
        elif name.startswith("act-on-many"):
            assert answer.status_code == 403 or answer.json()["done"] == [], name
        else:
            assert answer.status_code in (403, 404), (name, answer.status_code)
    assert _world() == before


@pytest.mark.parametrize("who", ["nobody", "a customer's account", "a colleague who has left"])
def test_whoever_is_no_colleague_is_led_to_the_sign_in_and_changes_nothing(who: str) -> None:
    client = Client()
    if who != "nobody":
        user: User = person("lead", role="lead")
        client = client_of(user)
        User.objects.filter(pk=user.pk).update(
            is_staff=who != "a customer's account", is_active=who != "a colleague who has left"
        )
    item, sent = _items()
    before = _world()
    for name, (method, address, _) in addresses(item, sent).items():
        answer = _ask(client, method, address, item)
        assert (name, answer.status_code) == (name, 302)
        assert answer.headers["Location"].startswith("/admin/login/")
    assert _world() == before


def test_a_refusal_says_what_to_do_and_leads_back() -> None:
    stranger = client_of(person("stranger"))
    for address, words in (("/desk/", "You may not see this"), ("/nowhere/", "There is nothing here")):
        page = stranger.get(address).content.decode()
        assert words in page and 'href="/admin/"' in page
    stranger.cookies["django_language"] = "zh-hans"
    assert "您无权查看此页" in stranger.get("/desk/").content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reviewer("mia"))
    item = waiting()
    assert "The page was too old" in strict.post(f"/desk/items/{item.pk}/claim/").content.decode()


def test_a_member_removed_while_at_work_loses_the_item_and_what_they_typed_comes_back_with_the_queue() -> None:
    mia = reviewer("mia")
    queue = ReviewQueue.objects.filter(is_default=True).get()
    queue.members.add(mia)
    client, item = client_of(mia), waiting()
    client.post(f"/desk/items/{item.pk}/type/", {"answer": "Half a thought"})
    queue.members.set([reviewer("jun")])
    assert client.post(f"/desk/items/{item.pk}/approve/", {"answer": "Half a thought."}).status_code == 404
    assert not Delivery.objects.exists()
    queue.members.add(mia)
    assert "Half a thought" in client.get(f"/desk/items/{item.pk}/").content.decode()


def test_a_queue_deleted_under_its_items_leaves_each_of_them_workable() -> None:
    mia = reviewer("mia")
    queue = ReviewQueue.objects.create(name="Short-lived", position=1)
    items = [waiting() for _ in range(3)]
    assert {item.queue for item in items} == {queue}
    client = client_of(mia)
    client.post(f"/desk/items/{items[0].pk}/claim/")
    queue.delete()
    for item in items:
        assert client.get(f"/desk/items/{item.pk}/").status_code == 200
        assert client.post(f"/desk/items/{item.pk}/approve/", {"answer": "So."}).status_code == 200
    assert client.get(f"/desk/items/?queue={queue.pk or 999}").status_code == 200


def test_odd_input_gets_an_answer_and_never_an_error() -> None:
    lead = client_of(person("lead", role="lead"))
    item = waiting(question="x" * 50_000 + "\u202e<script>", draft="y" * 9_000)
    for query in (
        "queue=-1",
        "queue=9" * 30,
        "page=0",
        "page=x",
        "search=%00%25_'\"",
        "who=%3Cb%3E",
        "language=" + "z" * 300,
    ):
        assert lead.get(f"/desk/?{query}").status_code == 200, query
    for verb, fields in (
        ("move", {"queue": "٣"}),
        ("give", {"person": "99999999999999999"}),
        ("snooze", {"minutes": "-5"}),
        ("snooze", {"minutes": "9" * 18}),
        ("note", {"note": "\x00"}),
        ("approve", {"answer": "z" * 10_001}),
        ("approve", {"answer": "<!-- -->"}),
        ("approve", {"answer": "\u200b\x00"}),
        ("judge", {"kind": "x" * 400}),
        ("teach-example", {"intent": "x" * 4_000}),
    ):
        assert lead.post(f"/desk/items/{item.pk}/{verb}/", fields).status_code in (200, 409, 422), (verb, fields)
    assert lead.get(f"/desk/drafts/{2**70}/").status_code == 404
    assert lead.get("/desk/items/9223372036854775807/").status_code == 404


def test_the_audit_log_leads_to_what_it_names_and_the_list_of_questions_to_the_desk() -> None:
    lead, item = client_of(person("lead", role="lead")), waiting()
    lead.post(f"/desk/items/{item.pk}/snooze/", {"minutes": "30"})
    log = lead.get("/admin/sessions_app/auditentry/").content.decode()
    assert f'href="/desk/drafts/{item.pk}/"' in log
    assert f'href="/admin/sessions_app/conversation/{item.conversation_id}/change/"' in log
    assert "until: " in log
    lead.post(f"/desk/items/{item.pk}/take-over/")
    listed = lead.get("/admin/sessions_app/reviewitem/?kind__exact=handover").content.decode()
    assert item.queue.name in listed and "a colleague took it" in listed
    assert "0%" not in listed, "whoever answers themselves has no confidence of the bot's to look at"
