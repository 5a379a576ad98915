"""A generation opened to answer from."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import IndexUnusableError
from assistant.indexing import generations
from assistant.indexing.embedder import Embedder
from assistant.indexing.generations import EMBEDDER, Manifest
from assistant.indexing.library import Library
from assistant.indexing.stores import IN_FOLDER, Store
from assistant.indexing.vectors import Vectors

_ATTEMPTS = 20  # each one fails only if a build was published, and cleaned up, in between


@dataclass(frozen=True, slots=True)
class Index:
    """One generation: stays as it is, whatever is built beside it, until it is closed."""

    folder: Path
    manifest: Manifest
    library: Library
    vectors: Vectors

    @classmethod
    def open(cls, index: Path, model: str, store: Store = IN_FOLDER) -> Index:
        """Open the current generation of `index`, which must have been built with `model`, its
        vectors in `store`.

        Raises IndexUnusableError, StoreError.
        """
        folder, library = open_library(index)
        try:
            manifest = Manifest.read(folder)
            if manifest.model != model:
                raise IndexUnusableError(
                    f"the index {index} was built with the embedding model {manifest.model!r}, "
                    f"not {model!r}; ask with that one, or run 'assistant index' with this one"
                )
            return cls(folder, manifest, library, store.open(folder, manifest))
        except BaseException:
            library.close()
            raise

    def load_embedder(self) -> Embedder:
        """The embedding model, as it was kept when the index was built with it.

        Raises IndexUnusableError, ModelError.
        """
        return Embedder.open(self.folder / EMBEDDER)

    def close(self) -> None:
        """Let go of the generation."""
        self.vectors.close()
        self.library.close()


def open_library(index: Path) -> tuple[Path, Library]:
    """The current generation's folder, and its library, held so that neither is removed.

    Raises IndexUnusableError.
    """
    problem = "it is being built over and over"
    for _ in range(_ATTEMPTS):
        folder = generations.current(index)
        try:
            library = Library.open(folder / "library.sqlite")
        except sqlite3.DatabaseError as error:
            problem = str(error)
            continue
        # If another was published between the two, this one may be removed already. Held while
        # still current, it stays.
        if generations.find(index) == folder:
            return folder, library
        library.close()
    raise IndexUnusableError(
        f"the index {index} cannot be opened ({problem}); make it anew with "
        "'assistant index --rebuild PATH ...'"
    )
