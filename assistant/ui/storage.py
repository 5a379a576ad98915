"""A conversation as the browser keeps it: JSON values, read back with suspicion.

The browser's own store outlives a reload and a restart of the server. What comes back from it is a
visitor's to change, so it is read strictly, shown as text, and its quotes are held against the
index before anything is highlighted.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from assistant.ui.conversation import Conversation, stopped

# Browsers store about five million characters for a server; encrypted, this makes two at most.
LIMIT = 1_000_000
_LEFT = "This was not answered: the page was closed, or the server stopped. Ask again."


def storage_key(index: Path) -> str:
    """The name that conversations about this index are stored by."""
    digest = hashlib.sha256(str(index.resolve()).encode()).hexdigest()[:16]
    return f"news-assistant-{digest}"


def values(conversation: Conversation) -> list[dict[str, Any]]:
    """`conversation` as JSON values."""
    dumped: list[dict[str, Any]] = _adapter().dump_python(conversation, mode="json")
    return dumped


def read(stored: Any) -> Conversation:
    """The conversation in what a browser sent; empty where that is none."""
    try:
        return _adapter().validate_python(stored)
    except ValidationError:
        return ()


def settled(conversation: Conversation) -> Conversation:
    """`conversation` with nothing pending, as it is when the page has just been opened."""
    return tuple(stopped(exchange, _LEFT) for exchange in conversation)


def trimmed(conversation: Conversation) -> Conversation:
    """`conversation` without its oldest exchanges, as far as it is too long to be stored."""
    sizes = [len(json.dumps(value)) for value in values(conversation)]
    total = sum(sizes)
    first = 0
    while total > LIMIT and first < len(sizes) - 1:
        total -= sizes[first]
        first += 1
    return conversation[first:]


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Conversation]:
    return TypeAdapter(Conversation)
