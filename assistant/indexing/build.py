"""Bring an index up to date with files: only what changed is computed again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from assistant.corpus.passages import split_passages
from assistant.corpus.reading import Notice, Reading, as_text, located, read_articles, text_hash
from assistant.errors import CorpusError, IndexUnusableError, StoreError
from assistant.indexing import generations
from assistant.indexing.embedder import Embedder
from assistant.indexing.generations import EMBEDDER, SCHEMA, Manifest
from assistant.indexing.library import Library
from assistant.indexing.stores import IN_FOLDER, Store
from assistant.records import Article, Passage

LoadEmbedder = Callable[[Path], Embedder]
"""Opens the embedder that is kept in a folder; where it is empty, keeps one there first."""

Progress = Callable[[int, int], None]
"""Called with the number of passages embedded so far, and of all that are to be."""


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build did. Counts are of articles but for `passages`, which the index now holds."""

    added: int
    updated: int
    removed: int
    unchanged: int
    passages: int
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class _Base:
    """The generation that a build starts from."""

    manifest: Manifest
    library: Library
    folder: Path


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the next generation is to hold: articles that `base` has, by id, and others.

    `sources` are the hashes of what the others were made from.
    """

    base: _Base | None
    same: Sequence[str]
    made: Sequence[Article]
    sources: Mapping[str, str]
    roots: tuple[str, ...]
    notices: tuple[Notice, ...]


def refresh(
    index: Path,
    paths: Sequence[Path],
    load_embedder: LoadEmbedder,
    model: str,
    progress: Progress = lambda done, total: None,
    rebuild: bool = False,
    store: Store = IN_FOLDER,
) -> BuildSummary:
    """Index the articles beneath `paths`; those indexed from there before and gone are dropped.

    The embedder is loaded only if something is to be embedded, or none is kept. All is embedded
    anew where `store` does not hold the former vectors. With `rebuild` nothing of a former index is
    used or kept but the files given to the page. Raises CorpusError (nothing to index), ModelError,
    IndexUnusableError, IndexBusyError, StoreError; the previous generation then stays as it was.
    """
    with generations.building(index, store.tidy) as draft:
        base = None if rebuild else _open_base(index)
        uploads = generations.uploads_folder(index)
        if rebuild and uploads.is_dir() and any(uploads.iterdir()):
            paths = [*paths, uploads]
        try:
            kept = _kept(base, paths)
            taken = {a.id: text_hash(a.text) for a in kept}
            # Where articles were indexed from before, none may be left now.
            emptied = base is not None and len(kept) < len(base.manifest.articles)
            known = base.manifest.sources if base else {}
            reading = read_articles(paths, taken, emptied, known)
            former = _unread(base, reading)
            same = [*taken, *former, *reading.unchanged]
            if not same and not reading.articles and not emptied:
                problems = "\n".join(map(str, reading.notices))
                raise CorpusError(f"none of the files holds an article:\n{problems}")
            notices = reading.notices + tuple(
                Notice(origin, "the version that was indexed before is kept")
                for origin in former.values()
            )
            roots = _roots(base, paths)
            plan = _Plan(base, same, reading.articles, reading.sources, roots, notices)
            return _write(draft, plan, load_embedder, model, store, progress)
        finally:
            if base:
                base.library.close()


def remove(
    index: Path,
    ids: Sequence[str],
    load_embedder: LoadEmbedder,
    model: str,
    store: Store = IN_FOLDER,
) -> BuildSummary:
    """Take articles out of the index. Raises CorpusError, and removes none, if one is not there;
    IndexUnusableError, IndexBusyError, StoreError.
    """
    generations.current(index)  # says what is missing, before anything is made there
    with generations.building(index, store.tidy) as draft:
        base = _open_base(index)
        if base is None:
            raise CorpusError(f"the index {index} was removed meanwhile")
        with closing(base.library):
            if base.manifest.model != model:
                raise IndexUnusableError(
                    f"the index {index} was built with the embedding model "
                    f"{base.manifest.model!r}, not {model!r}; name that one"
                )
            store.check(base.folder, base.manifest)
            unknown = [id_ for id_ in ids if id_ not in base.manifest.articles]
            if unknown:
                raise CorpusError(
                    f"not in the index: {', '.join(unknown)}; 'assistant articles' lists what is"
                )
            same = [id_ for id_ in base.manifest.articles if id_ not in ids]
            plan = _Plan(base, same, (), {}, base.manifest.roots, ())
            return _write(draft, plan, load_embedder, model, store)


def _open_base(index: Path) -> _Base | None:
    folder = generations.find(index)
    if folder is None:
        return None
    return _Base(Manifest.read(folder), Library.open(folder / "library.sqlite"), folder)


def _roots(base: _Base | None, paths: Iterable[Path]) -> tuple[str, ...]:
    """`paths` and what was given before, but for what lies beneath another of them."""
    given = dict.fromkeys(base.manifest.roots if base else ())
    given |= dict.fromkeys(as_text(located(path)) for path in paths)
    return tuple(root for root in given if given.keys().isdisjoint(map(str, Path(root).parents)))


def _kept(base: _Base | None, paths: Iterable[Path]) -> list[Article]:
    """The articles that were not indexed from beneath `paths`."""
    if base is None:
        return []
    roots = {as_text(located(path)) for path in paths}
    return [
        article
        for id_, origin in base.library.origins().items()
        if not _beneath(origin, roots) and (article := base.library.article(id_))
    ]


def _unread(base: _Base | None, reading: Reading) -> dict[str, str]:
    """The origins, by id, of what is indexed and there but could not be read this time."""
    if base is None or not reading.unread:
        return {}
    return {
        id_: origin
        for id_, origin in base.library.origins().items()
        if _beneath(origin, reading.unread)
    }


def _beneath(path: str, places: Set[str]) -> bool:
    """Whether `path` is one of `places` or lies in one of them."""
    while path not in places:
        path, below = os.path.dirname(path), path
        if path == below:
            return False
    return True


def _write(
    draft: Path,
    plan: _Plan,
    load_embedder: LoadEmbedder,
    model: str,
    store: Store,
    progress: Progress = lambda done, total: None,
) -> BuildSummary:
    """The next generation in `draft`, made from the last by the fewest changes, and published."""
    base, notices = plan.base, plan.notices
    made = {article.id: article for article in plan.made}
    before = base.manifest.articles if base else {}
    hashes = {id_: before[id_] for id_ in plan.same}
    hashes |= {id_: content_hash(article) for id_, article in made.items()}
    reusable = base is not None and (
        base.manifest.model == model
        and base.manifest.passage_words == generations.passage_settings()
        and _is_kept(base, store)
    )
    gone = [id_ for id_ in before if hashes.get(id_) != before[id_]]
    new = [id_ for id_ in hashes if before.get(id_) != hashes[id_]]
    updated = len(set(new) & set(before))
    summary = BuildSummary(
        added=len(new) - updated,
        updated=updated,
        removed=len(gone) - updated,
        unchanged=len(hashes) - len(new),
        passages=base.manifest.passages if base else 0,
        notices=notices,
    )
    if base and reusable and not new and not gone and plan.roots == base.manifest.roots:
        return summary
    if base and reusable:
        _link(base.folder / EMBEDDER, draft / EMBEDDER)
        embedder, dimension = None, base.manifest.dimension
        vectors = store.copy(base.folder, base.manifest, draft)
        library = base.library.copy_to(draft / "library.sqlite")
    else:
        new, gone = list(hashes), []
        (draft / EMBEDDER).mkdir()
        embedder = load_embedder(draft / EMBEDDER)
        dimension = embedder.dimension
        if embedder.notice:
            notices += (Notice(model, embedder.notice),)
        vectors = store.create(draft)
        library = Library.create(draft / "library.sqlite")
    with closing(library), closing(vectors):
        vectors.remove([passage for id_ in gone for passage in library.remove(id_)])
        pending: list[tuple[Article, Passage]] = []
        for id_ in new:
            article = made.get(id_) or (base.library.article(id_) if base else None)
            if article is None:
                raise IndexUnusableError(
                    f"the index lacks the article {id_} that its manifest names; make it anew with "
                    "'assistant index --rebuild PATH ...'"
                )
            passages = split_passages(article)
            library.add(article, passages)
            pending += ((article, passage) for passage in passages)
        library.commit()
        if pending:
            embedder = embedder or load_embedder(draft / EMBEDDER)
            done = 0

            def advance(count: int) -> None:
                nonlocal done
                done += count
                progress(done, len(pending))

            progress(0, len(pending))
            vectors.add(pending, embedder, advance)
        total = vectors.count()
        if total != library.count()[1]:
            raise StoreError(
                f"{total:,} of {library.count()[1]:,} vectors were stored; run the command again"
            )
    Manifest(
        schema=SCHEMA,
        model=model,
        dimension=dimension,
        passage_words=generations.passage_settings(),
        passages=total,
        articles=hashes,
        sources={id_: (base.manifest.sources if base else {}).get(id_, "") for id_ in plan.same}
        | dict(plan.sources),
        roots=plan.roots,
        collection=vectors.name,
    ).write(draft)
    generations.publish(draft)
    return BuildSummary(
        summary.added, summary.updated, summary.removed, summary.unchanged, total, notices
    )


def _is_kept(base: _Base, store: Store) -> bool:
    """Whether the vectors of `base` are in `store`. Raises StoreError where it does not say."""
    try:
        store.check(base.folder, base.manifest)
    except IndexUnusableError:
        return False
    return True


def _link(source: Path, target: Path) -> None:
    """`target` with the same files as `source`; the same on disk where the system can do that."""

    def link(file: str, copy: str) -> None:
        try:
            os.link(file, copy)
        except OSError:
            shutil.copyfile(file, copy)

    try:
        shutil.copytree(source, target, copy_function=link)
    except (OSError, shutil.Error) as error:
        raise IndexUnusableError(
            f"{source} cannot be copied ({error}); make the index anew with "
            "'assistant index --rebuild PATH ...'"
        ) from error


def content_hash(article: Article) -> str:
    """SHA-256 of all that is indexed of an article; equal where nothing has to be done."""
    content = [
        article.id,
        article.text,
        article.title,
        article.outlet,
        article.published.isoformat() if article.published else None,
        article.url,
        article.origin,
        [[s.kind, s.start, s.end] for s in article.spans],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
