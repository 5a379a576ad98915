"""Who may use the server: pages of no other origin, and, where a key is set, who has the key.

A browser sends requests for any page that it shows. A request that another origin's page made is
refused by its Origin and Sec-Fetch-Site headers. Without a key, a server that listens only on this
machine takes no other host's name for its own either: a stranger's name that is made to lead here
(DNS rebinding) would be an origin of its own.

The key is in the environment, ASSISTANT_KEY, and not on the command line, where other users of the
machine can read it. Scripts send "Authorization: Bearer KEY"; a browser gets a page to type it
into, and then a cookie, which is derived from the key and does not reveal it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from fastapi.requests import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.errors import SettingsError
from assistant.http import problems

VARIABLE = "ASSISTANT_KEY"
_SHORTEST = 8
_COOKIE = "assistant_session"
_LOGIN = "/login"
_ROUNDS = 200_000  # of PBKDF2: a stolen cookie is no quick way to guess the key

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>News Assistant: key needed</title><style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
form { max-width: 22rem; margin: 20vh auto 0; padding: 0 1rem; display: grid; gap: 0.75rem; }
input, button { font: inherit; padding: 0.5rem; } h1 { font-size: 1.25rem; margin: 0; }
</style></head><body><form method="post" action="/login"><h1>News Assistant</h1>
<label for="key">This server needs a key.</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<button>Go on</button><p role="alert">%s</p></form></body></html>"""


def key_from(environment: Mapping[str, str]) -> str | None:
    """The key that guards the server, or None. Raises SettingsError for one that guards nothing."""
    key = environment.get(VARIABLE)
    if key is None:
        return None
    usable = key.isascii() and key.isprintable() and key == key.strip()  # in a header
    if len(key) < _SHORTEST or not usable:
        raise SettingsError(
            f"{VARIABLE} is set, but not to {_SHORTEST} or more printable ASCII characters without "
            "spaces at the ends; set another key, or unset it"
        )
    return key


def is_loopback(address: str) -> bool:
    """Whether an IP address, or a host's name, leads to this machine alone."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


class Guard:
    """Lets through what may be answered. `local`: a name that this server goes by, where it is to
    be asked only by its own names; None where any name will do.
    """

    def __init__(self, inner: ASGIApp, *, key: str | None = None, local: str | None = None) -> None:
        self._inner = inner
        self._key = key
        self._local = local
        self._cookie = _derived(key) if key else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        refusal = self._foreign(request)
        if refusal is None and self._key is not None:
            if scope["path"].rstrip("/") == _LOGIN:
                refusal = await self._login(request, self._key)
            elif not self._has_key(request, self._key):
                refusal = _key_needed(request)
        await (refusal or self._inner)(scope, receive, send)

    def _foreign(self, request: Request) -> Response | None:
        """The refusal of a request from another origin, or under a strange name."""
        hosts = request.headers.getlist("host")
        name = _host_name(hosts[0]) if len(hosts) == 1 else None
        if name is None:
            return problems.response(400, "bad_request", "send one valid Host header")
        if self._local is not None and not (is_loopback(name) or name == self._local.lower()):
            return problems.response(
                421,
                "strange_host",
                f"this server does not go by the name {name}: open it as localhost; behind a proxy "
                f"under another name it needs a key (the environment variable {VARIABLE})",
            )
        _, _, origin = request.headers.get("origin", f"//{hosts[0]}").partition("//")
        if origin.lower() != hosts[0].lower() or _sent_by_another_page(request):
            return problems.response(
                403,
                "other_origin",
                "pages of other origins may not use this server; behind a proxy, let it pass the "
                "Host header on",
            )
        return None

    def _has_key(self, request: Request, key: str) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _equal(given.strip(), key):
            return True
        return _equal(request.cookies.get(_COOKIE, ""), self._cookie)

    async def _login(self, request: Request, key: str) -> Response:
        if request.method != "POST":
            return HTMLResponse(_PAGE % "")
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        if not _equal(form.get("key", [""])[0], key):
            return HTMLResponse(_PAGE % "That is not the key.", 401)
        entered = RedirectResponse("/", 303)
        secure = request.scope["scheme"] == "https"
        entered.set_cookie(_COOKIE, self._cookie, httponly=True, samesite="strict", secure=secure)
        return entered


def _sent_by_another_page(request: Request) -> bool:
    """Whether a browser says so; following a link from elsewhere is no such request."""
    sent = request.headers.get
    if sent("sec-fetch-site", "none") in ("none", "same-origin"):
        return False
    return not (
        request.method in ("GET", "HEAD")
        and sent("sec-fetch-mode") == "navigate"
        and sent("sec-fetch-dest") == "document"
    )


def _key_needed(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_PAGE % "", 401)
    return problems.response(
        401,
        "key_needed",
        "this server needs its key: send the header 'Authorization: Bearer KEY'",
        {"www-authenticate": "Bearer"},
    )


def _host_name(host: str) -> str | None:
    """The name in a Host header, in lower case and without its port; None where it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # raises for what is none
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and parts.username is None else None


def _derived(key: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", key.encode(), b"news assistant cookie", _ROUNDS).hex()


def _equal(given: str, wanted: str) -> bool:
    """Whether both are the same, in a time that does not tell how much of it is."""
    return hmac.compare_digest(given.encode(), wanted.encode())
