"""The assistant that the page asks: opened when first needed, and anew when the index changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assistant.api import Assistant
from assistant.indexing.generations import current
from assistant.settings import Settings


@dataclass(slots=True)
class _Opened:
    """One opened generation, and how many requests are using it."""

    assistant: Assistant
    generation: str
    users: int = 0
    retired: bool = False


class Holder:
    """Lends the assistant of the current generation to any number of threads.

    While a newer generation is being opened, other threads go on with the one that is open; it is
    closed when its last user has given it back.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: _Opened | None = None
        self._lock = threading.Lock()  # guards `_opened` and the counts in it
        self._opening = threading.Lock()  # held by the one thread that opens

    @property
    def settings(self) -> Settings:
        """The settings that assistants are opened with."""
        return self._settings

    @property
    def index(self) -> Path:
        """The index's folder."""
        return self._settings.index

    @contextmanager
    def use(self, *, current: bool = False) -> Iterator[Assistant]:
        """The assistant of the current generation, which stays open while it is used.

        While that is being opened, the one before it; with `current` that is waited for: who shows
        what is indexed must not show what was. Raises AssistantError where the index or the model
        cannot be opened.
        """
        opened = self._lease(current)
        try:
            yield opened.assistant
        finally:
            self._give_back(opened)

    def generation(self) -> str:
        """What the current generation is known by. Raises IndexUnusableError where there is none.

        An index that was deleted and built again counts as another generation.
        """
        folder = current(self._settings.index)
        try:
            manifest = (folder / "manifest.json").stat()
        except OSError:
            return folder.name
        return f"{folder.name}-{manifest.st_ino}-{manifest.st_mtime_ns}"

    def close(self) -> None:
        """Close what is open, once nobody uses it."""
        with self._lock:
            opened, self._opened = self._opened, None
        self._retire(opened)

    def _lease(self, current: bool) -> _Opened:
        generation = self.generation()
        leased = self._take(generation)
        if leased is not None:
            return leased
        # Somebody else is opening the newer one: go on with what is open, or wait if nothing is.
        if not self._opening.acquire(blocking=current):
            leased = self._take(None)
            if leased is not None:
                return leased
            self._opening.acquire()
        try:
            generation = self.generation()  # another may have been published meanwhile
            leased = self._take(generation)
            return leased if leased is not None else self._open(generation)
        finally:
            self._opening.release()

    def _take(self, generation: str | None) -> _Opened | None:
        """What is open, if it is of `generation` (None: of any)."""
        with self._lock:
            opened = self._opened
            if opened is None or generation not in (None, opened.generation):
                return None
            opened.users += 1
            return opened

    def _open(self, generation: str) -> _Opened:
        assistant = Assistant.from_settings(self._settings)
        opened = _Opened(assistant, generation, users=1)
        with self._lock:
            old, self._opened = self._opened, opened
        self._retire(old)
        return opened

    def _retire(self, opened: _Opened | None) -> None:
        if opened is None:
            return
        with self._lock:
            opened.retired = True
            unused = opened.users == 0
        if unused:
            opened.assistant.close()

    def _give_back(self, opened: _Opened) -> None:
        with self._lock:
            opened.users -= 1
            unused = opened.retired and opened.users == 0
        if unused:
            opened.assistant.close()
