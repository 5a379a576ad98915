"""Passage vectors in a Chroma collection, on disk or on a server (see `stores`).

Chroma gets vectors, ids and what filters need. Texts are the library's: stored here as well, as
LlamaIndex's adapter would, with an index over their trigrams and each node once more as JSON, they
took two thirds of an index, which every refresh copies.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import IndexUnusableError
from assistant.indexing.embedder import Embedder
from assistant.records import Article, Filters, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COLLECTION = "passages"
_DATABASE = "chroma.sqlite3"
_PATIENCE = 60.0  # seconds to wait for a process that opens the same collection
# Chroma's defaults (16 neighbours, 100 looked at) lose neighbours among many vectors; with these,
# recall@10 against exact search is measured in tests/indexing/test_vectors.py.
HNSW = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 200}
BATCH = 256  # Chroma takes at most 5,461 at once


class Vectors:
    """An open collection of passage vectors.

    Args:
        collection: Chroma's.
        close: lets go of it.
        name: what it is called on a server; "" in a folder.
        told: around every use of it; turns Chroma's errors into our own.
    """

    def __init__(
        self,
        collection: Any,
        close: Callable[[], None],
        name: str = "",
        told: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._collection = collection
        self._close = close
        self.name = name
        self._told = told

    @classmethod
    def create(cls, folder: Path) -> Vectors:
        """A new, empty collection in `folder`."""
        client = _client(folder)
        created = client.create_collection(_COLLECTION, configuration={"hnsw": HNSW})
        return cls(created, client.close)

    @classmethod
    def open(cls, folder: Path) -> Vectors:
        """The collection in `folder`. Raises IndexUnusableError where it cannot be opened.

        Chroma writes a row to its `acquire_write` table whenever it opens a folder, so that the
        folder must be writable; what is stored stays the same.
        """
        try:
            if not (folder / _DATABASE).is_file():
                raise FileNotFoundError(f"{_DATABASE} is missing")  # Chroma would make a new one
            client = _client(folder)
            found = client.get_collection(_COLLECTION, embedding_function=None)
            return cls(found, client.close)
        except Exception as error:  # Chroma's own errors have no common base
            raise IndexUnusableError(
                f"the vectors in {folder} cannot be opened ({error}); the folder must be writable; "
                "if it is, make the index anew with 'assistant index --rebuild PATH ...'"
            ) from error

    @staticmethod
    def copy(source: Path, target: Path) -> None:
        """Copy a collection's folder; other processes may open the source meanwhile."""
        # They write to the database for a moment then (see `open`), so it is copied by SQLite.
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{_DATABASE}*"))
        with (
            closing(sqlite3.connect(source / _DATABASE, timeout=_PATIENCE)) as original,
            closing(sqlite3.connect(target / _DATABASE)) as copy,
        ):
            copy.execute("PRAGMA synchronous = OFF")
            original.backup(copy)

    def close(self) -> None:
        """Let go of the collection."""
        self._close()

    def add(
        self,
        passages: Sequence[tuple[Article, Passage]],
        embedder: Embedder,
        progress: Callable[[int], None],
    ) -> None:
        """Embed passages, each with its article's headline as context, and store them.

        While some are stored the next are embedded. `progress` is called with the number of
        passages just stored.
        """

        def embed(first: int) -> NDArray[np.float32]:
            batch = passages[first : first + BATCH]
            return embedder.encode([as_embedded(*each) for each in batch])

        starts = range(0, len(passages), BATCH)
        if not starts:
            return
        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(embed, 0)
            for first in starts:
                vectors = coming.result()
                if first != starts[-1]:
                    coming = ahead.submit(embed, first + BATCH)
                batch = passages[first : first + BATCH]
                with self._told():
                    self._collection.add(
                        ids=[passage.id for _, passage in batch],
                        embeddings=vectors,
                        metadatas=[_filtered_by(article) for article, _ in batch],
                    )
                progress(len(batch))

    def take(self, source: Vectors) -> None:
        """Store what another collection holds, which must not change meanwhile."""
        for first in range(0, source.count(), BATCH):
            with source._told():
                page = source._collection.get(
                    limit=BATCH, offset=first, include=["embeddings", "metadatas"]
                )
            with self._told():
                self._collection.add(
                    ids=page["ids"],
                    embeddings=page["embeddings"],
                    metadatas=page["metadatas"],
                )

    def remove(self, passage_ids: Sequence[str]) -> None:
        """Remove vectors."""
        for first in range(0, len(passage_ids), BATCH):
            with self._told():
                self._collection.delete(ids=list(passage_ids[first : first + BATCH]))

    def count(self) -> int:
        """How many vectors there are."""
        with self._told():
            return int(self._collection.count())

    def search(
        self, vector: NDArray[np.float32], limit: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """(passage id, cosine) of the passages nearest to `vector` (shape (dimension,))."""
        with self._told():
            found = self._collection.query(
                query_embeddings=[vector],
                n_results=limit,
                where=_where(filters),
                include=["distances"],
            )
        return [
            (id_, 1.0 - distance)
            for id_, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]


def as_embedded(article: Article, passage: Passage) -> str:
    """What is embedded of a passage: its article's headline, as context, and its text."""
    return f"{article.title}\n{passage.text}" if article.title else passage.text


def _client(folder: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))


def _filtered_by(article: Article) -> dict[str, Any] | None:
    """What `_where` asks for; what is not known is left out. None: Chroma takes no empty one."""
    stated: dict[str, Any] = {}
    if article.outlet:
        stated["outlet"] = article.outlet
    if article.published:
        stated["published"] = article.published.toordinal()
    return stated or None


def _where(filters: Filters) -> dict[str, Any] | None:
    conditions: list[dict[str, Any]] = []
    if filters.outlets:
        conditions.append({"outlet": {"$in": list(filters.outlets)}})
    if filters.since:
        conditions.append({"published": {"$gte": filters.since.toordinal()}})
    if filters.until:
        conditions.append({"published": {"$lte": filters.until.toordinal()}})
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None
