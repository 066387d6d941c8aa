"""An item is stored whole or not at all, once however often it comes, and never over what people changed here."""

import pytest
from django.db import DatabaseError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from knowledge.importing.drafts import ArticleDraft, ImportOptions, Problem, parse_article
from knowledge.importing.running import import_items
from knowledge.importing.storing import Importer, Outcome, Stored, archive, settle, store_draft
from knowledge.models import Article, ArticleSource, Collection

pytestmark = pytest.mark.django_db

IMPORTER = Importer(reason="imported from a test")
REFUNDS = {"id": "refunds", "title": "Refunds", "body": "You get your money back within thirty days of the purchase."}


def draft(**changes: object) -> ArticleDraft:
    return parse_article(REFUNDS | changes, ImportOptions(collection="help"), place="refunds.md")


def store(overwrite: bool = False, origin: str = "files/help", **changes: object) -> Stored:
    return store_draft(draft(**changes), origin=origin, importer=IMPORTER, overwrite=overwrite)


def edit(**changes: object) -> None:
    """What a person does in the admin."""
    article = Article.objects.get()
    for name, value in changes.items():
        setattr(article, name, value)
    article.save()


def article() -> Article:
    return Article.objects.get()


def test_the_same_item_again_is_not_written() -> None:
    assert store().outcome is Outcome.CREATED
    before = article().updated_at
    assert store().outcome is Outcome.UNCHANGED
    assert article().updated_at == before and article().language == "en"


def test_what_changed_only_there_is_taken_over() -> None:
    store()
    assert store(body="You get your money back within fourteen days.").outcome is Outcome.UPDATED
    assert "fourteen" in article().body


def test_what_changed_only_here_is_kept() -> None:
    store()
    edit(body="Ours.", status="archived", audience_tiers=["gold"], language="de")
    assert store().outcome is Outcome.UNCHANGED
    assert (article().body, article().status, article().audience_tiers) == ("Ours.", "archived", ["gold"])


def test_changes_to_different_fields_are_joined() -> None:
    store()
    edit(audience_tiers=["gold"], language="de")
    assert store(body="You get your money back within fourteen days.").outcome is Outcome.UPDATED
    assert (article().audience_tiers, article().language) == (["gold"], "de")


def test_what_changed_on_both_sides_is_a_conflict_and_nothing_is_written() -> None:
    store()
    edit(body="Ours.")
    assert store(body="Theirs.", title="Money back") == Stored(
        article_id=article().pk, outcome=Outcome.CONFLICT, fields=("body",)
    )
    assert (article().title, article().body) == ("Refunds", "Ours.")
    assert article().source.theirs["body"] == "Theirs."


def test_a_conflict_stays_until_people_decide_and_then_is_over() -> None:
    store()
    edit(body="Ours.")
    store(body="Theirs.")
    assert store(body="Theirs.").outcome is Outcome.CONFLICT
    settle(ArticleSource.objects.get(), take_theirs=False, importer=IMPORTER)
    assert store(body="Theirs.").outcome is Outcome.UNCHANGED and article().body == "Ours."
    assert store(body="Theirs again.").outcome is Outcome.CONFLICT
    settle(ArticleSource.objects.get(), take_theirs=True, importer=IMPORTER)
    assert store(body="Theirs again.").outcome is Outcome.UNCHANGED and article().body == "Theirs again."


def test_taking_theirs_leaves_what_was_changed_only_here() -> None:
    store()
    edit(body="Ours.", audience_tiers=["gold"])
    store(body="Theirs.")
    settle(ArticleSource.objects.get(), take_theirs=True, importer=IMPORTER)
    assert (article().body, article().audience_tiers) == ("Theirs.", ["gold"])


def test_a_conflict_ends_by_itself_when_both_sides_say_the_same() -> None:
    store()
    edit(body="Ours.")
    store(body="Theirs.")
    edit(body="Theirs.")
    assert store(body="Theirs.").outcome is Outcome.UNCHANGED
    assert article().source.theirs is None


def test_an_article_written_by_hand_is_not_overwritten_by_one_of_its_name() -> None:
    shelf = Collection.objects.create(name="help")
    Article.objects.create(collection=shelf, external_id="refunds", title="Refunds", body="By hand.", language="en")
    assert store().outcome is Outcome.CONFLICT and article().body == "By hand."
    assert store(overwrite=True).outcome is Outcome.UPDATED and article().body == REFUNDS["body"]


def test_an_article_that_people_moved_and_renamed_is_still_the_same() -> None:
    store()
    edit(collection=Collection.objects.create(name="other"), external_id="money-back")
    assert store(body="You get it back within fourteen days.").outcome is Outcome.UPDATED
    assert (article().collection.name, article().external_id) == ("other", "money-back")


def test_two_sources_do_not_share_an_article() -> None:
    store()
    items = [draft(body="From elsewhere.")]
    ArticleSource.objects.update(origin="site/example.com")
    report = import_items(items, importer=IMPORTER)
    assert [(one.place, one.field) for one in report.problems] == [("refunds.md", "id")]
    assert article().body == REFUNDS["body"]


def test_archiving_wins_over_hand_edits_and_coming_back_publishes_again() -> None:
    store()
    edit(body="Ours.")
    assert archive(ArticleSource.objects.get(), importer=IMPORTER) is True
    assert archive(ArticleSource.objects.get(), importer=IMPORTER) is False
    assert article().status == "archived"
    assert store().outcome is Outcome.UPDATED and (article().status, article().body) == ("published", "Ours.")


def test_two_items_of_one_id_in_one_import_are_told() -> None:
    second = parse_article(REFUNDS | {"body": "Other."}, ImportOptions(collection="help"), place="copy.md")
    report = import_items([draft(), second], importer=IMPORTER)
    assert report.created == 1 and article().body == REFUNDS["body"]
    assert [(one.place, one.field) for one in report.problems] == [("copy.md", "id")]
    assert "refunds.md" in report.problems[0].problem


def test_the_history_says_that_an_import_wrote_it(admin_user) -> None:
    store_draft(draft(), origin="files/help", importer=Importer(reason="imported from a.zip", user=admin_user))
    version = article().history.get()
    assert (version.history_user, version.history_change_reason) == (admin_user, "imported from a.zip")


def test_an_item_that_fails_half_way_leaves_nothing(monkeypatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr("knowledge.importing.storing._remember", broken)
    with pytest.raises(DatabaseError):
        store()
    assert not Article.objects.exists() and not Collection.objects.exists()
    assert not Article.history.exists()


TEXTS = st.text(max_size=40)


class AnyItemTests(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(item=st.fixed_dictionaries({"id": TEXTS, "title": TEXTS, "body": TEXTS}, optional={"language": TEXTS}))
    def test_any_texts_are_stored_as_they_are_or_refused(self, item: dict[str, str]) -> None:
        from knowledge.importing.drafts import FoundArticle, checked

        read = checked(FoundArticle(fields=item, place="x"), ImportOptions(collection="any"))
        report = import_items([read], importer=IMPORTER)
        assert report.created + len(report.problems) == 1
        if not isinstance(read, Problem):
            stored = Article.objects.get(pk=report.article_ids[0])
            assert (stored.title, stored.body) == (read.title, read.body)
            assert import_items([read], importer=IMPORTER).unchanged == 1

    @settings(max_examples=60, deadline=None)
    @given(
        steps=st.lists(
            st.one_of(
                st.tuples(st.just("there"), st.sampled_from(["a", "b", "c"])),
                st.tuples(st.just("here"), st.sampled_from(["a", "b", "c"])),
            ),
            max_size=8,
        )
    )
    def test_hand_edits_survive_any_order_of_changes(self, steps: list[tuple[str, str]]) -> None:
        """An import writes only over what an import wrote."""
        store()
        imported, by_hand = REFUNDS["body"], ""
        for side, body in steps:
            if side == "here":
                edit(body=body)
                by_hand = body if body != imported else ""
            else:
                outcome = store(body=body).outcome
                imported = imported if outcome is Outcome.CONFLICT else body
                by_hand = "" if by_hand == body else by_hand
            if by_hand:
                assert article().body == by_hand
