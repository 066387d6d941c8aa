"""Staff who work in Chinese see no English word of ours, and no text with a hole in it."""

from tests.unit.docs.translations import compiled, placeholders, po_entries, source_texts

CURE = (
    "run `manage.py makemessages -l zh_Hans --no-wrap --no-location --ignore '.venv/*' --ignore 'tests/*'`, translate, "
    "then `msgfmt -o django.mo django.po` in locale/zh_Hans/LC_MESSAGES"
)


def test_every_text_of_code_and_templates_stands_in_the_catalogue() -> None:
    known = {entry.source for entry in po_entries()}
    missing = {text: path for text, path in source_texts().items() if text not in known}
    assert not missing, f"not in django.po: {missing}; {CURE}"


def test_the_scan_reads_code_and_templates() -> None:
    """Else the test above would be content with nothing."""
    texts = source_texts()
    assert texts["No article answers this."].startswith("chatbot/")
    assert texts["Nothing waits for review."].startswith("templates/")
    assert "%(counter)s attachment" in texts
    assert "%d article changed." in texts


def test_every_entry_has_a_translation() -> None:
    assert [entry.source for entry in po_entries() if not entry.translation.strip()] == []


def test_no_entry_is_left_of_a_text_that_is_gone() -> None:
    texts = source_texts()
    assert [entry.source for entry in po_entries() if entry.source not in texts] == []


def test_placeholders_survive_translation() -> None:
    for entry in po_entries():
        wanted = placeholders(entry.plural or entry.source)
        assert placeholders(entry.translation) == wanted, entry.source


def test_sentences_end_as_sentences() -> None:
    for entry in po_entries():
        if entry.source.endswith((".", "?", "!")) and not entry.source.endswith("..."):
            assert entry.translation.endswith(("。", "？", "！")), entry.source


def test_the_compiled_catalogue_says_what_the_readable_one_says() -> None:
    catalogue = compiled()
    for entry in po_entries():
        found = catalogue.ngettext(entry.source, entry.plural, 2) if entry.plural else catalogue.gettext(entry.source)
        assert found == entry.translation, f"{entry.source!r} differs in django.mo; {CURE}"
    sources = {key[0] if isinstance(key, tuple) else key for key in catalogue._catalog if key}  # type: ignore[attr-defined]
    assert sources == {entry.source for entry in po_entries()}
