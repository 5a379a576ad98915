"""The assistant: opens an index, wires the parts, answers. The only place that wires."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from assistant.answering import extractive, llm, reader_weights, small_talk
from assistant.answering.citations import verify
from assistant.answering.confidence import default_threshold
from assistant.answering.drafting import Draft
from assistant.answering.followups import resolve
from assistant.answering.llm_client import connect, wrap
from assistant.answering.prompting import Prompts
from assistant.answering.questions import Question, understand
from assistant.answering.reader import Reader
from assistant.answering.retrieval import Retriever
from assistant.errors import CorpusError, IndexUnusableError, SettingsError, UsageError
from assistant.indexing import build
from assistant.indexing.build import BuildSummary
from assistant.indexing.chroma_server import ChromaServer
from assistant.indexing.embedder import Embedder
from assistant.indexing.embedder_export import keep
from assistant.indexing.index import Index
from assistant.indexing.index import open_library as open_current
from assistant.indexing.library import Library, Listing
from assistant.indexing.stores import IN_FOLDER, Store
from assistant.records import Answer, Article, Evidence, Filters, Turn
from assistant.settings import LLM_KEY, Settings, store_token

if TYPE_CHECKING:
    from assistant.llamaindex import AnswerEngine, EvidenceRetriever

Progress = Callable[[int, int], None]


class Assistant:
    """Answers questions about the articles of one index. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        index: Index,
        embedder: Embedder,
        reader: Reader,
        engine: llm.Engine | None = None,
    ) -> None:
        self.settings = settings
        self._index = index
        self._embedder = embedder
        self._retriever = Retriever(index, embedder)
        self._reader = reader
        self._engine = engine  # None: the extractive one

    @classmethod
    def open(
        cls,
        index: str | Path | None = None,
        *,
        embedding_model: str | None = None,
        reader: str | None = None,
        engine: str | None = None,
        llm_url: str | None = None,
        llm_model: str | None = None,
        prompts: str | Path | None = None,
        store: str | None = None,
        llm: Any = None,
    ) -> Assistant:
        """Open an index that was built before.

        `llm` is any LlamaIndex LLM, in place of one at `llm_url`; with it the engine is "llm"
        unless another is named. Nothing is sent to a language model before a question is.

        Raises IndexUnusableError where there is none, or it was built otherwise; ModelError where
        a model cannot be loaded; SettingsError for an impossible setting; StoreError where the
        vectors are on a Chroma server (`store`) that cannot be reached.
        """
        settings = Settings.load(
            index,
            embedding_model,
            reader,
            engine=engine or ("llm" if llm is not None else None),
            llm_url=llm_url,
            llm_model=llm_model,
            prompts=prompts,
            store=store,
        )
        return cls.from_settings(settings, llm)

    @classmethod
    def from_settings(cls, settings: Settings, llm: Any = None) -> Assistant:
        """As `open`, with everything settled."""
        engine = _llm_engine(settings, llm)
        opened = Index.open(settings.index, settings.embedding_model, _store(settings))
        try:
            return cls(
                settings,
                opened,
                opened.load_embedder(),
                reader_weights.load(settings.reader),
                engine,
            )
        except BaseException:
            opened.close()
            raise

    @classmethod
    def build(
        cls,
        paths: Iterable[str | Path],
        index: str | Path | None = None,
        *,
        embedding_model: str | None = None,
        store: str | None = None,
        progress: Progress = lambda done, total: None,
    ) -> Assistant:
        """Index the articles beneath `paths` (see `refresh`), then open the index."""
        refresh(paths, index, embedding_model=embedding_model, store=store, progress=progress)
        return cls.open(index, embedding_model=embedding_model, store=store)

    def __enter__(self) -> Assistant:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index."""
        self._index.close()

    def ask(
        self,
        question: str,
        filters: Filters = Filters(),
        *,
        history: Sequence[Turn] = (),
        threshold: float | None = None,
    ) -> Answer:
        """Answer one question from the articles that pass `filters`.

        After a `history` (oldest turn first) a follow-up is understood by it. `threshold` is the
        confidence below which the answer is "not_found"; None is the engine's own, 0 always gives
        the best candidate.

        Raises QuestionError for an empty or overlong question, UsageError for a filter that no
        article can pass, LanguageModelError where the engine is "llm" and the model fails,
        StoreError where the server that keeps the vectors does.
        """
        *_, answer = self.stream(question, filters, history=history, threshold=threshold)
        return answer

    def stream(
        self,
        question: str,
        filters: Filters = Filters(),
        *,
        history: Sequence[Turn] = (),
        threshold: float | None = None,
    ) -> Iterator[Answer]:
        """The answer as it grows, each time verified; the last one is what `ask` returns.

        Closing the iterator stops the request to a language model. Arguments and errors are those
        of `ask`.
        """
        started = time.perf_counter()
        understood = understand(resolve(question, history))
        filters, notes = self._checked(filters)
        library = self._index.library
        if library.count()[0] == 0:
            raise IndexUnusableError(
                f"the index {self.settings.index} holds no articles; add some with "
                "'assistant index PATH ...'"
            )
        with closing(self._drafts(understood, filters, threshold)) as drafts:
            for draft in drafts:
                answer = Answer(
                    question=question,
                    understood=understood.text,
                    status=draft.status,
                    text=draft.text,
                    short=draft.short,
                    confidence=draft.confidence,
                    citations=draft.citations,
                    evidence=draft.evidence,
                    notes=notes + draft.notes,
                    engine=draft.engine,
                    seconds=time.perf_counter() - started,
                )
                cited = {citation.article for citation in answer.citations}
                verify(answer, {id_: article for id_ in cited if (article := library.article(id_))})
                yield answer

    def _drafts(
        self, question: Question, filters: Filters, threshold: float | None
    ) -> Generator[Draft]:
        if question.turn not in ("question", "summary", "comparison"):
            yield small_talk.reply(question, self._index.library, filters)
        elif self._engine is None:
            yield extractive.answer(question, self._retriever, self._reader, filters, threshold)
        else:
            yield from llm.answers(
                self._engine, question, self._retriever, self._reader, filters, threshold
            )

    @property
    def threshold(self) -> float:
        """The confidence below which `ask` says "not_found"."""
        return default_threshold()

    @property
    def prompts(self) -> dict[str, str]:
        """The hashes of the prompt templates in use, by name; none with the extractive engine."""
        return self._engine.prompts.hashes() if self._engine else {}

    def chat(self) -> Chat:
        """A conversation, in which follow-ups are understood."""
        return Chat(self)

    def retrieve(
        self, question: str, limit: int = 8, filters: Filters = Filters()
    ) -> tuple[Evidence, ...]:
        """The `limit` passages nearest to `question`, best first."""
        understand(question)
        return self._retriever.retrieve(question, limit, self._checked(filters)[0])

    def as_retriever(self, limit: int = 8, filters: Filters = Filters()) -> EvidenceRetriever:
        """`retrieve`, where LlamaIndex takes a retriever: ids, scores and offsets are the same."""
        from assistant.llamaindex import EvidenceRetriever

        return EvidenceRetriever(lambda question: self.retrieve(question, limit, filters))

    def as_query_engine(
        self, filters: Filters = Filters(), *, threshold: float | None = None
    ) -> AnswerEngine:
        """`ask`, where LlamaIndex takes a query engine: verified answers, without an LLM."""
        from assistant.llamaindex import AnswerEngine

        return AnswerEngine(lambda question: self.ask(question, filters, threshold=threshold))

    def articles(self) -> list[Listing]:
        """A line about every indexed article, by id."""
        return self._index.library.listings()

    def article(self, id_: str) -> Article:
        """One article as indexed. Raises CorpusError where there is none of that id."""
        article = self._index.library.article(id_)
        if article is None:
            raise CorpusError(f"not in the index: {id_}; 'assistant articles' lists what is")
        return article

    def outlets(self) -> list[str]:
        """The outlets that the indexed articles state."""
        return self._index.library.outlets()

    def _checked(self, filters: Filters) -> tuple[Filters, tuple[str, ...]]:
        """`filters` with outlets as the articles write them, and what is to be said of them."""
        if filters.since and filters.until and filters.since > filters.until:
            raise UsageError(f"no date is since {filters.since} and until {filters.until}")
        if filters.outlets:
            known = self.outlets()
            wanted = {outlet.casefold() for outlet in filters.outlets}
            spellings = tuple(outlet for outlet in known if outlet.casefold() in wanted)
            unknown = wanted - {outlet.casefold() for outlet in spellings}
            if unknown:
                missing = ", ".join(o for o in filters.outlets if o.casefold() in unknown)
                names = ", ".join(known) or "none that is stated"
                raise UsageError(f"no article is from {missing}; outlets are: {names}")
            filters = replace(filters, outlets=spellings)
        dated = filters.since or filters.until
        undated = self._index.library.undated(filters.outlets) if dated else 0
        if not undated:
            return filters, ()
        articles = "1 article states" if undated == 1 else f"{undated:,} articles state"
        return filters, (
            f"{articles} no date and is outside the date filter"
            if undated == 1
            else f"{articles} no date and are outside the date filter",
        )


class Chat:
    """A conversation with an assistant; `turns` is what was said so far."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self.turns: tuple[Turn, ...] = ()

    def ask(
        self, question: str, filters: Filters = Filters(), *, threshold: float | None = None
    ) -> Answer:
        """Answer the next question. Arguments and errors are those of `Assistant.ask`."""
        answer = self._assistant.ask(question, filters, history=self.turns, threshold=threshold)
        self.turns = (*self.turns, Turn(question, answer))
        return answer


def _store(settings: Settings) -> Store:
    """Where the settings say that the vectors are kept."""
    return ChromaServer(settings.store, store_token(os.environ)) if settings.store else IN_FOLDER


def _llm_engine(settings: Settings, given: Any) -> llm.Engine | None:
    """The engine that asks `given`, or the model that the settings name; None: extractive."""
    if settings.engine == "extractive":
        return None
    prompts = Prompts.load(settings.prompts)
    if given is not None:
        model = wrap(given)
    elif settings.llm_url and settings.llm_model:
        model = connect(settings.llm_url, settings.llm_model, os.environ.get(LLM_KEY, ""))
    else:
        missing = "--llm-url URL" if not settings.llm_url else "--llm-model NAME"
        raise SettingsError(
            f"the engine {settings.engine} needs a language model; give {missing}, or set "
            "ASSISTANT_LLM_URL and ASSISTANT_LLM_MODEL"
        )
    return llm.Engine(model, prompts, falls_back=settings.engine == "auto")


@contextmanager
def open_library(index: str | Path | None = None) -> Iterator[Library]:
    """The articles of an index, without loading a model. Raises IndexUnusableError."""
    with closing(open_current(Settings.load(index).index)[1]) as library:
        yield library


def refresh(
    paths: Iterable[str | Path],
    index: str | Path | None = None,
    *,
    embedding_model: str | None = None,
    store: str | None = None,
    progress: Progress = lambda done, total: None,
    rebuild: bool = False,
) -> BuildSummary:
    """Index the articles beneath `paths` (files or folders).

    Only what changed is computed again; articles indexed from beneath `paths` before and no longer
    there are dropped, others are kept. With `rebuild` the index is made anew from `paths` alone.
    `store` is the address of a Chroma server that is to keep the vectors. Raises CorpusError,
    IndexBusyError, IndexUnusableError, StoreError; the index then stays as it was.
    """
    settings = Settings.load(index, embedding_model, store=store)
    model = settings.embedding_model
    folders = [Path(path) for path in paths]
    return build.refresh(
        settings.index,
        folders,
        lambda kept: keep(model, kept),
        model,
        progress,
        rebuild,
        _store(settings),
    )


def remove(
    ids: Sequence[str],
    index: str | Path | None = None,
    *,
    embedding_model: str | None = None,
    store: str | None = None,
) -> BuildSummary:
    """Take articles out of an index. Raises CorpusError, and removes none, if one is not there."""
    settings = Settings.load(index, embedding_model, store=store)
    model = settings.embedding_model
    return build.remove(
        settings.index, ids, lambda kept: keep(model, kept), model, _store(settings)
    )
