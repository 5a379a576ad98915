"""Where the vectors of an index are kept: in each generation's folder, or on a server.

A store keeps one collection for each generation, which stays as it is once that is published. So
nobody sees a half of it: a generation is opened only after its manifest was written, and that is
written only after its collection is complete and counted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from assistant.errors import IndexUnusableError
from assistant.indexing.generations import Manifest
from assistant.indexing.vectors import Vectors


class Store(Protocol):
    """Keeps vectors. A generation is named by its folder, and by its manifest once it has one.

    Every method raises StoreError where a server cannot be reached, refuses or fails.
    """

    def create(self, draft: Path) -> Vectors:
        """A new, empty collection for the generation that is built in `draft`."""

    def copy(self, generation: Path, manifest: Manifest, draft: Path) -> Vectors:
        """The same with all that a generation's collection holds."""

    def open(self, generation: Path, manifest: Manifest) -> Vectors:
        """A generation's collection. Raises IndexUnusableError where it is not here and whole."""

    def check(self, generation: Path, manifest: Manifest) -> None:
        """Raises IndexUnusableError where a generation's collection is not kept here."""

    def tidy(self, index: Path) -> None:
        """Remove the collections of this index whose generation is gone; for its builder only."""


class FolderStore:
    """Keeps a generation's vectors in its folder, which goes when the generation does."""

    def create(self, draft: Path) -> Vectors:
        """See Store."""
        return Vectors.create(draft / "vectors")

    def copy(self, generation: Path, manifest: Manifest, draft: Path) -> Vectors:
        """See Store."""
        Vectors.copy(generation / "vectors", draft / "vectors")
        return Vectors.open(draft / "vectors")

    def open(self, generation: Path, manifest: Manifest) -> Vectors:
        """See Store."""
        self.check(generation, manifest)
        return Vectors.open(generation / "vectors")

    def check(self, generation: Path, manifest: Manifest) -> None:
        """See Store."""
        if manifest.collection:
            raise IndexUnusableError(
                f"the vectors of the index {generation.parent.parent} are on a Chroma server; name "
                "it with --store URL or ASSISTANT_STORE, or run 'assistant index PATH ...' to make "
                "them anew in the folder"
            )

    def tidy(self, index: Path) -> None:
        """See Store."""


IN_FOLDER = FolderStore()
