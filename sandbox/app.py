"""Puts the parts together: one ASGI application that is a workspace, a model server and a messenger page."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from sandbox.articles import load_articles
from sandbox.calls import CallLog
from sandbox.controls import Controls
from sandbox.deliveries import Courier
from sandbox.events import EventStream
from sandbox.faults import Faults
from sandbox.help_centre import HelpCentre
from sandbox.inputs import Own
from sandbox.messenger import Messenger, Teammates
from sandbox.model.embeddings import Embeddings
from sandbox.model.server import ChatCompletions, Health, Models
from sandbox.model.tgi import Native
from sandbox.model.usage import MetricsPage
from sandbox.page import FILES, Page
from sandbox.rest import conversations, directory
from sandbox.rest.gate import Gate, Handler, RestCall
from sandbox.rest.oauth import Authorize, TokenEndpoint
from sandbox.settings import Settings, version_number
from sandbox.shapes import Json, webhook_look
from sandbox.webhooks import article_notification, notification
from sandbox.workspace import Event, Workspace

CONVERSATION = "/conversations/{conversation_id}"
MAX_OWN_BODY = 1_048_576
OWN_ADDRESSES = (
    *("/messenger/{path:path}", "/teammate/{path:path}", "/webhooks/{path:path}", "/faults", "/calls", "/healthz"),
)


def create_app(settings: Settings) -> Starlette:
    """The whole sandbox. `app.state` carries workspace, faults, calls, courier and `closing` for in-process use.

    Webhooks are sent between the lifespan's start and its end.
    """
    closing = asyncio.Event()
    faults = Faults()
    calls = CallLog(settings.max_calls)
    workspace = Workspace(
        app_id=settings.app_id,
        app_package_code=settings.app_package_code,
        max_conversations=settings.max_conversations,
    )
    if settings.articles is not None:
        workspace.articles = load_articles(settings.articles, at=workspace.created_at)
    courier = Courier(settings=settings, faults=faults)
    stream = EventStream(workspace, closing)
    look = webhook_look(version_number(settings.api_version))

    def send_webhook(event: Event) -> None:
        if event.notify and courier.url and courier.enabled:
            courier.submit(notification(workspace, event, look))

    workspace.listen(send_webhook)
    workspace.listen(stream.tell)

    def send_article(topic: str, item: Json) -> None:
        if courier.url and courier.enabled:
            courier.submit(article_notification(workspace, topic=topic, item=item, at=int(time.time())))

    help_centre = HelpCentre(workspace, version=version_number(settings.api_version), send=send_article)
    gate = Gate(settings=settings, workspace=workspace, faults=faults, calls=calls, closing=closing)
    controls = Controls(workspace=workspace, faults=faults, calls=calls, courier=courier)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await courier.start()
        try:
            yield
        finally:
            closing.set()
            await courier.stop()

    app = Starlette(
        routes=[
            *_people(workspace, stream),
            *_help_centre(help_centre),
            *_rest(gate, settings, closing),
            *_model(settings, faults, closing),
            *_controls(controls),
            *(Route(path, Page(), methods=["GET"]) for path in FILES),
            *(Route(path, Own(controls.unknown, MAX_OWN_BODY)) for path in OWN_ADDRESSES),
            # Every other address belongs to the REST API, whose answer to it is a 404 in its own shape.
            Route("/{path:path}", gate.endpoint(conversations.not_found)),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.workspace = workspace
    app.state.faults = faults
    app.state.calls = calls
    app.state.courier = courier
    app.state.closing = closing
    return app


def _people(workspace: Workspace, stream: EventStream) -> list[BaseRoute]:
    messenger, teammates = Messenger(workspace), Teammates(workspace)
    customer, person = f"/messenger{CONVERSATION}", f"/teammate{CONVERSATION}"
    return [
        Route(customer, Own(messenger.read, MAX_OWN_BODY), methods=["GET"]),
        Route("/messenger/conversations", Own(messenger.start, MAX_OWN_BODY), methods=["POST"]),
        Route(f"{customer}/replies", Own(messenger.reply, MAX_OWN_BODY), methods=["POST"]),
        Route(f"{customer}/rating", Own(messenger.rate, MAX_OWN_BODY), methods=["POST"]),
        Route("/messenger/events", stream, methods=["GET"]),
        Route(f"{person}/replies", Own(teammates.reply, MAX_OWN_BODY), methods=["POST"]),
        Route(f"{person}/notes", Own(teammates.note, MAX_OWN_BODY), methods=["POST"]),
        Route(f"{person}/assign", Own(teammates.assign, MAX_OWN_BODY), methods=["POST"]),
        Route(f"{person}/close", Own(teammates.close, MAX_OWN_BODY), methods=["POST"]),
        Route(f"{person}/fin", Own(teammates.fin, MAX_OWN_BODY), methods=["POST"]),
    ]


def _help_centre(help_centre: HelpCentre) -> list[BaseRoute]:
    one = "/teammate/articles/{article_id}"
    return [
        Route("/teammate/articles", Own(help_centre.create, MAX_OWN_BODY), methods=["POST"]),
        Route(one, Own(help_centre.update, MAX_OWN_BODY), methods=["PUT"]),
        Route(one, Own(help_centre.remove, MAX_OWN_BODY), methods=["DELETE"]),
    ]


def _rest(gate: Gate, settings: Settings, closing: asyncio.Event) -> list[BaseRoute]:
    def uninstall(call: RestCall) -> Json:
        gate.tokens.revoke(call.token)
        return {}

    table: list[tuple[str, str, Handler]] = [
        ("GET", CONVERSATION, conversations.find),
        ("POST", f"{CONVERSATION}/reply", conversations.reply),
        ("POST", f"{CONVERSATION}/parts", conversations.manage),
        ("POST", "/conversations/search", conversations.search),
        ("PUT", CONVERSATION, conversations.update),
        ("POST", f"{CONVERSATION}/tags", conversations.add_tag),
        ("DELETE", f"{CONVERSATION}/tags/{{tag_id}}", conversations.remove_tag),
        ("GET", "/conversations", conversations.list_all),
        ("POST", "/conversations", conversations.create),
        ("GET", "/me", directory.me),
        ("GET", "/admins", directory.admins),
        ("GET", "/teams", directory.teams),
        ("GET", "/contacts/{contact_id}", directory.contact),
        ("PUT", "/contacts/{contact_id}", directory.update_contact),
        ("POST", "/contacts/search", directory.search_contacts),
        ("GET", "/tags", directory.tags),
        ("POST", "/tags", directory.create_tag),
        ("GET", "/articles", directory.articles),
        ("GET", "/articles/{article_id}", directory.article),
        ("POST", "/auth/uninstall", uninstall),
    ]
    routes: list[BaseRoute] = [Route(path, gate.endpoint(handler), methods=[method]) for method, path, handler in table]
    routes.append(Route("/oauth", Authorize(gate.tokens, settings, closing), methods=["GET"]))
    routes.append(Route("/auth/eagle/token", TokenEndpoint(gate.tokens), methods=["POST"]))
    return routes


def _model(settings: Settings, faults: Faults, closing: asyncio.Event) -> list[BaseRoute]:
    chat = ChatCompletions(settings=settings, faults=faults, closing=closing)
    embeddings = Embeddings(faults=faults, closing=closing)
    routes: list[BaseRoute] = []
    if settings.model_dialect == "tgi":
        native = Native(settings=settings, faults=faults, chat=chat, closing=closing)
        routes += [
            Route(path, native, methods=["POST"]) for path in ("/", "/generate", "/generate_stream", "/tokenize")
        ]
        routes.append(Route("/info", native, methods=["GET"]))
    if settings.model_dialect in ("tgi", "vllm"):
        routes.append(Route("/metrics", MetricsPage(chat.usage), methods=["GET"]))
    return [
        *routes,
        Route("/embed", embeddings, methods=["POST"]),
        Route("/rerank", embeddings, methods=["POST"]),
        Route("/info", embeddings, methods=["GET"]),
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/models", Models(settings), methods=["GET"]),
        Route("/health", Health(settings, faults), methods=["GET"]),
    ]


def _controls(controls: Controls) -> list[BaseRoute]:
    return [
        Route("/faults", Own(controls.show_faults, MAX_OWN_BODY), methods=["GET"]),
        Route("/faults", Own(controls.set_faults, MAX_OWN_BODY), methods=["PUT"]),
        Route("/faults", Own(controls.clear_faults, MAX_OWN_BODY), methods=["DELETE"]),
        Route("/calls", Own(controls.list_calls, MAX_OWN_BODY), methods=["GET"]),
        Route("/calls", Own(controls.clear_calls, MAX_OWN_BODY), methods=["DELETE"]),
        Route("/webhooks/deliveries", Own(controls.list_deliveries, MAX_OWN_BODY), methods=["GET"]),
        Route("/webhooks/deliveries", Own(controls.clear_deliveries, MAX_OWN_BODY), methods=["DELETE"]),
        Route("/webhooks/subscription", Own(controls.show_subscription, MAX_OWN_BODY), methods=["GET"]),
        Route("/webhooks/subscription", Own(controls.set_subscription, MAX_OWN_BODY), methods=["PUT"]),
        Route("/webhooks/ping", Own(controls.send_ping, MAX_OWN_BODY), methods=["POST"]),
        Route("/healthz", Own(controls.health, MAX_OWN_BODY), methods=["GET"]),
    ]
