"""The HTTP interface as a web application."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import aclosing
from typing import Any

import anyio
from anyio import to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.security import HTTPBearer
from fastapi.sse import format_sse_event
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException as RoutingException

from assistant import __version__, render
from assistant.api import open_library
from assistant.errors import AssistantError, CorpusError
from assistant.holder import Holder
from assistant.http import docs, problems
from assistant.http.models import REACH, Articles, Ask, FullAnswer, FullArticle, Health, Problem
from assistant.records import Answer, Filters, Turn

_AT_ONCE = 4  # answers worked on at the same time; others wait, and all else goes on
_DESCRIPTION = """\
Cited answers from news articles. Every quote is a verbatim slice of an indexed article:
article.text[start:end] == quote, with offsets in Unicode code points.

What goes wrong is told as {"error": a name, "detail": what is wrong and what to do}. Where the
server was started with a key, every request carries it, as "Authorization: Bearer KEY"."""
_EVENTS = 'event: answer\ndata: {"question": ..., "text": ..., ...}\n\nevent: done\ndata: {}\n\n'


def app(holder: Holder) -> FastAPI:
    """The application that answers at /api/..., /docs and /openapi.json."""
    register_url_convertor("article", _AnyText())
    served = FastAPI(
        title="News assistant",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        exception_handlers={
            RequestValidationError: problems.invalid,
            RoutingException: problems.refused,
            AssistantError: problems.failed,
            Exception: problems.failed,
        },
        dependencies=[Depends(HTTPBearer(auto_error=False, description="Where a key is set"))],
        responses=_problem(503, "No usable index yet, or the server is stopping"),
    )
    answers = _Answers(holder)
    asking: dict[str, Any] = {
        "dependencies": [Depends(_json_only)],
        "responses": {
            **_problem(400, "A question that cannot be asked, or a filter that nothing passes"),
            **_problem(413, "A body that is too large"),
            **_problem(415, "No 'Content-Type: application/json'"),
            **_problem(422, "A body that is not as described"),
        },
    }

    @served.post(
        "/api/ask",
        summary="Answer a question",
        response_model=FullAnswer,
        response_description="The answer",
        **asking,
    )
    async def ask(body: Ask, request: Request) -> Response:
        """One answer, with citations. "not_found" is an answer too."""
        async with aclosing(answers.grow(body)) as growing:
            answer = await anext(growing)
            async for grown in growing:
                answer = grown
                if await request.is_disconnected():
                    break  # nobody waits for the rest
        return Response(render.to_json(answer), media_type="application/json")

    asking["responses"] |= {200: {"content": {"text/event-stream": {"example": _EVENTS}}}}

    @served.post(
        "/api/ask/stream",
        summary="Answer a question, as server-sent events",
        response_class=StreamingResponse,
        response_description="Events",
        **asking,
    )
    async def stream(body: Ask) -> Response:
        """The answer as it grows: events "answer", each a whole, checked answer in place of the
        one before, then "done". An event "error" ends it too, with data as in any error. What is
        wrong with the request itself is told by the status, before any event.
        """
        growing = answers.grow(body)
        first = await anext(growing)
        return StreamingResponse(
            _events(first, growing),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    @served.get(
        "/api/articles",
        summary="List the articles",
        response_model=Articles,
        response_description="The articles",
    )
    def articles() -> Response:
        """A line about every indexed article, by id."""
        with open_library(holder.index) as library:
            return JSONResponse(
                {"articles": [render.listing_values(item) for item in library.listings()]}
            )

    @served.get(
        "/api/articles/{id:article}",
        summary="Show one article",
        response_model=FullArticle,
        response_description="The article",
        responses=_problem(404, "No article has this id"),
    )
    def article(id: str) -> Response:
        """One article as indexed, with the text that citations' offsets index into.

        An id may hold slashes, as they are or percent-encoded.
        """
        with open_library(holder.index) as library:
            found = library.article(id)
        if found is None:
            raise CorpusError(f"not in the index: {id}; GET /api/articles lists what is")
        return JSONResponse(render.article_values(found))

    @served.get(
        "/api/health",
        summary="Tell whether questions can be answered",
        response_description="Whether or not they can",
    )
    def health() -> Health:
        """Always status 200, and at once, also while questions are being answered."""
        try:
            with open_library(holder.index) as library:
                count = library.count()[0]
        except AssistantError as error:
            return Health(status="no_index", articles=0, version=__version__, detail=str(error))
        return Health(status="ok" if count else "no_articles", articles=count, version=__version__)

    @served.get("/docs", include_in_schema=False)
    def documentation() -> HTMLResponse:
        return HTMLResponse(docs.page(served.openapi()))

    return served


class _Answers:
    """Answers made in worker threads, a few at a time."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder
        self._limit = anyio.CapacityLimiter(_AT_ONCE)

    async def grow(self, body: Ask) -> AsyncGenerator[Answer]:
        """The answer to one request as it grows. Closing this stops the work at its next step."""
        steps = self._steps(body)
        try:
            while answer := await to_thread.run_sync(next, steps, None, limiter=self._limit):
                yield answer
        finally:
            steps.close()

    def _steps(self, body: Ask) -> Generator[Answer]:
        filters = Filters(tuple(body.outlets), body.since, body.until, body.as_of)
        with self._holder.use() as assistant:
            turns: tuple[Turn, ...] = ()
            for earlier in body.history[-REACH:]:
                if isinstance(earlier, str):
                    answer = assistant.ask(earlier, filters, history=turns)
                else:
                    answer = earlier.answer()
                turns = (*turns, Turn(answer.question, answer))
            yield from assistant.stream(body.question, filters, history=turns)


async def _events(first: Answer, growing: AsyncGenerator[Answer]) -> AsyncIterator[bytes]:
    async with aclosing(growing):
        try:
            yield _event("answer", render.to_json(first))
            async for answer in growing:
                yield _event("answer", render.to_json(answer))
            yield _event("done", "{}")
        except AssistantError as error:
            yield _event("error", json.dumps(problems.describe(error)[1]))
        except Exception as error:  # the status is sent: only an event can tell now
            yield _event("error", json.dumps(problems.describe(error)[1]))
            logging.getLogger(__name__).exception("an answer broke off")


def _event(name: str, data: str) -> bytes:
    return format_sse_event(event=name, data_str=data)


def _json_only(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415)


def _problem(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Problem, "description": description}}


class _AnyText(Convertor[str]):
    """The rest of a path, whatever characters it holds."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value
