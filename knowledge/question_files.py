"""Evaluation sets as CSV: out to a spreadsheet, and in again without duplicates."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count
from django.utils.translation import gettext as _

from knowledge.audience import Audience
from knowledge.errors import FileUnreadable, QuestionRefused
from knowledge.models import Article, KnownQuestion, QuestionSet
from knowledge.question_sets import add_question

#: Bytes of one file, and lines of it.
FILE_MAX_BYTES: Final = 20_000_000
LINES_MOST: Final = 50_000
COLUMNS: Final = ("question", "earlier", "language", "tier", "attributes", "expects", "articles", "points")
#: Between the name of a collection and an article's id, where the id alone is not clear.
_IN: Final = " > "


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    line: int  #: of the file, the heading is 1
    field: str
    problem: str  #: what is wrong and how to cure it


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionsRead:
    added: int
    known: int  #: were in the set already; their articles and points were completed
    refused: tuple[RefusedLine, ...]


def read_questions(question_set: QuestionSet, content: bytes) -> QuestionsRead:
    """Adds the file's questions to the set; a line that cannot be used is refused alone.

    Only `question` is needed of COLUMNS. Read twice, the file adds nothing. Raises `FileUnreadable`.
    """
    known_ids = _articles_by_id()
    added = known = 0
    refused: list[RefusedLine] = []
    for line, row in _rows(content):
        try:
            added_now = _add(question_set, row, known_ids)
        except QuestionRefused as error:
            refused.append(RefusedLine(line=line, field=error.field, problem=error.problem))
            continue
        added, known = added + added_now, known + (not added_now)
    return QuestionsRead(added=added, known=known, refused=tuple(refused))


def write_questions(question_set: QuestionSet) -> Iterator[str]:
    """The set as CSV, line by line; `read_questions` reads it back."""
    unique = _unique_ids()
    buffer = io.StringIO()
    writer = csv.writer(buffer)

    def line(cells: Any) -> str:
        writer.writerow(cells)
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text

    yield line(COLUMNS)
    questions = question_set.questions.order_by("pk").prefetch_related("articles__collection")
    for row in questions.iterator(chunk_size=500):
        articles = (
            one.external_id if one.external_id in unique else f"{one.collection.name}{_IN}{one.external_id}"
            for one in row.articles.all()
        )
        yield line(
            (
                _cell(row.question),
                _cell(row.earlier),
                row.language,
                _cell(row.tier),
                "\n".join(f"{name} = {text}" for name, text in sorted(row.attributes.items())),
                row.expects,
                "\n".join(sorted(articles)),
                _cell("\n".join(row.points)),
            )
        )


def _cell(text: str) -> str:
    """A spreadsheet takes a text that opens with such a sign for a formula, and may obey it."""
    return f"'{text}" if re.match(r"'*[=+\-@\t\r]", text) else text


def _text(cell: str) -> str:
    return cell[1:] if re.match(r"'+[=+\-@\t\r]", cell) else cell


def _rows(content: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    if len(content) > FILE_MAX_BYTES:
        raise FileUnreadable(_("is larger than %(count)d MB; cut it in two.") % {"count": FILE_MAX_BYTES // 1_000_000})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(_("is not UTF-8; save it as CSV in UTF-8.")) from error
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), strict=True)
    try:
        heading = [name.strip().casefold() for name in next(reader, [])]
        if "question" not in heading:
            raise FileUnreadable(
                _("has no column “question” in its first line; the columns are %(columns)s.")
                % {"columns": ", ".join(COLUMNS)}
            )
        line = 1
        for cells in reader:
            # A line with breaks inside its cells is known by where it begins.
            begins, line = line + 1, reader.line_num
            if begins > LINES_MOST:
                raise FileUnreadable(_("has more than %(count)d lines; cut it in two.") % {"count": LINES_MOST})
            if any(cell.strip() for cell in cells):
                yield begins, dict(zip(heading, map(_text, cells), strict=False))
    except csv.Error as error:
        raise FileUnreadable(_("cannot be read as CSV at line %(line)d.") % {"line": reader.line_num}) from error


def _add(question_set: QuestionSet, row: Mapping[str, str], known_ids: Mapping[str, list[int]]) -> bool:
    """Whether it is new. Raises `QuestionRefused`."""
    article_ids = [_article(name, known_ids) for name in _lines(row.get("articles", ""))]
    points = _lines(row.get("points", ""))
    _row, is_new = add_question(
        question_set,
        row.get("question", ""),
        earlier=row.get("earlier", ""),
        language=_language(row.get("language", "")),
        audience=Audience(tier=row.get("tier", "").strip() or None, attributes=_attributes(row.get("attributes", ""))),
        article_ids=article_ids,
        points=points,
        expects=_expects(row.get("expects", ""), is_known=bool(article_ids or points)),
    )
    return is_new


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]


def _language(cell: str) -> str:
    code = cell.strip().lower()
    if len(code) > 20 or not all(sign.isalnum() or sign == "-" for sign in code):
        raise QuestionRefused("language", _("“%(code)s” is no code such as en or zh-hans.") % {"code": code[:30]})
    return code


def _attributes(cell: str) -> dict[str, str]:
    found = {}
    for line in _lines(cell):
        name, equals, text = (part.strip() for part in line.partition("="))
        if not equals or not name or not text:
            raise QuestionRefused("attributes", _("Write one a line, such as: country = de."))
        found[name] = text
    return found


def _expects(cell: str, *, is_known: bool) -> KnownQuestion.Expects:
    word = cell.strip().lower()
    if not word:
        return KnownQuestion.Expects.ANSWER if is_known else KnownQuestion.Expects.OPEN
    if word not in KnownQuestion.Expects.values:
        raise QuestionRefused(
            "expects", _("Write one of: %(words)s.") % {"words": ", ".join(KnownQuestion.Expects.values)}
        )
    return KnownQuestion.Expects(word)


def _articles_by_id() -> dict[str, list[int]]:
    """By id, and by collection and id."""
    found: dict[str, list[int]] = {}
    rows = Article.objects.filter(collection__is_throw_away=False).order_by("pk")
    for number, name, collection in rows.values_list("pk", "external_id", "collection__name").iterator():
        found.setdefault(name, []).append(number)
        found.setdefault(f"{collection}{_IN}{name}", []).append(number)
    return found


def _unique_ids() -> set[str]:
    rows = Article.objects.filter(collection__is_throw_away=False).order_by().values("external_id")
    return set(rows.annotate(times=Count("pk")).filter(times=1).values_list("external_id", flat=True))


def _article(name: str, known: Mapping[str, list[int]]) -> int:
    found = known.get(name, [])
    if not found:
        raise QuestionRefused("articles", _("There is no article with the id “%(id)s”.") % {"id": name[:100]})
    if len(found) > 1:
        raise QuestionRefused(
            "articles",
            _("Several collections have an article “%(id)s”; write “Collection > id”.") % {"id": name[:100]},
        )
    return found[0]
