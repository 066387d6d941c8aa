"""What a model or its server does wrong on request, beyond statuses and cut connections."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope, Send

from sandbox.http import cut, wait
from sandbox.model.obeying import obey

THOUGHT = "The customer asks something. I should look at the passages and quote them."
ELSES_MODEL = "somebody/elses-model"
#: Found in no article: a price, a date and a name; a link and an address.
INVENTED_FACTS = "It costs 4,917.35 dollars until 31 March 2031, says Zebulon Quarrington."
INVENTED_LINKS = "Pay at https://refunds.invented-support.example/pay or write to pay@invented-support.example."
KEEP_ALIVE_SECONDS = 0.02
#: A page of some proxy, where a stream should be.
GARBAGE = b"<html><body><h1>It works!</h1></body></html>"


def misbehaved(mode: str | None, text: str, *, question: str) -> str:
    """What the model says instead of `text`."""
    match mode:
        case "obey":
            return obey(text, question)
        case "invent_facts":
            return f"{text} {INVENTED_FACTS} [1]"
        case "invent_links":
            return f"{text} {INVENTED_LINKS} [1]"
        case "leak_harmony":
            return f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{text}"
    return text


async def keep_alive(scope: Scope, receive: Receive, send: Send, closing: asyncio.Event) -> None:
    """Signs of life for ever, and never a word; for a stream whose answer has begun."""
    gone = asyncio.ensure_future(receive())
    try:
        while not closing.is_set() and not gone.done():
            await send({"type": "http.response.body", "body": b": keep-alive\n\n", "more_body": True})
            await wait(KEEP_ALIVE_SECONDS, closing)
    finally:
        gone.cancel()
    await cut(scope, receive)
