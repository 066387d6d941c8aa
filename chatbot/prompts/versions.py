"""Versions of a prompt: added, activated, gone back to, and the text of a new release offered."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from chatbot.models import PromptVersion
from chatbot.prompts.in_force import forget_recent_prompts
from chatbot.prompts.shipped import ANSWERING, shipped
from chatbot.prompts.templates import PromptName, PromptText
from chatbot.trying.change import prompt_change
from chatbot.trying.gates import refuse_ungated

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def add_version(
    name: PromptName, *, instructions: str, message: str, note: str = "", by: "User | None" = None
) -> PromptVersion:
    """The next version, not active. Raises `ValidationError` by field; line ends become those of this project."""
    version = PromptVersion(
        name=name,
        number=1,
        instructions=_with_plain_line_ends(instructions),
        message=_with_plain_line_ends(message),
        note=" ".join(note.split()),
        created_by=by,
    )
    version.full_clean(validate_unique=False, validate_constraints=False)
    with transaction.atomic():
        _lock(name)
        version.number = (PromptVersion.objects.filter(name=name).aggregate(last=Max("number"))["last"] or 0) + 1
        version.save()
    return version


def activate(version: PromptVersion) -> None:
    """Let `version` count from now on; nothing is deleted.

    Raises `ValidationError` if it cannot be used any more, and `GateNotPassed`: then the one before goes on.
    """
    version.clean()
    if version.name in ANSWERING:
        refuse_ungated(prompt_change(version.pk), subject=str(version))
    with transaction.atomic():
        _lock(PromptName(version.name))
        rows = PromptVersion.objects.filter(name=version.name)
        rows.filter(is_active=True).exclude(pk=version.pk).update(is_active=False)
        rows.filter(pk=version.pk).update(is_active=True)
        transaction.on_commit(forget_recent_prompts)
    version.is_active = True


def offered(name: PromptName) -> PromptText | None:
    """The text that comes with this release, if no version has it: it is offered, never put in force by itself."""
    text = shipped(name)
    has_it = PromptVersion.objects.filter(name=name, instructions=text.instructions, message=text.message).exists()
    return None if has_it else text


def take_over(name: PromptName, *, by: "User | None" = None) -> PromptVersion:
    """The text of this release as the next version, not active."""
    text = shipped(name)
    version = add_version(name, instructions=text.instructions, message=text.message, by=by)
    PromptVersion.objects.filter(pk=version.pk).update(is_shipped=True)
    version.is_shipped = True
    return version


def _lock(name: PromptName) -> None:
    """One change of a prompt at a time."""
    list(PromptVersion.objects.select_for_update().filter(name=name).order_by("pk").values_list("pk", flat=True))


def _with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
