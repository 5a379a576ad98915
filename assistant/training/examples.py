"""Our development questions, asked through the assistant: what `training.sentences` is fitted on.

Every question of benchmarks/dev is asked in a small library of its group's articles; some also in
the library of another group, which does not answer them, and some in an archive of thousands of
articles, once as it is and once without the group's own. A candidate sentence is right where it
overlaps the evidence, or, in another article of the archive, where it holds a gold answer.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.answering.questions import Question, understand
from assistant.answering.reader import Reader
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import Read, Sentence, candidates, features, read
from assistant.evaluation.matching import holds
from assistant.indexing.build import refresh
from assistant.indexing.embedder import Embedder
from assistant.indexing.index import Index
from assistant.records import Evidence, Filters

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PASSAGES = 8
_IN_ARCHIVE = 20  # questions of each group asked there, too: each takes half a second
_OFF_TOPIC = 10  # questions of another group asked in each library, which cannot answer them


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its evidence as (article, start, end), and accepted answers."""

    text: str
    evidence: tuple[tuple[str, int, int], ...]
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Articles by id, and questions about them."""

    name: str
    articles: dict[str, str]
    questions: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One question, asked among so many passages: its candidates with features (n, f), and which
    of them are right.
    """

    library: str
    question: Question
    answerable: bool
    passages: int
    evidence: tuple[Evidence, ...]
    sentences: tuple[Sentence, ...]
    reads: tuple[Read, ...]
    vectors: NDArray[np.float32]
    rows: NDArray[np.float32]
    right: NDArray[np.bool_]


def libraries(questions: Path, groups: Path, articles: Path) -> Iterator[Library]:
    """One library a group of news articles; after its own questions some of the next group's, which
    it does not answer.
    """
    with gzip.open(articles, "rt", encoding="utf-8") as lines:
        texts = {entry["id"]: entry["text"] for entry in map(json.loads, lines)}
    asked: dict[str, list[Asked]] = {}
    for line in questions.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        spans = tuple((e["article"], e["start"], e["end"]) for e in entry["evidence"])
        answers = tuple(entry["answers"])
        asked.setdefault(entry["group"], []).append(Asked(entry["question"], spans, answers))
    held = json.loads(groups.read_text(encoding="utf-8"))
    for (name, ids), other in zip(held.items(), [*list(held)[1:], *list(held)[:1]], strict=True):
        strange = (Asked(each.text, (), ()) for each in asked[other][:_OFF_TOPIC])
        yield Library(name, {i: texts[i] for i in ids}, (*asked[name], *strange))


def in_library(library: Library, embedder: Embedder, reader: Reader) -> Iterator[Example]:
    """The library's questions, each through indexing and retrieval as in use."""
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "articles"), Path(folder, "index")
        source.mkdir()
        for id_, text in library.articles.items():
            (source / f"{id_}.txt").write_bytes(text.encode())
        refresh(built, [source], lambda kept: embedder, embedder.name)
        with closing(Index.open(built, embedder.name)) as index:
            retriever = Retriever(index, embedder)
            for asked in library.questions:
                yield from _ask(asked, library, retriever, reader)


@dataclass(frozen=True, slots=True)
class Without(Retriever):
    """A retriever that finds nothing in the articles `kept_out`."""

    kept_out: frozenset[str] = frozenset()

    def retrieve(
        self,
        question: str,
        limit: int = 8,
        filters: Filters = Filters(),
        vector: NDArray[np.float32] | None = None,
    ) -> tuple[Evidence, ...]:
        """As a retriever's."""
        # Ten passages of each article that is kept out make room for those that are not.
        wide = limit + 10 * len(self.kept_out)
        found = Retriever.retrieve(self, question, wide, filters, vector)
        return tuple(e for e in found if e.article.id not in self.kept_out)[:limit]


def in_archive(library: Library, archive: Retriever, reader: Reader) -> Iterator[Example]:
    """Some of the library's questions, asked of all articles, and of all but the library's."""
    others = Without(archive.index, archive.embedder, frozenset(library.articles))
    for asked in library.questions[:_IN_ARCHIVE]:
        yield from _ask(asked, library, archive, reader)
        yield from _ask(asked, library, others, reader)


def _ask(asked: Asked, library: Library, retriever: Retriever, reader: Reader) -> Iterator[Example]:
    """The question as an example; none where nothing is found."""
    question = understand(asked.text)
    vector = retriever.embed(asked.text)
    evidence = retriever.retrieve(asked.text, _PASSAGES, Filters(), vector)
    sentences = candidates(evidence)
    if sentences:
        reads = read(question, sentences, evidence, reader)
        rows, vectors = features(question, sentences, reads, evidence, retriever, vector)
        right = [
            overlaps(s.article.id, (s.start, s.end), asked.evidence)
            or (s.article.id not in library.articles and holds(s.text, asked.answers))
            for s in sentences
        ]
        yield Example(
            library.name,
            question,
            bool(asked.evidence),
            retriever.passages,
            evidence,
            tuple(sentences),
            tuple(reads),
            vectors,
            rows,
            np.asarray(right),
        )


def overlaps(article: str, span: tuple[int, int], gold: Sequence[tuple[str, int, int]]) -> bool:
    """Whether a stretch of an article shares a character with the gold evidence."""
    return any(id_ == article and span[0] < end and start < span[1] for id_, start, end in gold)
