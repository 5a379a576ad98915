"""What answers: one of the assistant's own engines, an HTTP endpoint, or a Python callable.

All answer in the JSON contract. A callable takes the question, and the earlier questions as
`history` and the day (a date or None) as `as_of`, if it has parameters of these names. An endpoint
gets `POST {"question": ...}`, with "history" and "as_of" where a question has them, and the key in
the environment variable ASSISTANT_ENGINE_KEY, where there is one, as "Authorization: Bearer KEY".
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, EngineError, SettingsError, UsageError
from assistant.evaluation.replies import Reply, read_reply
from assistant.records import Answer, GoldQuestion

_ATTEMPTS = 3
_PAUSE = 0.5  # seconds before the second attempt, doubled before the third
_TIMEOUT = 120.0
# Not the one that guards a server of one's own: that must not go to whatever address is evaluated.
KEY = "ASSISTANT_ENGINE_KEY"


class ReplyFailure(AssistantError):
    """An engine that failed on one question; the run goes on."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Something that replies. `threshold` is what a run applies unless told otherwise (0: what the
    engine itself says); `code` changes where its program is known to have changed.
    """

    name: str
    reply: Callable[[GoldQuestion], Reply]
    threshold: float = 0.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""


def is_url(name: str) -> bool:
    """Whether an engine's name is an address."""
    return name.startswith(("http://", "https://"))


def from_url(url: str, timeout: float = _TIMEOUT, key: str = "") -> Engine:
    """An engine behind an HTTP address, which is sent the `key` where there is one.

    Raises SettingsError for a key that no header can hold.
    """
    if not (key.isascii() and key.isprintable()):
        raise SettingsError(f"{KEY} holds more than printable ASCII characters; set another key")

    def reply(question: GoldQuestion) -> Reply:
        body: dict[str, Any] = {"question": question.question}
        if question.history:
            body["history"] = list(question.history)
        if question.as_of:
            body["as_of"] = question.as_of.isoformat()
        return read_reply(_post(url, body, timeout, key))

    return Engine(url, reply, settings={"url": url})


def from_callable(name: str, encode: Callable[[Answer], str] | None = None) -> Engine:
    """The engine "module:callable"; the module is looked for in the working folder too.

    The callable returns the contract's object or its JSON; with `encode`, an Answer will do.
    """
    module_name, _, path = name.partition(":")
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the engine {name} cannot be loaded ({error})") from error
    if not callable(found):
        raise UsageError(f"the engine {name} is no callable")
    takes = inspect.signature(found).parameters
    source = getattr(sys.modules[module_name], "__file__", None)

    def reply(question: GoldQuestion) -> Reply:
        known = {"history": list(question.history), "as_of": question.as_of}
        try:
            values = found(question.question, **{k: v for k, v in known.items() if k in takes})
        except Exception as error:  # a stranger's code: told in the report
            raise ReplyFailure(f"{type(error).__name__}: {error}") from error
        if encode is not None and isinstance(values, Answer):
            values = encode(values)
        return read_reply(json.loads(values) if isinstance(values, str) else values)

    return Engine(name, reply, settings={"callable": name}, code=_hash(source))


def code_hash(folder: Path, without: Sequence[str] = ()) -> str:
    """A hash of the program and data files beneath `folder`, leaving out the folders `without`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        if path.suffix in (".py", ".json", ".md") and place.parts[0] not in without:
            digest.update(str(place).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _hash(source: str | None) -> str:
    return hashlib.sha256(Path(source).read_bytes()).hexdigest()[:16] if source else ""


def _post(url: str, body: Mapping[str, Any], timeout: float, key: str) -> Any:
    """The JSON that `url` returns. Where it cannot be reached, that is tried again."""
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    if key:
        request.add_unredirected_header("Authorization", f"Bearer {key}")
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE * 2 ** (attempt - 1))
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(200).decode("utf-8", "replace").strip()
            problem = f"HTTP {error.code} {error.reason}: {said}"
            if error.code == 401:
                mend = f"is {KEY} the right one?" if key else f"set {KEY}, if you have one"
                raise EngineError(f"{url} wants a key; {mend} ({problem})") from error
            if error.code in (404, 405, 403, 422):  # the same for every question
                raise EngineError(f"{url}: {problem}") from error
            if error.code < 500 and error.code != 429:
                break
        except ValueError as error:
            raise ReplyFailure(f"no JSON came back ({error})") from error
        except OSError as error:
            reason = getattr(error, "reason", None) or error
            if attempt == _ATTEMPTS - 1:
                raise EngineError(f"{url}: cannot be reached ({reason})") from error
            problem = str(reason)
    raise ReplyFailure(problem)
