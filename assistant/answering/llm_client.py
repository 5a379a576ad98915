"""A language model that replies to a prompt, through LlamaIndex's LLM abstraction.

Any LlamaIndex LLM will do; `connect` makes one that speaks the OpenAI-compatible protocol of
Ollama, llama.cpp, vLLM, LM Studio, OpenAI and others. Whatever goes wrong comes out as one
LanguageModelError with a message for the user, in which no key is ever shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

from assistant.errors import LanguageModelError

CONTEXT_TOKENS = 4096  # taken for the model's window where it does not state one
REPLY_TOKENS = 1024  # asked for; thinking models need most of it for their thoughts
_REPLY_CHARS = 8000  # kept of a reply, whatever the server sends
_REPLY_BYTES = 4 * 2**20  # read of a response: each token is an event of some hundred bytes
_READ_SECONDS = 60.0  # without a byte
_REPLY_SECONDS = 180.0  # for the whole reply
_ATTEMPTS = 3
_PAUSE = 0.5  # seconds before the second attempt, doubled before the third
_LONGEST_PAUSE = 10.0  # whatever the server asks for
_SHOWN = 200  # characters of a server's own message

T = TypeVar("T")


class LanguageModel:
    """A LlamaIndex LLM with retries, limits and plain error messages. Safe to share between
    threads if the LLM is.

    Args:
        session: opens the LLM for one reply; leaving it stops what is still under way.
        name: what messages call it.
        prompt_tokens: how many tokens a prompt may have, so that a reply still fits beside it.
        key: a secret that no message may show.
        pause: seconds before the second attempt.
    """

    def __init__(
        self,
        session: Callable[[], AbstractContextManager[Any]],
        name: str,
        prompt_tokens: int,
        key: str = "",
        pause: float = _PAUSE,
    ) -> None:
        from llama_index.core.utils import get_tokenizer

        self._session = session
        self._tokenize = get_tokenizer()  # here, since its first call is not safe between threads
        self._key = key
        self._pause = pause
        self.name = name
        self.prompt_tokens = prompt_tokens

    def count_tokens(self, text: str) -> int:
        """About how many tokens `text` has: counted by OpenAI's tokenizer, not the model's own."""
        return len(self._tokenize(text))

    def reply(self, instructions: str, request: str) -> Generator[str]:
        """The reply to a system message and a user message, piece by piece as it comes.

        Closing the iterator stops the request. A server that is too busy or fails (429, 5xx) is
        asked again, as long as no piece has come.

        Raises LanguageModelError where there is no reply, or it breaks off.
        """
        from llama_index.core.llms import ChatMessage

        messages = [
            ChatMessage(role="system", content=instructions),
            ChatMessage(role="user", content=request),
        ]
        ends = time.monotonic() + _REPLY_SECONDS
        length = 0
        finished: str | None = None
        with self._session() as llm:
            chunk, chunks = self._begin(lambda: llm.stream_chat(messages), ends)
            while chunk is not None:
                finished = _finish_reason(chunk, finished)
                piece = (chunk.delta or "")[: _REPLY_CHARS - length]
                length += len(piece)
                if piece:
                    yield piece
                if length >= _REPLY_CHARS:
                    return
                if time.monotonic() > ends:
                    raise self._error(f"took more than {_REPLY_SECONDS:.0f} seconds to reply")
                chunk = self._guarded(lambda: next(chunks, None))
        if finished == _NONE_YET:
            raise self._error("broke off in the middle of its reply; ask again")
        if not length and finished == "length":
            raise self._error(
                f"used up its {REPLY_TOKENS:,} tokens before it replied; does it think first? "
                "choose a model that does not, or turn that off at its server"
            )
        if not length:
            raise self._error("sent an empty reply")

    def _begin(self, ask: Callable[[], Iterator[Any]], ends: float) -> tuple[Any, Iterator[Any]]:
        """The first chunk (None if there is none) and the iterator of the rest."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                chunks = iter(ask())
                return next(chunks, None), chunks
            except Exception as error:  # noqa: BLE001  (each LLM raises its own client's errors)
                pause = _retry_after(error, self._pause * 2 ** (attempt - 1))
                again = _is_passing(error) and attempt < _ATTEMPTS
                if not again or time.monotonic() + pause > ends:
                    raise self._explained(error) from None
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _guarded(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except Exception as error:  # noqa: BLE001  (as in `_begin`)
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> LanguageModelError:
        """What `error` means for the user.

        It is not chained: the client's own error holds the request, and with it the key.
        """
        status = getattr(error, "status_code", None)
        said = self._said(error)
        if status in (401, 403):
            return self._error(
                f"refused the key (HTTP {status}); set ASSISTANT_LLM_API_KEY to a valid one"
            )
        if status == 404:
            return self._error(f"is not known there, or the address is wrong (HTTP 404: {said})")
        if status == 429:
            return self._error(f"is asked too much (HTTP 429: {said}); wait, and ask again")
        if status is not None:
            return self._error(f"failed (HTTP {status}: {said})")
        kind = type(error).__name__
        if kind == "EndlessError":
            return self._error(said)
        if "Timeout" in kind:
            return self._error(f"sent nothing for {_READ_SECONDS:.0f} seconds; is it overloaded?")
        if kind in ("APIConnectionError", "ConnectError", "ConnectionError"):
            cause = self._said(error.__cause__ or error)
            return self._error(f"cannot be reached ({cause}); is its server running?")
        if kind in ("RemoteProtocolError", "ReadError", "IncompleteRead"):
            return self._error("broke off in the middle of its reply; ask again")
        if isinstance(error, ValueError):  # JSON, UTF-8
            return self._error(f"sent what cannot be read ({said})")
        return self._error(f"failed ({kind}: {said})")

    def _said(self, error: BaseException) -> str:
        text = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
        if self._key:
            text = text.replace(self._key, "***")
        return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

    def _error(self, problem: str) -> LanguageModelError:
        return LanguageModelError(f"the language model {self.name} {problem}")


def wrap(llm: Any) -> LanguageModel:
    """The model that any object of LlamaIndex's LLM class is."""
    stated = llm.metadata
    window = stated.context_window
    reply = stated.num_output if stated.num_output > 0 else REPLY_TOKENS
    name = stated.model_name if stated.model_name != "unknown" else type(llm).__name__
    return LanguageModel(lambda: nullcontext(llm), name, window - min(reply, window // 2))


def connect(url: str, model: str, key: str = "", pause: float = _PAUSE) -> LanguageModel:
    """A model behind an OpenAI-compatible address such as http://127.0.0.1:11434/v1.

    Nothing is sent yet. `pause` is the number of seconds before a failed request is sent again.
    """

    @contextmanager
    def session() -> Iterator[Any]:
        from llama_index.llms.openai_like import OpenAILike

        from assistant.answering.bounded import bounded_client

        # A client of its own for each reply: closing it is what surely ends the request.
        with bounded_client(_READ_SECONDS, _REPLY_SECONDS, _REPLY_BYTES) as client:
            yield OpenAILike(
                model=model,
                api_base=url,
                api_key=key or "none",  # the client wants one, servers without a key let it be
                is_chat_model=True,
                context_window=CONTEXT_TOKENS,
                max_tokens=REPLY_TOKENS,
                temperature=0.0,
                timeout=_READ_SECONDS,
                max_retries=0,  # ours know what is passing, and when to give up
                http_client=client,
            )

    return LanguageModel(
        session, f"{model} at {url}", CONTEXT_TOKENS - REPLY_TOKENS, key=key, pause=pause
    )


_NONE_YET = ""


def _finish_reason(chunk: Any, before: str | None) -> str | None:
    """Why the reply ended: None where this LLM does not tell, "" where it has yet to."""
    choices = getattr(chunk.raw, "choices", None)
    if not choices:
        return before
    return getattr(choices[0], "finish_reason", None) or before or _NONE_YET


def _is_passing(error: Exception) -> bool:
    """Whether the same request may well succeed in a moment."""
    status = getattr(error, "status_code", None)
    return isinstance(status, int) and (status == 429 or status >= 500)


def _retry_after(error: Exception, otherwise: float) -> float:
    """Seconds to wait before another attempt: what the server asks for, within reason."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return min(max(float(headers.get("retry-after", "")), otherwise), _LONGEST_PAUSE)
    except ValueError:
        return otherwise
