"""How the stand-in answers: it quotes, from the passages in its prompt, what overlaps most with the last question.

No model, no invention: what it says stands in a passage and is cited, or it says that it does not know.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

REFUSAL = "I do not know."
MAX_SENTENCES = 3
MAX_SENTENCE = 400  #: characters; a longer one is left out unless it is the only one
MAX_PROMPT = 400_000  #: characters that are looked at

_PASSAGE_OPENS = re.compile(r"<passage\b([^<>]{0,1000})>", re.IGNORECASE)
_QUESTION_OPENS = re.compile(r"<(?:question|message|customer_message)\b([^<>]{0,1000})>", re.IGNORECASE)
_QUESTION_LABEL = re.compile(r"(?:question|customer|问题|提问)\s*[:：]", re.IGNORECASE)
_ID = re.compile(r"""\bid\s*=\s*["']?([^"'\s>]+)""")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n+")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u4e00-\u9fff]+")
_TAG = re.compile(r"<[^>]+>")

#: Words that say nothing about the subject: an overlap in them alone is none.
_ENGLISH_STOP_WORDS = """
a an and any are as at be been but by can could did do does for from get had has have hello help hi how i i'd i'm if in
into is it it's its just let like may me my no not of on or our please so than thank thanks that the their them then
there these they this to tell us use was we what when where which who why will with would you your want need know about
much many
"""
_CHINESE_STOP_PAIRS = "请问 怎么 什么 可以 多少 你们 我们 我的 是否 如何 为什 么样 有没 没有 一下 能不 不能 哪里"
_STOP = frozenset(_ENGLISH_STOP_WORDS.split())
_CHINESE_STOP = frozenset(_CHINESE_STOP_PAIRS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    text: str
    share: float  #: of the question's terms that the quoted sentences contain, 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    passage: str  #: id to cite
    text: str
    terms: frozenset[str]
    place: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    start: int
    end: int  #: after the closing tag
    attributes: str
    text: str


def compose(messages: Sequence[Any]) -> Answer:
    """The answer to a list of chat messages. Raises nothing: what cannot be read counts as empty."""
    texts = [(str(each.get("role", "")), _content(each)) for each in messages if isinstance(each, dict)]
    prompt = "\n".join(text for _, text in texts)[-MAX_PROMPT:]
    question_terms = terms(question(next((text for role, text in reversed(texts) if role == "user"), "")))
    sentences = _sentences(prompt)
    if not question_terms or not sentences:
        return Answer(text=REFUSAL, share=0.0)
    weight = {
        term: math.log(1 + len(sentences) / (1 + sum(term in each.terms for each in sentences)))
        for term in question_terms
    }
    scored = [
        (sum(weight[term] for term in each.terms & question_terms) / (1 + len(each.text) / 600), each)
        for each in sentences
    ]
    best = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].place))
    if not best:
        return Answer(text=REFUSAL, share=0.0)
    top = best[0][0]
    chosen = sorted((each for score, each in best[:MAX_SENTENCES] if score >= top / 2), key=lambda each: each.place)
    covered = frozenset().union(*(each.terms for each in chosen)) & question_terms
    return Answer(
        text=" ".join(f"{each.text} [{each.passage}]" for each in chosen), share=len(covered) / len(question_terms)
    )


def question(text: str) -> str:
    """The customer's words in the last user message: passages removed, a `<question>` or a label obeyed."""
    text = text[-MAX_PROMPT:]
    bare, end = "", 0
    for found in _elements(text, _PASSAGE_OPENS, "</passage"):
        bare += text[end : found.start] + " "
        end = found.end
    bare += text[end:]
    marked = _elements(bare, _QUESTION_OPENS, "</")
    if marked:
        return marked[-1].text
    labels = list(_QUESTION_LABEL.finditer(bare))
    if labels:
        bare = bare[labels[-1].end() :]
    return _TAG.sub(" ", bare)


def terms(text: str) -> frozenset[str]:
    """Content words, lightly stemmed; Chinese as pairs of characters."""
    found: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if word[0] >= "\u4e00":
            pairs = {word[start : start + 2] for start in range(len(word) - 1)}
            found |= pairs - _CHINESE_STOP
        elif word not in _STOP and (len(word) > 1 or word.isdigit()):
            found.add(_stem(word))
    return frozenset(found)


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word.removesuffix("e") if len(word) > 3 else word


def _elements(text: str, opens: re.Pattern[str], closes: str) -> list[_Element]:
    """The marked stretches of `text`, in order; in linear time, whatever a customer wrote into the prompt."""
    found: list[_Element] = []
    ending = re.compile(re.escape(closes), re.IGNORECASE)
    place = 0
    while (opening := opens.search(text, place)) is not None:
        closing = ending.search(text, opening.end())
        if closing is None:
            break
        after = text.find(">", closing.end()) + 1 or len(text)
        found.append(
            _Element(
                start=opening.start(),
                end=after,
                attributes=opening.group(1),
                text=text[opening.end() : closing.start()],
            )
        )
        place = after
    return found


def _sentences(prompt: str) -> list[_Sentence]:
    found: list[_Sentence] = []
    for number, passage in enumerate(_elements(prompt, _PASSAGE_OPENS, "</passage"), start=1):
        named = _ID.search(passage.attributes)
        label = named.group(1) if named else str(number)
        for text, words in _read_passage(passage.text):
            found.append(_Sentence(passage=label, text=text, terms=words, place=len(found)))
    return found


@functools.lru_cache(maxsize=2048)  # under load the same passages come again and again
def _read_passage(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The sentences of a passage with their terms."""
    pieces = [_TAG.sub("", piece).strip(" \t#*-") for piece in _SENTENCE.split(text.strip())]
    short = [piece for piece in pieces if 0 < len(piece) <= MAX_SENTENCE]
    return tuple((piece, terms(piece)) for piece in short or [piece[:MAX_SENTENCE] for piece in pieces if piece])


def _content(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(str(each.get("text", "")) for each in content if isinstance(each, dict))
    return content if isinstance(content, str) else ""
