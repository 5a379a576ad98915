"""The server: the chat page and what guards it, until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from typing import Any

import uvicorn
from fastapi import FastAPI

from assistant.errors import AssistantError, UsageError
from assistant.holder import Holder
from assistant.settings import Settings
from assistant.ui.page import TITLE, mount


def app(holder: Holder, *, editable: bool = True) -> FastAPI:
    """The page as a web application; `editable`: visitors may add and remove articles."""
    served = FastAPI(title=TITLE, docs_url=None, redoc_url=None, openapi_url=None)
    mount(served, holder, editable=editable)
    served.add_middleware(_OnlyFromHere)
    return served


class _OnlyFromHere:
    """Tells browsers to load and send nothing beyond this server, whatever a page may hold."""

    POLICY = (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'"
    )

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_policy(message: Any) -> None:
            if message["type"] == "http.response.start":
                policy = (b"content-security-policy", self.POLICY.encode("ascii"))
                message["headers"] = [*message.get("headers", []), policy]
            await send(message)

        await self._inner(scope, receive, send_with_policy)


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 7860,
    say: Callable[[str], None] = lambda line: None,
) -> None:
    """Run the chat page until it is stopped; `say` is told, a line at a time, what is going on.

    Without a usable index the page opens all the same, says what is missing, and works once it is
    there. Port 0 is any free one. Raises UsageError where the address cannot be used.
    """
    with closing(_listen(host, port)) as listening:
        holder = Holder(settings)
        try:
            say(f"Opening the index {holder.index} ...")
            try:
                with holder.use() as assistant:
                    count = len(assistant.articles())
                say(f"{count:,} article{'' if count == 1 else 's'} indexed.")
            except AssistantError as error:
                say(f"{error}\nThe page opens all the same; reload it when that is done.")
            at = f"[{host}]" if ":" in host else host
            config = uvicorn.Config(app(holder), log_level="error", timeout_graceful_shutdown=1)
            say(f"Chat page: http://{at}:{listening.getsockname()[1]} (Ctrl-C stops it)")
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            pass  # the way to stop it
        finally:
            holder.close()
    say("Stopped.")


def _listen(host: str, port: int) -> socket.socket:
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
