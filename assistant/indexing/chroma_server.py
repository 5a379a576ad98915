"""Vectors on a Chroma server, in collections named after an index and its generations.

Everything else of an index stays in its folder. A collection `assistant-3f2a9c0d1e5b-000007` is the
seventh generation's of the index whose file `store` says `assistant-3f2a9c0d1e5b`; the builder
removes those whose generation is gone. A copied folder reads the collections that its manifest
names, but takes a name of its own before it builds, so that it removes none of the original's.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assistant.errors import AssistantError, IndexUnusableError, StoreError
from assistant.indexing.generations import Manifest
from assistant.indexing.vectors import BATCH, HNSW, Vectors

_TO_CONNECT = 10.0  # seconds
_SHOWN = 200  # characters of a server's own message


@dataclass(frozen=True, slots=True)
class _Session:
    """What Chroma's HttpClient asks through. Not that client: it opens another session beside this
    one, closes neither, and waits without end while it is made.
    """

    api: Any

    @property
    def http(self) -> Any:
        """Its httpx.Client, for which Chroma has no settings."""
        return self.api._session

    def close(self) -> None:
        self.http.close()


@dataclass(frozen=True, slots=True)
class ChromaServer:
    """A Store on the server at `url` (http://host:port), which is sent `token` if there is one.

    `patience`: seconds to wait for one reply.
    """

    url: str
    token: str = field(default="", repr=False)
    patience: float = 60.0

    def create(self, draft: Path) -> Vectors:
        """See Store."""
        name = f"{_own_name(draft.parent.parent)}-{draft.stem}"
        return self._open(
            name, lambda api: api.create_collection(name, configuration={"hnsw": HNSW})
        )

    def copy(self, generation: Path, manifest: Manifest, draft: Path) -> Vectors:
        """See Store. All passes through here: the single-node server cannot fork a collection."""
        with closing(self.open(generation, manifest)) as former:
            copied = self.create(draft)
            try:
                copied.take(former)
            except BaseException:
                copied.close()
                raise
            return copied

    def open(self, generation: Path, manifest: Manifest) -> Vectors:
        """See Store."""
        name = manifest.collection
        if not name:
            raise IndexUnusableError(
                f"the vectors of the index {generation.parent.parent} are in its folder, not on "
                f"{self.url}; leave out --store and ASSISTANT_STORE, or run 'assistant index PATH "
                "...' with them to make the vectors anew on the server"
            )
        vectors = self._open(name, lambda api: api.get_collection(name))
        try:
            if vectors.count() != manifest.passages:
                raise self._lost(name)
        except BaseException:
            vectors.close()
            raise
        return vectors

    def check(self, generation: Path, manifest: Manifest) -> None:
        """See Store."""
        self.open(generation, manifest).close()

    def tidy(self, index: Path) -> None:
        """See Store."""
        own = f"{_own_name(index)}-"
        kept = {own + folder.name for folder in (index / "generations").iterdir()}
        with closing(self._connect()) as session, self._told():
            for name in list(_names(session.api)):
                if name.startswith(own) and name not in kept:
                    session.api.delete_collection(name)

    def _open(self, name: str, find: Callable[[Any], Any]) -> Vectors:
        from chromadb.api.models.Collection import Collection

        session = self._connect()
        try:
            with self._told(name):
                found = find(session.api)
        except BaseException:
            session.close()
            raise
        collection = Collection(session.api, found, embedding_function=None)
        return Vectors(collection, session.close, name, partial(self._told, name))

    def _connect(self) -> _Session:
        import httpx
        from chromadb.api import ServerAPI
        from chromadb.config import Settings, System

        # A proxy looks for the first, Chroma's own gateway for the second.
        token = {"Authorization": f"Bearer {self.token}", "X-Chroma-Token": self.token}
        parts = urlsplit(self.url)
        settings = Settings(
            chroma_api_impl="chromadb.api.fastapi.FastAPI",
            chroma_server_host=self.url,
            chroma_server_http_port=parts.port,
            chroma_server_ssl_enabled=parts.scheme == "https",
            chroma_server_headers=token if self.token else {},
            anonymized_telemetry=False,
            chroma_otel_collection_endpoint="",
        )
        session = _Session(System(settings).instance(ServerAPI))
        session.http.timeout = httpx.Timeout(self.patience, connect=_TO_CONNECT)
        try:
            with self._told():
                self._check_identity(session.http.get(f"{self.url}/api/v2/auth/identity"))
        except BaseException:
            session.close()
            raise
        return session

    def _check_identity(self, reply: Any) -> None:
        if reply.status_code in (401, 403):
            problem = "refuses the token" if self.token else "needs a token"
            raise StoreError(
                f"the Chroma server at {self.url} {problem}; set the right one in the environment "
                "variable ASSISTANT_STORE_TOKEN"
            )
        if reply.is_server_error:
            raise StoreError(f"the Chroma server at {self.url} fails (HTTP {reply.status_code})")
        try:
            known = "tenant" in reply.json()
        except (ValueError, TypeError):
            known = False
        if not known:
            raise StoreError(f"what answers at {self.url} is no Chroma server; see --store")

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        """Turns what goes wrong into our own errors; `name`: the collection that is in use."""
        import httpx
        from chromadb.errors import NotFoundError

        try:
            yield
        except AssistantError:
            raise
        except httpx.TimeoutException as error:
            raise StoreError(
                f"the Chroma server at {self.url} did not answer within {self.patience:g} seconds; "
                "try again"
            ) from error
        except httpx.TransportError as error:
            raise StoreError(
                f"the Chroma server at {self.url} cannot be reached ({error}); start it, or name "
                "another with --store"
            ) from error
        except Exception as error:  # Chroma's own, ValueErrors and bare Exceptions
            if name and isinstance(error, NotFoundError):
                raise self._lost(name) from error
            said = str(error).strip()[:_SHOWN] or type(error).__name__
            raise StoreError(f"the Chroma server at {self.url} failed: {said}") from error

    def _lost(self, name: str) -> IndexUnusableError:
        return IndexUnusableError(
            f"the vectors of this index are not, or not all, on {self.url} (collection {name}); if "
            "that is the right server, 'assistant index PATH ...' makes them anew"
        )


def _own_name(index: Path) -> str:
    """What the names of this folder's collections begin with: made up once, and kept in a file.

    The file holds its inode's number too, by which a copy is told from the original.
    """
    file = index / "store"
    try:
        name, inode = file.read_text(encoding="ascii").split()
        if inode == str(file.stat().st_ino):
            return name
    except (FileNotFoundError, ValueError):
        pass
    name = f"assistant-{secrets.token_hex(6)}"
    with file.open("w", encoding="ascii") as new:
        new.write(f"{name} {file.stat().st_ino}\n")
    return name


def _names(api: Any) -> Iterator[str]:
    """The names of all the collections on a server; it may give no more than some at a time."""
    seen = 0
    while page := api.list_collections(limit=BATCH, offset=seen):
        seen += len(page)
        yield from (collection.name for collection in page)
