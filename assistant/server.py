"""The server: the chat page and the HTTP interface behind what guards them, until it is stopped."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import closing

import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import http
from assistant.access import VARIABLE, Guard, is_loopback, key_from
from assistant.errors import AssistantError, UsageError
from assistant.holder import Holder
from assistant.http import problems
from assistant.http.app import app as http_app
from assistant.settings import Settings
from assistant.stopping import Running, Server
from assistant.ui.page import mount

_REQUEST = 8 * 2**20  # bytes that a request may have; a long conversation comes along with some
_UPLOAD = 64 * 2**20  # and one that uploads files
_UPLOADS = "/gradio_api/upload"


def app(
    holder: Holder, *, editable: bool = True, key: str | None = None, local: str | None = None
) -> ASGIApp:
    """The page and the HTTP interface, guarded (see `access`); `editable`: visitors may add and
    remove articles.
    """
    page = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount(page, holder, editable=editable)
    shown: ASGIApp = page if editable else _NoUploads(page)
    return _Headers(_Limit(Guard(_Both(shown, http_app(holder)), key=key, local=local)))


class _Both:
    """The HTTP interface at its paths, the page at all others."""

    def __init__(self, page: ASGIApp, answers: ASGIApp) -> None:
        self._page = page
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and http.is_path(scope["path"])
        if ours and scope["method"] == "HEAD":  # the server beneath sends no body to it
            scope = {**scope, "method": "GET"}
        await (self._answers if ours else self._page)(scope, receive, send)


class _NoUploads:
    """Takes no files: nothing on the page would ask for one, and Gradio would keep it."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = scope["type"] == "http" and _is_upload(scope)
        await (problems.read_only() if refused else self._inner)(scope, receive, send)


class _Limit:
    """Refuses bodies that are too large, whether or not they say so beforehand."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = {
            size: RequestBodyLimitMiddleware(inner, max_body_size=size)
            for size in (_REQUEST, _UPLOAD)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = _UPLOAD if _is_upload(scope) else _REQUEST
        said = Headers(scope=scope).get("content-length", "0") if "headers" in scope else "0"
        too_large = said.isdecimal() and int(said) > size
        await (problems.too_large() if too_large else self._inner[size])(scope, receive, send)


def _is_upload(scope: Scope) -> bool:
    path: str = scope.get("path", "")
    return path.rstrip("/") == _UPLOADS


class _Headers:
    """Tells browsers to load and send nothing beyond this server, whatever a page may hold, to
    show it in no other page, and to take every file for what it is said to be.
    """

    HEADERS = (
        (
            b"content-security-policy",
            b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
            b"style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
            b"worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
            b"frame-ancestors 'self'",
        ),
        (b"x-content-type-options", b"nosniff"),
        # Not "no-referrer", under which browsers send a form's Origin as null.
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    )

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self.HEADERS]
            await send(message)

        await self._inner(scope, receive, send_with_headers)


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 7860,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Run the chat page and the HTTP interface until stopped; `say` is told, a line at a time,
    what is going on.

    Without a usable index the page opens all the same, says what is missing, and works once it is
    there. Port 0 is any free one. Raises UsageError where the address cannot be used, SettingsError
    for a key in the environment that guards nothing.
    """
    key = key_from(os.environ)
    with closing(listen(host, port)) as listening:
        holder = Holder(settings)
        try:
            say(f"Opening the index {holder.index} ...")
            try:
                with holder.use() as assistant:
                    count = len(assistant.articles())
                say(f"{count:,} article{'' if count == 1 else 's'} indexed.")
            except AssistantError as error:
                say(f"{error}\nThe page opens all the same; reload it when that is done.")
            run(holder, listening, host, key, say)
        except KeyboardInterrupt:
            pass  # the way to stop it
        finally:
            holder.close()
    say("Stopped.")


def run(
    holder: Holder,
    listening: socket.socket,
    host: str,
    key: str | None,
    say: Callable[[str], None],
) -> None:
    """Serve on a socket that listens on `host`. With a key, or where only this machine can reach
    the socket, visitors may add and remove articles. Raises KeyboardInterrupt when interrupted.
    """
    address, port = listening.getsockname()[:2]
    private = is_loopback(address)
    if key is not None:
        say(f"Every request needs the key ({VARIABLE}).")
    if key is not None and not private:
        say("Over plain HTTP others on the way can read it: put a proxy with TLS in front.")
    if key is None and not private:
        say(
            "Everyone who reaches this machine can ask. Without a key adding and removing articles "
            f"is off; set one in the environment, {VARIABLE}, to guard everything."
        )
    local = host if key is None and private else None
    guarded = app(holder, editable=private or key is not None, key=key, local=local)
    running = Running(guarded)
    config = uvicorn.Config(
        running, log_level="error", ws="none", server_header=False, timeout_graceful_shutdown=1
    )
    at = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    say(f"Answers over HTTP: {at}/docs")
    say(f"Chat page: {at} (Ctrl-C stops it)")
    Server(config, running, say).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address. Raises UsageError where that is not possible."""
    if not 0 <= port <= 65535:  # the system would take it modulo 65536
        raise UsageError(f"no port {port}; --port takes one from 1 to 65535, or 0 for any free one")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"no address {host}:{port} ({error}); see --host and --port") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        raise UsageError(
            f"cannot listen on {host}:{port} ({error.strerror or error}); "
            f"choose another port with --port {port + 1 if 0 < port < 65535 else 7860}"
        ) from error
    return listening
