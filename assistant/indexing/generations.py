"""Complete, immutable generations of an index, one of which is current.

    index/
      current            the name of the current generation; replaced atomically
      lock               held by the process that builds
      generations/
        000007/          manifest.json, library.sqlite, embedder/ (ONNX), vectors/ (Chroma; not
                         where a Chroma server keeps them)
        000008.building/ a build under way, or left by one that was killed
      uploads/           files that were given to the page; they are part of every build made anew
      store              what this index's collections on a Chroma server are called

A build writes beside the current generation and publishes by replacing `current`. Readers keep
the generation they opened: it is removed only when nobody holds its library.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.corpus.passages import MAX_WORDS, MIN_WORDS
from assistant.errors import IndexBusyError, IndexUnusableError, StoreError
from assistant.indexing.library import is_held

SCHEMA = 3
EMBEDDER = "embedder"  # the folder in a generation that keeps the embedding model
_BUILDING = ".building"
_OURS = re.compile(r"\d{6,}(?:\.building)?")  # nothing else in the folder is ever removed


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds and how it was made.

    `articles` maps an article's id to the hash of all that is indexed of it, `sources` to the hash
    of what it was made from. `roots` are the files and folders that were given to be indexed,
    `collection` is the name of its vectors' collection on a server; empty: they are in the folder.
    """

    schema: int
    model: str
    dimension: int
    passage_words: tuple[int, int]
    passages: int
    articles: dict[str, str]
    sources: dict[str, str]
    roots: tuple[str, ...] = ()
    collection: str = ""

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in a generation's folder. Raises IndexUnusableError for another schema."""
        try:
            values = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            if values["schema"] == SCHEMA:
                values["passage_words"] = tuple(values["passage_words"])
                values["roots"] = tuple(values.get("roots", ()))
                return cls(**values)
            problem = f"has schema {values['schema']}, this version reads schema {SCHEMA}"
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"has a manifest that cannot be read ({error})"
        raise IndexUnusableError(
            f"the index {folder.parent.parent} {problem}; make it anew with "
            "'assistant index --rebuild PATH ...'"
        )

    def write(self, folder: Path) -> None:
        """Write the manifest into a generation's folder, down to the disk."""
        _write(folder / "manifest.json", json.dumps(asdict(self), ensure_ascii=False, indent=1))


def passage_settings() -> tuple[int, int]:
    """The passage settings that a manifest records."""
    return MIN_WORDS, MAX_WORDS


def uploads_folder(index: Path) -> Path:
    """Where files that were given to the page are kept."""
    return index / "uploads"


def find(index: Path) -> Path | None:
    """The folder of the current generation, or None. Raises IndexUnusableError if it is unclear."""
    try:
        name = (index / "current").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise IndexUnusableError(
            f"the index {index} cannot be read: {index / 'current'}: {reason}; mend or remove that "
            "file, then run 'assistant index PATH ...'"
        ) from error
    return index / "generations" / name if name else None


def current(index: Path) -> Path:
    """The folder of the current generation. Raises IndexUnusableError where there is none."""
    folder = find(index)
    if folder is None:
        raise IndexUnusableError(
            f"no index in {index}; build one with 'assistant index PATH ... --index {index}'"
        )
    return folder


@contextmanager
def building(index: Path, tidy: Callable[[Path], None] = lambda index: None) -> Iterator[Path]:
    """A new folder to build the next generation in, while nobody else builds.

    Publish it with `publish`; whatever is not published is removed. `tidy` removes what former
    generations had elsewhere: before a build, and after it as far as a StoreError lets it. Raises
    IndexBusyError where another process is building.
    """
    from filelock import FileLock, Timeout

    try:
        (index / "generations").mkdir(parents=True, exist_ok=True)
        lock = FileLock(index / "lock", timeout=0)
        lock.acquire()
    except Timeout:
        raise IndexBusyError(
            f"another process is building the index {index}; try again when it has finished"
        ) from None
    except OSError as error:
        raise IndexUnusableError(
            f"the index {index} cannot be written ({error.strerror or error}); "
            "give another place with --index DIR"
        ) from error
    try:
        clean(index)
        tidy(index)
        names = [int(p.name) for p in (index / "generations").iterdir() if p.name.isdecimal()]
        folder = index / "generations" / f"{max(names, default=0) + 1:06d}{_BUILDING}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            clean(index)
            with suppress(StoreError):  # the next build will
                tidy(index)
    finally:
        lock.release()


def publish(folder: Path) -> Path:
    """Make a finished build the current generation, in one step; its folder from now on."""
    generation = folder.with_suffix("")
    for path in folder.rglob("*"):
        _sync(path)
    folder.rename(generation)
    _sync(generation.parent)
    index = generation.parent.parent
    _write(index / "current.new", generation.name)
    os.replace(index / "current.new", index / "current")
    _sync(index)
    return generation


def clean(index: Path) -> None:
    """Remove what killed builds left, and generations that nobody uses any more."""
    keep = find(index)
    (index / "current.new").unlink(missing_ok=True)
    for folder in (index / "generations").iterdir():
        held = folder.name.isdecimal() and is_held(folder / "library.sqlite")
        if folder == keep or held or not _OURS.fullmatch(folder.name):
            continue
        shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    """Down to the disk, where the system can do that for this kind of path."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return  # folders cannot be opened on Windows
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
