"""Trying rules, on a text and on the past; tables in and out; deleted rules brought back."""

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.models import WordRule
from chatbot.rules.importing import COLUMNS, LineStatus, TableRefused, export_rules, import_rules, read_table
from sessions_app.models import Conversation, Customer, Message

LIST = "admin:chatbot_wordrule_changelist"


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x"))
    return client


def page(name: str) -> str:
    return f"{reverse(LIST)}{name}/"


def make(pattern: str, **more: object) -> WordRule:
    return WordRule.objects.create(**{"pattern": pattern, "action": "review", **more})


def past(*texts: str, author: str = "customer", days: float = 1.0) -> Conversation:
    customer, _ = Customer.objects.get_or_create(workspace="w", external_id="c")
    conversation, _ = Conversation.objects.get_or_create(workspace="w", external_id="1", customer=customer)
    for text in texts:
        number = Message.objects.count()
        Message.objects.create(
            conversation=conversation, external_id=str(number), author=author, text=text,
            sent_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
    return conversation


# Try it ---------------------------------------------------------------------------------------------------------------


def test_all_rules_are_tried_on_a_pasted_text_and_the_winner_is_explained(staff: Client) -> None:
    make("refund", action="review")
    make("lawyer", action="block", reply="Write to our legal team.", priority=5)
    make("off", is_on=False)
    answer = staff.post(
        page("try"), {"what": "text", "scope": "incoming", "text": "My l a w y e r wants a <b>refund</b>, off"}
    ).content.decode()
    assert "<mark" in answer
    assert "l a w y e r" in answer
    assert "spaced out, or with signs between" in answer
    assert "Its priority number is the smallest." in answer
    assert "Write to our legal team." in answer
    assert "<b>refund</b>" not in answer
    assert "2 rules are in force." in answer


def test_a_rule_is_tried_before_it_is_saved_and_a_bad_one_says_why(staff: Client) -> None:
    address = reverse("admin:chatbot_wordrule_try_one")
    form = {"pattern": "chargeback", "kind": "literal", "whole_word": "on", "scope": "both", "action": "mask"}
    answer = staff.post(address, {**form, "what": "text", "text": "a сhargeback, now"}).content.decode()
    assert "with look-alike letters" in answer
    assert "a ••••, now" in answer
    refused = staff.post(address, {**form, "kind": "expression", "pattern": "(?=a)", "what": "text", "text": "a"})
    assert "Look-ahead" in refused.content.decode()
    assert not WordRule.objects.exists()


def test_the_past_shows_how_many_messages_would_have_matched_with_examples(staff: Client) -> None:
    past("I want a refund", "hello", "r e f u n d please")
    past("You get a refund.", author="bot")
    past("an old refund", days=40)
    past("a colleague's refund", author="teammate")
    form = {"pattern": "refund", "kind": "literal", "whole_word": "on", "scope": "incoming", "action": "review"}
    answer = staff.post(reverse("admin:chatbot_wordrule_try_one"), {**form, "what": "past"}).content.decode()
    assert "<strong>2</strong>" in answer
    assert "of 4 messages" in answer
    assert "<mark>r e f u n d</mark>" in answer
    make("hello")
    assert "<strong>1</strong>" in staff.post(page("try"), {"what": "past", "scope": "incoming"}).content.decode()


def test_trying_needs_the_right_to_look(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("jun", password="x", is_staff=True))
    assert client.post(reverse("admin:chatbot_wordrule_try_one"), {}).status_code == 403
    for name in ("try", "import", "deleted", "export"):
        assert client.get(page(name)).status_code == 403


# Tables ---------------------------------------------------------------------------------------------------------------


def table(*rows: dict[str, str]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    written = io.StringIO()
    writer = csv.DictWriter(written, names)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


GOOD = {"pattern": "refund", "action": "review"}


def test_a_file_is_looked_at_first_and_then_imported(staff: Client) -> None:
    content = table(
        GOOD, {"pattern": "(((", "action": "mask", "kind": "regex"}, {"pattern": "敏感", "action": "explode"}
    )
    looked = staff.post(page("import"), {"step": "look", "file": SimpleUploadedFile("r.csv", content)})
    text = looked.content.decode()
    assert "cannot be read" in text
    assert "explode" in text
    assert not WordRule.objects.exists()
    key = looked.context["key"]
    staff.post(page("import"), {"step": "do", "key": key})
    assert list(WordRule.objects.values_list("pattern", flat=True)) == ["refund"]
    assert WordRule.objects.get().history.get().history_user.username == "root"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({**GOOD, "pattern": ""}, "pattern"), ({**GOOD, "pattern": "x" * 300}, "pattern"),
        ({**GOOD, "pattern": "a|", "kind": "regex"}, "pattern"), ({**GOOD, "kind": "magic"}, "kind"),
        ({**GOOD, "action": ""}, "action"), ({**GOOD, "action": "block"}, "reply"),
        ({**GOOD, "action": "tag"}, "category"),
        ({**GOOD, "scope": "sideways"}, "scope"), ({**GOOD, "severity": "99"}, "severity"),
        ({**GOOD, "priority": "-1"}, "priority"), ({**GOOD, "priority": "9" * 30}, "priority"),
        ({**GOOD, "active_from": "tomorrow"}, "active_from"), ({**GOOD, "owner": "nobody"}, "owner"),
        ({**GOOD, "whole_word": "perhaps"}, "whole_word"), ({**GOOD, "is_on": "perhaps"}, "is_on"),
        ({**GOOD, "active_from": "2026-12-02", "active_to": "2026-12-01"}, "active_to"),
        ({**GOOD, "language": "x" * 30}, "language"),
    ],
)  # fmt: skip
def test_a_bad_line_is_refused_with_its_column_and_the_others_are_taken(row: dict[str, str], column: str) -> None:
    report = import_rules(table({**GOOD, "pattern": "fine"}, row), user=None, is_trial=False)
    assert [line.status for line in report.lines] == [LineStatus.NEW, LineStatus.REFUSED]
    assert column in report.lines[1].problems
    assert report.lines[1].number == 3
    assert WordRule.objects.get().pattern == "fine"


@pytest.mark.django_db
def test_importing_again_changes_what_differs_and_only_that() -> None:
    import_rules(table({**GOOD, "note": "old"}, {**GOOD, "pattern": "same"}), user=None, is_trial=False)
    WordRule.objects.filter(pattern="refund").update(priority=7)
    report = import_rules(
        table({**GOOD, "note": "new"}, {**GOOD, "pattern": "same", "note": ""}, {**GOOD, "note": "twice"}),
        user=None,
        is_trial=False,
    )
    assert [line.status for line in report.lines] == [LineStatus.CHANGED, LineStatus.SAME, LineStatus.REFUSED]
    rule = WordRule.objects.get(pattern="refund")
    assert (rule.note, rule.priority, rule.history.count()) == ("new", 7, 2)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("pattern,action\n退款,审核\n".encode("gb18030"), "not UTF-8"),
        ("pattern,action\n退款,mask\n".encode("utf-16"), "not UTF-8"),
        (b"PK\x03\x04\x00\x00", "NUL"),
        (b"word,what\na,b\n", "column “pattern” is missing"),
        (b"pattern,action,colour\na,mask,red\n", "No such column: colour"),
        (b"", "missing"),
    ],
)
def test_a_file_that_is_no_table_of_rules_is_refused_as_a_whole(content: bytes, says: str) -> None:
    with pytest.raises(TableRefused, match=says):
        import_rules(content, user=None, is_trial=False)


@pytest.mark.django_db
def test_ten_thousand_rules_come_in_one_file_and_leave_in_one() -> None:
    rows = [{**GOOD, "pattern": f"word {number}", "group": "list"} for number in range(10_000)]
    report = import_rules(table(*rows), user=None, is_trial=False)
    assert report.count(LineStatus.NEW) == WordRule.objects.count() == WordRule.history.count() == 10_000
    exported = "".join(export_rules(WordRule.objects.select_related("owner", "group").order_by("pk"))).encode()
    again = import_rules(exported, user=None, is_trial=False)
    assert again.count(LineStatus.SAME) == 10_000


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=20)
AWKWARD = st.sampled_from(["=1+1", "@a", "'x", "-", "a,b", 'say "no"', "two\nlines", "'=x"])


@given(st.lists(st.tuples(CELLS, AWKWARD), max_size=6))
@settings(max_examples=40)
def test_an_exported_cell_is_read_back_as_it_was(cells: list[tuple[str, str]]) -> None:
    rules = [WordRule(pattern=pattern.strip() or "x", note=note, action="mask") for pattern, note in cells]
    rows = list(read_table("".join(export_rules(rules)).encode()))
    assert [(row["pattern"], row["note"]) for _, row in rows] == [(rule.pattern, rule.note) for rule in rules]


def test_the_table_is_downloaded_with_every_column(staff: Client) -> None:
    make("refund", note="=SUM(A1)")
    answer = staff.get(page("export"))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[union-attr]
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert "'=SUM(A1)" in text


# Deleted rules --------------------------------------------------------------------------------------------------------


def test_a_deleted_rule_is_listed_and_comes_back_as_it_was(staff: Client) -> None:
    rule = make("refund", note="since June")
    key = rule.pk
    rule.delete()
    listed = staff.get(page("deleted"))
    assert "refund" in listed.content.decode()
    row = listed.context["rows"][0]
    staff.post(page("deleted"), {"row": row.history_id})
    back = WordRule.objects.get()
    assert (back.pk, back.note) == (key, "since June")
    assert staff.get(page("deleted")).context["rows"] == []
