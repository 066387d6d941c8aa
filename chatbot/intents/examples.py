"""Examples come in: typed, pasted, from a file, or from a past message. Each line is judged and reported alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from chatbot.intents.labelled_files import FileUnusable, LabelledText, labelled_lines
from chatbot.models import Intent, IntentExample, Scenario
from chatbot.models.intent import EXAMPLE_CHARACTERS, check_intent_name, check_readable, example_key

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: A file larger than this is refused; 50,000 examples fit.
FILE_BYTES = 10 * 1024 * 1024
FILE_LINES = 50_000


class LineStatus(StrEnum):
    NEW = "new"
    KNOWN = "known"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    line: int
    text: str  #: shortened
    intent: str
    status: LineStatus
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    lines: tuple[LineReport, ...]
    new_intents: tuple[str, ...]

    def count(self, status: LineStatus) -> int:
        return sum(1 for line in self.lines if line.status == status)


def import_file(data: bytes, *, user: "User | None", is_trial: bool = False) -> ImportReport:
    """A CSV file with the columns `text` and `intent`. Raises `FileUnusable`; then nothing is stored."""
    if len(data) > FILE_BYTES:
        raise FileUnusable(_("the file is larger than 10 MB; split it"))
    rows: list[LabelledText] = []
    for row in labelled_lines(data):
        if len(rows) == FILE_LINES:
            raise FileUnusable(_("the file has more than 50,000 lines; split it"))
        rows.append(row)
    if not rows:
        raise FileUnusable(_("the file holds no line under its first one"))
    return add_examples(rows, user=user, source=IntentExample.Source.IMPORTED, is_trial=is_trial)


def pasted(text: str, intent: Intent) -> list[LabelledText]:
    """One example a line; empty lines count for nothing."""
    lines = enumerate(text.splitlines(), start=1)
    return [
        LabelledText(line=number, text=words.strip(), intent=intent.name) for number, words in lines if words.strip()
    ]


@transaction.atomic
def add_examples(
    rows: Sequence[LabelledText],
    *,
    user: "User | None",
    source: IntentExample.Source,
    is_trial: bool = False,
) -> ImportReport:
    """Stores the good lines in one transaction and says of every other why not. Unknown intents are made.

    The words of an example that another intent has already stay where they are: the line is refused.
    """
    intents = {intent.name: intent for intent in Intent.objects.all()}
    owners = _owners(rows)
    reports: list[LineReport] = []
    made: dict[str, Intent] = {}
    stored: list[IntentExample] = []
    for row in rows:
        name, text = " ".join(row.intent.split()), " ".join(row.text.split())
        key = example_key(text)
        why = _refusal(name, text, key)
        status = LineStatus.REFUSED
        if not why and key in owners:
            status = LineStatus.KNOWN if owners[key] == name else LineStatus.REFUSED
            why = "" if owners[key] == name else _("is an example of “%(intent)s” already") % {"intent": owners[key]}
        elif not why:
            status = LineStatus.NEW
            owners[key] = name
            if name not in intents:
                intents[name] = made[name] = Intent(name=name, scenario=Scenario.CONSULTATION)
            stored.append(IntentExample(intent=intents[name], text=text, key=key, source=source, created_by=user))
        reports.append(LineReport(line=row.line, text=text[:80], intent=name[:80], status=status, why=why))
    if not is_trial:
        Intent.objects.bulk_create(made.values())
        IntentExample.objects.bulk_create(stored, batch_size=1_000)
    return ImportReport(lines=tuple(reports), new_intents=tuple(made))


def _owners(rows: Iterable[LabelledText]) -> dict[str, str]:
    """Names of the intents that have these words already, by key."""
    keys = {example_key(" ".join(row.text.split())) for row in rows}
    return dict(IntentExample.objects.filter(key__in=keys).values_list("key", "intent__name"))


def _refusal(name: str, text: str, key: str) -> str:
    """Why a line cannot be an example; "" if it can."""
    if not key:
        return _("the column text is empty")
    if not name:
        return _("the column intent is empty")
    if len(text) > EXAMPLE_CHARACTERS:
        return _("the text is longer than 1,000 characters")
    if len(name) > Intent._meta.get_field("name").max_length:  # type: ignore[operator]  # a CharField has a length
        return _("the intent's name is longer than 64 characters")
    try:
        check_intent_name(name)
        check_readable(text)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""
