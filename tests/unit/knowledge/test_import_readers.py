"""Each kind of file becomes drafts; each broken one becomes a problem with its place and its cure."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knowledge.errors import FileUnreadable
from knowledge.importing.conversion import CONVERTERS, convert
from knowledge.importing.converter import Converter
from knowledge.importing.drafts import ArticleDraft, ImportOptions, Problem, ReadItem
from knowledge.importing.files import ENDINGS, read_path
from tests.unit.knowledge.documents import docx, pdf, zipped


@pytest.fixture(scope="module")
def converter() -> Iterator[Converter]:
    with Converter() as started:
        yield started


def read(path: Path, converter: Converter, **options: object) -> list[ReadItem]:
    return list(read_path(path, ImportOptions(**options), converter))


def one(tmp_path: Path, converter: Converter, name: str, content: str | bytes, **options: object) -> ReadItem:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    items = read(file, converter, **options)
    assert len(items) == 1, items
    return items[0]


def draft(*arguments: object, **options: object) -> ArticleDraft:
    item = one(*arguments, **options)
    assert isinstance(item, ArticleDraft), item
    return item


def problem(*arguments: object, **options: object) -> Problem:
    item = one(*arguments, **options)
    assert isinstance(item, Problem), item
    return item


# Markdown ---------------------------------------------------------------------------------------------------------


def test_front_matter_says_what_an_article_is(tmp_path, converter) -> None:
    text = (
        "---\nid: refunds\ntitle: Refunds\nlanguage: de\nurl: https://example.com/refunds\ntiers: [gold, pro]\n"
        "visibility: internal\nauthor: somebody\n---\n# Refunds\n\nWithin **30 days**.\n"
    )
    found = draft(tmp_path, converter, "a.md", text)
    assert (found.external_id, found.title, found.language) == ("refunds", "Refunds", "de")
    assert found.url == "https://example.com/refunds"
    assert (found.audience_tiers, found.visibility, found.body) == (("gold", "pro"), "internal", "Within **30 days**.")


def test_without_front_matter_the_heading_is_the_title_and_the_path_the_id(tmp_path, converter) -> None:
    folder = tmp_path / "docs"
    (folder / "guide").mkdir(parents=True)
    (folder / "guide" / "first-steps.md").write_text("# First things\n\nPlug it in.")
    (folder / "guide" / "no-heading.md").write_text("Just words.")
    (folder / "guide" / "picture.png").write_bytes(b"\x89PNG")
    found = read(folder, converter)
    assert [(item.external_id, item.title, item.body) for item in found] == [
        ("guide/first-steps.md", "First things", "Plug it in."),
        ("guide/no-heading.md", "No heading", "Just words."),
    ]


def test_a_broken_front_matter_is_told_with_its_line(tmp_path, converter) -> None:
    found = problem(tmp_path, converter, "a.md", "---\ntitle: [open\nid: 1\n---\nwords")
    assert found.place == "a.md" and "front matter" in found.problem and "line" in found.problem


def test_what_the_item_says_wins_over_the_wishes_of_the_person(tmp_path, converter) -> None:
    wishes = {"status": "draft", "visibility": "internal", "language": "fr", "tiers": ("pro",), "collection": "Help"}
    said = "---\nstatus: published\nvisibility: public\nlanguage: de\ntiers: [gold]\ncollection: Other\n---\nWords"
    found = draft(tmp_path, converter, "a.md", said, **wishes)
    assert (found.status, found.visibility, found.language) == ("published", "public", "de")
    assert (found.audience_tiers, found.collection) == (("gold",), "Help")
    silent = draft(tmp_path, converter, "b.md", "Words", **wishes)
    assert (silent.status, silent.visibility, silent.language) == ("draft", "internal", "fr")
    assert (silent.audience_tiers, silent.collection) == (("pro",), "Help")


# HTML -------------------------------------------------------------------------------------------------------------

PAGE = """<!doctype html><html lang="fr"><head><title>Site &amp; co</title>
<link rel="canonical" href="https://example.com/retours"></head><body><nav>Menu</nav><main><h1>Retours</h1>
<p>Sous <b>30 jours</b>. <a href="/contact">Contact</a> <a href="javascript:x()">non</a></p>
<ul><li>un</li><li>deux</li></ul><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
<script>alert(1)</script></main><footer>Pied</footer></body></html>"""


def test_html_becomes_markdown_of_its_main_part(tmp_path, converter) -> None:
    found = draft(tmp_path, converter, "retours.html", PAGE)
    assert (found.title, found.language, found.url) == ("Retours", "fr", "https://example.com/retours")
    assert "Sous **30 jours**." in found.body and "- un\n- deux" in found.body and "| 1 | 2 |" in found.body
    assert not any(word in found.body for word in ("Menu", "Pied", "alert", "javascript"))


def test_html_is_read_in_the_encoding_that_it_declares(tmp_path, converter) -> None:
    text = '<html><head><meta charset="iso-8859-1"></head><body><p>Größe</p></body></html>'
    assert draft(tmp_path, converter, "a.html", text.encode("latin-1")).body == "Größe"


def test_a_page_without_landmarks_is_judged() -> None:
    words = "".join(
        f"<p>Descale the kettle every month with vinegar, step number {number}.</p>" for number in range(12)
    )
    menu = "".join(f"<li><a href='/{number}'>Menu {number}</a></li>" for number in range(30))
    page = (
        f"<html><head><title>Descaling</title></head><body><div><ul>{menu}</ul></div><div>{words}</div></body></html>"
    )
    found = convert("page", page.encode(), url="https://example.com/descaling", charset="")
    assert found.title == "Descaling"
    assert "step number 11" in found.markdown and "Menu 3" not in found.markdown


# CSV --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_each_row_of_a_table_is_an_article(tmp_path, converter, mark: str) -> None:
    rows = [
        ["id", "title", "body", "tiers"],
        ["1", "Refunds", '"Within\n30 days."', "gold|pro"],
        ["2", "Returns", "Free.", ""],
    ]
    (tmp_path / "faq.csv").write_text("\n".join(mark.join(row) for row in rows))
    first, second = read(tmp_path / "faq.csv", converter)
    assert (first.external_id, first.body, first.audience_tiers) == ("1", "Within\n30 days.", ("gold", "pro"))
    assert (second.title, second.audience_tiers, second.place) == ("Returns", (), "faq.csv row 3")


def test_questions_and_answers_need_no_ids(tmp_path, converter) -> None:
    (tmp_path / "faq.csv").write_text("\ufeffQuestion,Answer\nWhere?,Here.\n,nothing\n")
    first, second = read(tmp_path / "faq.csv", converter)
    assert (first.external_id, first.title, first.body) == ("Where?", "Where?", "Here.")
    assert isinstance(second, Problem) and second.place == "faq.csv row 3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,text\na,b", "must name the columns"),
        ("title,title,body\na,b,c", "title twice"),
        ('title,body\na,"open', "is not CSV"),
        ("title,body\na,b,c", "3 cells for 2 columns"),
        ("title,body,audience\na,b,gold", "must be JSON"),
    ],
)
def test_a_broken_table_is_told(tmp_path, converter, text: str, words: str) -> None:
    assert words in problem(tmp_path, converter, "faq.csv", text).problem


# PDF and DOCX -----------------------------------------------------------------------------------------------------


def test_a_pdf_keeps_its_page_numbers(tmp_path, converter) -> None:
    content = pdf([["Descale it."], [], ["Fill the tank."]], title="Kettle manual", outline={2: "Filling"})
    found = draft(tmp_path, converter, "kettle.pdf", content, base_url="https://example.com/manuals/")
    assert (found.title, found.url) == ("Kettle manual", "https://example.com/manuals/kettle.pdf")
    assert found.body == "## Page 1\n\nDescale it.\n\n## Page 3: Filling\n\nFill the tank."


def test_running_heads_and_cut_words_of_a_pdf_are_mended(tmp_path, converter) -> None:
    pages = [["Kettle K2", "Use vine-", f"gar number {number}.", f"Page {number} of 5"] for number in range(1, 6)]
    body = draft(tmp_path, converter, "k.pdf", pdf(pages)).body
    assert "Kettle K2" not in body and "of 5" not in body and "Use vinegar" in body


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pdf([["secret"]], password="x"), "password"),
        (pdf([[], []]), "holds no text"),
        (pdf([["words"]])[:200], "is damaged"),
        (b"%PDF-1.7\nnonsense", "is damaged"),
    ],
    ids=["locked", "pictures only", "cut", "nonsense"],
)
def test_a_pdf_that_cannot_be_read_is_told_with_its_cure(tmp_path, converter, content: bytes, words: str) -> None:
    found = problem(tmp_path, converter, "a.pdf", content)
    assert found.place == "a.pdf" and words in found.problem


def test_a_word_document_keeps_its_headings(tmp_path, converter) -> None:
    content = docx([("Heading1", "Returns"), ("", "Within 30 days."), ("Heading2", "How"), ("", "By post.")])
    found = draft(tmp_path, converter, "returns.docx", content)
    assert (found.title, found.body) == ("Returns", "Within 30 days.\n\n## How\n\nBy post.")


def test_an_old_word_file_says_how_to_save_it(tmp_path, converter) -> None:
    assert ".docx" in problem(tmp_path, converter, "a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").problem


# What any file may do ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [ending for ending in ENDINGS if ending not in (".zip", ".docx", ".pdf")])
def test_an_empty_file_is_told(tmp_path, converter, ending: str) -> None:
    assert problem(tmp_path, converter, f"a{ending}", b" \n\0").problem == "is empty"


def test_a_wrong_encoding_is_told_with_its_line(tmp_path, converter) -> None:
    found = problem(tmp_path, converter, "a.md", "one\ntwo\nGröße".encode("latin-1"))
    assert "UTF-8" in found.problem and "line 3" in found.problem


def test_utf_16_with_its_mark_is_read(tmp_path, converter) -> None:
    assert draft(tmp_path, converter, "a.txt", "Größe 尺寸".encode("utf-16")).body == "Größe 尺寸"


def test_content_wins_over_a_wrong_ending(tmp_path, converter) -> None:
    assert draft(tmp_path, converter, "a.txt", pdf([["Words."]])).body == "## Page 1\n\nWords."
    assert draft(tmp_path, converter, "b", docx([("", "Words.")])).body == "Words."
    assert "holds something else" in problem(tmp_path, converter, "c.pdf", "no pdf").problem
    assert "is of a kind" in problem(tmp_path, converter, "d.exe", b"MZ\x90").problem


def test_ten_megabytes_are_told_and_not_stored(tmp_path, converter) -> None:
    found = problem(tmp_path, converter, "a.md", "word " * 2_000_000)
    assert (found.field, found.problem) == (
        "body",
        "has 10000000 characters; at most 2000000 are allowed; split the article",
    )


def test_a_line_over_the_limit_is_told_and_the_next_is_read(tmp_path, converter, monkeypatch) -> None:
    monkeypatch.setattr("knowledge.importing.json_lines.LINE_MAX_BYTES", 1_000)
    (tmp_path / "a.jsonl").write_bytes(b'{"id": "1", "body": "' + b"x" * 5_000 + b'"}\n{"id": "2", "title": "T"}\n')
    first, second = read(tmp_path / "a.jsonl", converter)
    assert isinstance(first, Problem) and "more than 1000 bytes" in first.problem
    assert (second.external_id, second.place) == ("2", "a.jsonl line 2")


def test_fifty_thousand_headings_are_read(tmp_path, converter) -> None:
    assert draft(tmp_path, converter, "a.md", "## Heading\ntext\n" * 50_000).body.count("## Heading") == 50_000


def test_deep_nesting_is_told(tmp_path, converter) -> None:
    assert "nested too deeply" in problem(tmp_path, converter, "a.html", "<div>" * 5_000 + "x").problem


def test_a_document_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    with Converter(seconds=0.001) as hurried:
        with pytest.raises(FileUnreadable, match="takes longer"):
            hurried.convert("html", b"<p>words</p>" * 100_000)
        hurried._seconds = 60.0
        assert hurried.convert("html", b"<p>words</p>").markdown == "words"


def test_a_reader_that_dies_takes_one_file_with_it() -> None:
    with Converter() as started:
        started.convert("html", b"<p>words</p>")
        started._process.kill()
        started._process.wait()
        with pytest.raises(FileUnreadable):
            started.convert("html", b"<p>words</p>")
        assert started.convert("html", b"<p>words</p>").markdown == "words"


def test_readers_do_not_see_our_secrets(monkeypatch) -> None:
    monkeypatch.setenv("INTERCOM_TOKEN", "secret-token")
    with Converter() as started:
        started.convert("html", b"<p>words</p>")
        environment = Path(f"/proc/{started._process.pid}/environ")
        if not environment.exists():
            pytest.skip("no /proc here: nobody looked at the environment of the reader")
        assert b"secret-token" not in environment.read_bytes()


# Archives ---------------------------------------------------------------------------------------------------------


def test_a_packed_folder_gives_the_ids_of_the_folder(tmp_path, converter) -> None:
    (tmp_path / "docs.zip").write_bytes(
        zipped({"docs/a.md": "# A\nx", "docs/in/b.html": "<p>y</p>", "docs/p.png": b"x"})
    )
    found = read(tmp_path / "docs.zip", converter)
    assert [(item.external_id, item.place) for item in found] == [
        ("a.md", "docs.zip › docs/a.md"),
        ("in/b.html", "docs.zip › docs/in/b.html"),
    ]


def test_tricks_in_an_archive_are_refused_one_by_one(tmp_path, converter) -> None:
    link = zipfile.ZipInfo("link.md")
    link.external_attr = 0o120777 << 16
    files = {
        "../../etc/evil.md": "x",
        "/abs.md": "x",
        "C:/win.md": "x",
        "in.zip": zipped({"a.md": "x"}),
        "ok.md": "# OK\nx",
    }
    path = tmp_path / "tricks.zip"
    path.write_bytes(zipped(files))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    found = {item.place.split(" › ")[1]: item for item in read(path, converter)}
    assert isinstance(found.pop("ok.md"), ArticleDraft)
    assert {name: item.problem.split(";")[0] for name, item in found.items()} == {
        "../../etc/evil.md": "has a name that leads out of the archive",
        "/abs.md": "has a name that leads out of the archive",
        "C:/win.md": "has a name that leads out of the archive",
        "in.zip": "is an archive inside an archive",
        "link.md": "is a link to another file",
    }


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, converter, monkeypatch) -> None:
    monkeypatch.setattr("knowledge.importing.archives.MEMBER_MAX_BYTES", 1_000_000)
    found = problem(
        tmp_path,
        converter,
        "bomb.zip",
        zipped(
            {
                "bomb.md": b"0" * 1_000_001,
            }
        ),
    )
    assert "unpacks to 1000001 bytes" in found.problem
    monkeypatch.setattr("knowledge.importing.archives.ARCHIVE_MAX_BYTES", 100)
    assert "unpacks to" in problem(tmp_path, converter, "b.zip", zipped({"a.md": b"0" * 101})).problem


def test_a_damaged_member_spoils_only_itself(tmp_path, converter) -> None:
    content = bytearray(zipped({"a.md": "# A\n" + "good words " * 50, "b.md": "# B\nfine"}))
    content[40] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(content)
    first, second = read(tmp_path / "a.zip", converter)
    assert isinstance(first, Problem) and "a.md" in first.place and isinstance(second, ArticleDraft)


# Any bytes --------------------------------------------------------------------------------------------------------

_SEEDS = [
    pdf([["words"]], outline={0: "x"}),
    docx([("Heading1", "T"), ("", "words")]),
    zipped({"a.md": "# A\nx"}),
    PAGE.encode(),
]


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A real document with some of its bytes changed or cut."""
    content = bytearray(draw(st.sampled_from(_SEEDS)))
    for place, byte in draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=8)):
        content[place] = byte
    return bytes(content[: draw(st.integers(1, len(content)))])


class InProcess(Converter):
    """The same readers, without a process for each of thousands of examples."""

    def convert(self, kind, data, *, url="", charset=""):
        return convert(kind, data, url=url, charset=charset)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ending=st.sampled_from([*ENDINGS, ""]),
    content=st.one_of(
        st.binary(max_size=300), broken(), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
    ),
)
@example(ending=".md", content=b"---\n!!timestamp x\n---\n")
@example(ending=".md", content=b"---\na: !!int ''\n---\n")
@example(ending=".csv", content=b'title,body\n"')
@example(ending=".jsonl", content=b"[" * 5_000)
@example(ending=".jsonl", content=b"9" * 5_000)
@example(ending=".html", content=b'<meta charset="idna">\xff')
@example(ending=".html", content=b'<meta charset="base64">abc')
def test_any_bytes_become_drafts_or_problems_and_no_exception(tmp_path, ending: str, content: bytes) -> None:
    file = tmp_path / f"file{ending}"
    file.write_bytes(content)
    for item in read(file, InProcess()):
        if isinstance(item, ArticleDraft):
            assert item.external_id and item.title and "\0" not in item.title + item.body
            assert len(item.title) <= 500 and len(item.body) <= 2_000_000
        else:
            assert item.place and item.field and item.problem


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(CONVERTERS)), data=st.one_of(st.binary(max_size=200), broken()))
def test_no_document_makes_a_converter_raise_anything_else(kind: str, data: bytes) -> None:
    try:
        assert isinstance(convert(kind, data, url="https://example.com/a", charset="").markdown, str)
    except FileUnreadable as error:
        assert str(error)
