"""The answerer that needs no model: quotes the best passage and links its article.

It is the embedded default and the last resort, so it may fail in one way only: by having nothing to quote.
"""

import re
from dataclasses import dataclass

from chatbot.rules.words import content_words
from knowledge.retrieval import Passage

#: A quote longer than this is cut to the blocks that fit the question best.
QUOTE_CHARACTERS = 700

_BLOCKS = re.compile(r"\n\s*\n")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
_LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s")
_LINKED = {
    "en": ("Here is what our article “{title}” says:", "Read the whole article: {link}"),
    "zh": ("以下内容来自我们的文章《{title}》：", "阅读全文：{link}"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """An answer made of a passage."""

    text: str  #: Markdown
    passage: Passage


def quote(question: str, passage: Passage, *, language: str) -> Quote:
    """`passage` as an answer to `question`, in the frame of `language`."""
    opening, closing = _LINKED["zh" if language.startswith("zh") else "en"]
    pieces = [opening.format(title=passage.article_title), best_blocks(question, passage.text)]
    if passage.article_url.startswith("https://"):
        pieces.append(closing.format(link=f"[{passage.article_title}]({passage.article_url})"))
    return Quote(text="\n\n".join(pieces), passage=passage)


def best_blocks(question: str, text: str) -> str:
    """The neighbouring blocks of `text` that share most words with `question`, within QUOTE_CHARACTERS, in their order.

    A list keeps the sentence that introduces it. A single block that is longer is kept whole: half a table misleads.
    """
    blocks = [_HEADING.sub(r"**\1**", block.strip()) for block in _BLOCKS.split(text) if block.strip()]
    if sum(map(len, blocks)) <= QUOTE_CHARACTERS or len(blocks) < 2:
        return "\n\n".join(blocks)
    asked = content_words(question)
    shared = [len(asked & content_words(block)) for block in blocks]
    best = max(range(len(blocks)), key=lambda place: (shared[place], -place))
    first = last = best
    size = len(blocks[best])
    if best and _LIST_ITEM.match(blocks[best]):
        first, size = best - 1, size + len(blocks[best - 1])
    while True:
        after = last + 1 < len(blocks) and size + len(blocks[last + 1]) <= QUOTE_CHARACTERS
        before = first > 0 and size + len(blocks[first - 1]) <= QUOTE_CHARACTERS
        if after and (not before or shared[last + 1] >= shared[first - 1]):
            last += 1
            size += len(blocks[last])
        elif before:
            first -= 1
            size += len(blocks[first])
        else:
            return "\n\n".join(blocks[first : last + 1])
