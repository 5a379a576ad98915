"""How the server stops: new requests are refused, running answers finish, within bounds."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.http import problems

GRACE = 30.0  # seconds that running answers have
_CUT_OFF = 5.0  # seconds after which the process ends, whatever is still running in it
# Lines that an open page keeps up as long as it is open: no answer waits at their other end.
_KEPT_UP = "/gradio_api/heartbeat/"
# Where the page and its clients fetch an answer that they asked for before.
_FETCHED = ("/gradio_api/queue/data", "/gradio_api/call/")


class Running:
    """Counts the requests being answered; once `stopping`, lets none in but to fetch an answer."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner
        self.count = 0
        self.stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] != "http" or scope["path"].startswith(_KEPT_UP):
            await self._inner(scope, receive, send)
            return
        fetches = scope["method"] == "GET" and scope["path"].startswith(_FETCHED)
        if self.stopping and not fetches:
            headers = {"connection": "close", "retry-after": "10"}
            refusal = problems.response(503, "stopping", "the server is stopping", headers)
            await refusal(scope, receive, send)
            return
        self.count += 1
        try:
            await self._inner(scope, receive, send)
        finally:
            self.count -= 1


class Server(uvicorn.Server):
    """A server that stops so, on SIGTERM and SIGINT; a second SIGINT stops it at once. The process
    ends with it: what runs on after that is cut off.
    """

    def __init__(
        self, config: uvicorn.Config, running: Running, say: Callable[[str], None]
    ) -> None:
        super().__init__(config)
        self._running = running
        self._say = say

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for what is running, then close what is left."""
        self._running.stopping = True
        if self._running.count:
            self._say(f"Stopping; finishing what was asked, for at most {GRACE:.0f} s ...")
        until = time.monotonic() + GRACE
        while self._running.count and time.monotonic() < until and not self.force_exit:
            await asyncio.sleep(0.05)
        if self._running.count:
            self._say(f"{self._running.count} unfinished, cut off.")
        # A thread cannot be stopped from outside, and the end of the process would wait for it.
        leaving = threading.Timer(_CUT_OFF, os._exit, (0,))
        leaving.daemon = True
        leaving.start()
        for connection in self.server_state.connections:
            connection.transport.close()
        await super().shutdown(sockets)
