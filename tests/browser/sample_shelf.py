"""A part of the sample articles: enough for these tests, read in seconds where all would take half a minute."""

import json
from pathlib import Path

from config.supervisor import PROJECT

ARTICLES = PROJECT / "knowledge" / "sample" / "articles.jsonl"
WANTED = ("en-espresso-em15", "en-customs", "en-shipping-lost", "zh-returns-start", "zh-shipping-lost", "zh-gift-cards")

#: Questions that a customer types, and words of the one article that answers each.
DESCALE = "How do I descale the Marea espresso machine?"
DESCALE_WORDS = "after 200 cups"
DESCALE_LINK = "https://help.tovemill.example/en/products/marea-espresso-em-15"
CUSTOMS = "Do I have to pay customs duty to Switzerland?"
CUSTOMS_WORDS = "cross a customs border"
#: No article knows anything of this.
UNANSWERABLE = "who won the game last night"


_IMPORT = """
from django.core.management import call_command
call_command("import_articles", {file!r}, collection="Tovemill sample")
"""


def script(folder: Path) -> str:
    """What a running system runs to have the wanted articles on its shelf; `folder` is for a file in between."""
    lines = ARTICLES.read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if json.loads(line)["id"] in WANTED]
    assert len(wanted) == len(WANTED), "the sample articles have other ids now"
    part = folder / "articles.jsonl"
    part.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    return _IMPORT.format(file=str(part))
