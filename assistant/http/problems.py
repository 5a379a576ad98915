"""What goes wrong, as every answer over HTTP tells it: {"error": a name, "detail": what to do}."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from assistant.errors import (
    AssistantError,
    CorpusError,
    IndexBusyError,
    IndexUnusableError,
    LanguageModelError,
    QuestionError,
    StoreError,
    UsageError,
)

# The first that fits.
_ERRORS: tuple[tuple[type[AssistantError], int, str], ...] = (
    (QuestionError, 400, "bad_question"),
    (CorpusError, 404, "unknown_article"),
    (IndexUnusableError, 503, "no_index"),
    (IndexBusyError, 503, "index_busy"),
    (LanguageModelError, 502, "language_model"),
    (StoreError, 502, "vector_store"),
    (UsageError, 400, "bad_request"),
    (AssistantError, 500, "failed"),
)
_STATUSES = {
    400: ("bad_request", "the body cannot be read; send JSON in UTF-8"),
    404: ("not_found", "nothing is here; /docs says what there is"),
    405: ("method_not_allowed", "another method is needed here: {allow}; see /docs"),
    413: ("too_large", "the request is larger than this server takes; send less"),
    415: ("unsupported_media_type", "send JSON, with 'Content-Type: application/json'"),
}
_MISTAKES = {
    "extra_forbidden": "no such key",
    "missing": "is missing",
    "model_attributes_type": "is no JSON object",
    "string_unicode": "is no valid text",
}
_SHOWN = 3  # mistakes in one body that are told


def values(error: str, detail: str) -> dict[str, str]:
    """What is told of a problem."""
    return {"error": error, "detail": detail}


def response(
    status: int, error: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as a response."""
    # Escaped to ASCII: what is told may hold what a stranger sent, valid text or not.
    body = json.dumps(values(error, detail))
    return Response(body, status, headers=headers, media_type="application/json")


def describe(error: Exception) -> tuple[int, dict[str, str]]:
    """The status of an error, and what is told of it."""
    for kind, status, name in _ERRORS:
        if isinstance(error, kind):
            return status, values(name, str(error))
    return 500, values("failed", "the server failed; its terminal says more")


def too_large() -> Response:
    """The response to a body that is larger than is taken."""
    return response(413, *_STATUSES[413])


def read_only() -> Response:
    """The response to files sent where visitors may change nothing."""
    return response(403, "read_only", "adding articles is off here; ask who runs this server")


async def failed(request: Request, error: Exception) -> Response:
    """The response to anything raised while answering."""
    status, told = describe(error)
    # What nobody foresaw is raised on, for the server's log; the server then hangs up.
    headers = None if isinstance(error, AssistantError) else {"connection": "close"}
    return response(status, told["error"], told["detail"], headers)


async def refused(request: Request, error: HTTPException) -> Response:
    """The response where a request does not get as far as an answer."""
    name, detail = _STATUSES.get(error.status_code, ("refused", str(error.detail)))
    headers = error.headers or {}
    allow = headers.get("Allow", "")
    return response(error.status_code, name, detail.format(allow=allow), headers)


async def invalid(request: Request, error: RequestValidationError) -> Response:
    """The response to a body that is no JSON, or not as /docs describes it."""
    mistakes = error.errors()
    if mistakes and mistakes[0]["type"] == "json_invalid":
        at, what = mistakes[0]["loc"][-1], mistakes[0]["ctx"]["error"]
        return response(400, "bad_json", f"the body is no JSON: {what}, at character {at}")
    told = "; ".join(_mistake(mistake) for mistake in mistakes[:_SHOWN])
    return response(422, "bad_body", f"{told}; see /docs")


def _mistake(mistake: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in mistake["loc"][1:]) or "the body"
    said = _MISTAKES.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
    return f"{place}: {said}"
