"""Articles that are added and removed from the page: the files, and the index with them.

Added files lie in a folder of the index, so that building it anew keeps them.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant import api
from assistant.api import Progress
from assistant.corpus.reading import as_text, located, read_articles
from assistant.errors import UsageError
from assistant.indexing.build import BuildSummary
from assistant.indexing.generations import Manifest, find, uploads_folder
from assistant.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `message` says why it is not indexed, or what is worth knowing."""

    name: str
    indexed: bool
    message: str = ""


def add(
    files: Sequence[Path], settings: Settings, progress: Progress = lambda done, total: None
) -> tuple[Outcome, ...]:
    """Index copies of `files`, each by its name: a file of the same name is replaced.

    A file that cannot be read as an article costs its own outcome only. Raises AssistantError where
    the index cannot be built; files that were good are then indexed by the next build.
    """
    folder = uploads_folder(settings.index)
    outcomes: dict[str, Outcome] = {}
    good: list[Path] = []
    for file in files:
        name = file.name.lstrip(".") or "article.txt"
        # Read where it lies first, so that nothing bad replaces an article.
        reading = read_articles([file], may_be_empty=True)
        message = "; ".join(notice.message for notice in reading.notices)
        if reading.articles:
            good.append(_copy(file, folder / name))
        outcomes[name] = Outcome(name, bool(reading.articles), message)
    if good:
        summary = _refresh([folder], settings, progress)
        origins = _origins(settings)
        notices = {notice.path: notice.message for notice in summary.notices}
        for path in good:
            origin = as_text(located(path))
            indexed = origin in origins.values()
            if not indexed:  # the same text as another article: nothing to keep
                path.unlink(missing_ok=True)
            outcomes[path.name] = Outcome(path.name, indexed, notices.get(origin, ""))
    return tuple(outcomes.values())


def remove(ids: Sequence[str], settings: Settings) -> BuildSummary:
    """Take articles out of the index, and their files where they were added here.

    Raises CorpusError, and removes none, if one is not there.
    """
    origins = _origins(settings)
    model = settings.embedding_model
    summary = api.remove(ids, settings.index, embedding_model=model, store=settings.store)
    folder = located(uploads_folder(settings.index))
    for origin in (Path(origins[id_]) for id_ in ids):
        if origin.is_relative_to(folder):
            origin.unlink(missing_ok=True)
    return summary


def reindex(
    settings: Settings, progress: Progress = lambda done, total: None
) -> tuple[BuildSummary, tuple[str, ...]]:
    """Read again all that the index was built from, and what was added; and what is missing of it.

    What was indexed from a missing place stays. Raises UsageError where nothing is known to read.
    """
    generation = find(settings.index)
    roots = [Path(root) for root in Manifest.read(generation).roots] if generation else []
    uploads = located(uploads_folder(settings.index))
    if uploads.is_dir() and uploads not in roots:
        roots.append(uploads)
    present = [root for root in roots if root.exists()]
    if not present:
        raise UsageError(
            "it is not known what the index was built from; run 'assistant index PATH ...' once"
        )
    missing = tuple(str(root) for root in roots if root not in present)
    return _refresh(present, settings, progress), missing


def _refresh(paths: Sequence[Path], settings: Settings, progress: Progress) -> BuildSummary:
    model = settings.embedding_model
    return api.refresh(
        paths, settings.index, embedding_model=model, store=settings.store, progress=progress
    )


def _origins(settings: Settings) -> dict[str, str]:
    """Where each indexed article is from, by id."""
    with api.open_library(settings.index) as library:
        return library.origins()


def _copy(file: Path, to: Path) -> Path:
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)
    except OSError as error:
        raise UsageError(f"{to}: cannot be written ({error.strerror or error})") from error
    return to
