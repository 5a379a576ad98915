"""The engines that let a language model word the answer: every sentence of it is checked first.

The nearest passages go to the model under numbers. Its reply is split into claims; one that names
a passage that is not there, misquotes it or is not supported by it is left out and told in a note.
What is left is cited by the sentences that support it. Where nothing is left, the extractive engine
answers.

The confidence of such an answer is the extractive engine's for the best of the cited sentences: a
reply that is true to its sources but rests on sentences that are unlikely to answer the question is
worth no more than they are. That of a summary or comparison is, as the extractive
engine's is, for the likeliest sentence found. Where the model finds no answer it is 0.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from assistant.answering import extractive
from assistant.answering.agreement import groups
from assistant.answering.citations import MAX_TEXT_WORDS, cite, unmarked
from assistant.answering.claims import Claim, claims, visible
from assistant.answering.confidence import confidence, default_threshold
from assistant.answering.drafting import Draft, not_found
from assistant.answering.injection import is_written_for_a_model
from assistant.answering.llm_client import LanguageModel
from assistant.answering.prompting import Prompts
from assistant.answering.questions import Question, understand
from assistant.answering.reader import Reader
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import Scored, Sentence, score
from assistant.answering.short import short_form
from assistant.answering.support import check
from assistant.errors import LanguageModelError
from assistant.records import Citation, Evidence, Filters
from assistant.text import count_words, fold, words

NAME = "llm"
NOT_FOUND = "NOT IN THE ARTICLES"
_PASSAGES = 8
_MARGIN = 1.15  # other models' tokenizers make more tokens of a text than the one we count with
_VERSIONS = 3  # passages cited for one claim
_INSTEAD = "this is the extractive answer"
_NOT_ASKED = "the language model was not asked: no sentence found is likely enough to answer this"
_NOTES = 3  # on sentences left out
_REFUSAL = re.compile(
    r"^not (?:stated |given |mentioned |found )?in the (?:articles|passages)|"
    r"\b(?:articles?|passages?|evidence|sources?|texts?|information|excerpts?)\b[^.]*"
    r"(?:\b(?:do|does|did) not\b|n't\b|\bno\b|\bnot\b)[^.]*"
    r"\b(?:answer|mention|say|state|contain|provide|specif|include|give|address|discuss|enough)|"
    r"\b(?:can ?not|can't|unable to|could not) (?:answer|find|determine|say)\b"
)


@dataclass(frozen=True, slots=True)
class Engine:
    """A model with its prompts; with `falls_back` the extractive engine answers where it fails."""

    model: LanguageModel
    prompts: Prompts
    falls_back: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """What the extractive engine makes of a question: `asked` is the question, or the topic of a
    summary or comparison; `scored` the sentences of the evidence, the likeliest first; `passages`
    how many there are in the library.
    """

    question: Question
    asked: Question
    evidence: tuple[Evidence, ...]
    scored: tuple[Scored, ...]
    passages: int

    @property
    def best(self) -> Scored | None:
        """The sentence that the extractive engine would begin with."""
        if self.scored and self.question.turn == "question":
            return groups(self.scored)[0].members[0]
        return self.scored[0] if self.scored else None

    def confidence(self, citations: Sequence[Citation]) -> float:
        """The confidence of an answer with these citations."""
        if self.question.turn != "question":
            return confidence(self.asked, self.best, self.evidence, self.passages)
        each = (
            confidence(self.asked, item, self.evidence, self.passages)
            for item in self.cited(citations)
        )
        return max(each, default=0.0)

    def cited(self, citations: Sequence[Citation]) -> list[Scored]:
        """The scored sentences that are cited."""
        return [
            item
            for item in self.scored
            if any(
                c.article == item.sentence.article.id
                and c.start < item.sentence.end
                and item.sentence.start < c.end
                for c in citations
            )
        ]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A claim that passed, and the sentences that support it."""

    text: str
    sentences: tuple[Sentence, ...]


def answers(
    engine: Engine,
    question: Question,
    retriever: Retriever,
    reader: Reader,
    filters: Filters,
    threshold: float | None = None,
) -> Generator[Draft]:
    """The answer as it grows by checked sentences; the last draft is the whole answer.

    Both must find an answer. What the extractive engine has none to, by `threshold` (None: the
    sentence model's own; 0 asks the model everything), is not put to the model: how far that
    confidence can be trusted is measured, a model's word for it is not, and whoever writes articles
    could talk it into answering. Nor is a summary of everything. And where the model says that the
    articles do not answer, that stands.

    Raises LanguageModelError where the model fails, unless the engine falls back.
    """
    limit = default_threshold() if threshold is None else threshold
    if question.turn != "question" and not question.topic:
        yield extractive.answer(question, retriever, reader, filters, limit)
        return
    asked = understand(question.topic) if question.topic else question
    vector = retriever.embed(asked.text)
    evidence = retriever.retrieve(asked.text, _PASSAGES, filters, vector)
    scored = score(asked, evidence, retriever, reader, vector)
    passages = retriever.passages
    found = _Found(question, asked, evidence, tuple(scored), passages)

    def own(*notes: str) -> Draft:
        if question.turn == "question":
            draft = extractive.from_scored(question, scored, evidence, passages, limit)
        else:
            draft = extractive.answer(question, retriever, reader, filters, limit)
        return replace(draft, notes=(*notes, *draft.notes))

    if not scored or confidence(asked, found.best, evidence, passages) < limit:
        yield own(_NOT_ASKED)
        return
    try:
        yield from _replies(engine, found, retriever, limit, own)
    except LanguageModelError as error:
        if not engine.falls_back:
            raise
        yield own(str(error), _INSTEAD)


def _replies(
    engine: Engine,
    found: _Found,
    retriever: Retriever,
    threshold: float,
    own: Callable[..., Draft],
) -> Generator[Draft]:
    """Drafts of the model's answer; `own`, which takes notes, where nothing of it can be given."""
    notes: list[str] = []
    given = tuple(item for item in found.evidence if not is_written_for_a_model(_shown(item)))
    if withheld := len(found.evidence) - len(given):
        passages = "passage was" if withheld == 1 else "passages were"
        notes.append(
            f"{withheld} {passages} kept from the model: written for a model, not a reader"
        )
    kept: list[_Kept] = []
    refused = False
    dropped: list[str] = []
    room = MAX_TEXT_WORDS
    if given:
        instructions, request, given = _prompt(engine, found.question, given)
        with closing(engine.model.reply(instructions, request)) as pieces:
            for claim in claims(pieces):
                sentences, problem = _supported(claim, given, retriever)
                if not problem and count_words(claim.text) > room:
                    dropped.append("an answer has no room for more")
                    break
                if problem:
                    refused = refused or bool(_REFUSAL.search(fold(claim.text)))
                    dropped.append(problem)
                elif all(claim.text != other.text for other in kept):
                    room -= count_words(claim.text)
                    kept.append(_Kept(claim.text, sentences))
                    draft = _draft(found, kept, (*notes, *_told(dropped)))
                    if draft.confidence >= threshold:
                        yield draft
    if kept:
        draft = _draft(found, kept, (*notes, *_told(dropped)))
        if draft.confidence >= threshold:
            yield draft
            return
        notes.append("the model's answer rests on sentences that are unlikely to answer this")
    elif refused:
        draft = not_found(0.0, found.evidence)
        said = "the language model finds no answer in the passages"
        yield replace(draft, notes=(*notes, said), engine=NAME)
        return
    elif given:
        notes += [*_told(dropped), "nothing of the model's reply is supported by what it cites"]
    yield own(*notes, _INSTEAD)


def _prompt(
    engine: Engine, question: Question, evidence: Sequence[Evidence]
) -> tuple[str, str, tuple[Evidence, ...]]:
    """The system message, the user message, and the passages in it: as many as there is room for.

    Raises LanguageModelError where there is room for none.
    """
    count = engine.model.count_tokens
    kind = question.turn if question.turn in ("summary", "comparison") else "question"

    def fill(parts: Sequence[str]) -> tuple[str, str]:
        block = "\n\n".join(parts)
        values = {
            "evidence": block,
            "question": visible(question.text),
            # No article can contain it: it would have to contain its own hash.
            "boundary": hashlib.sha256(block.encode("utf-8", "replace")).hexdigest()[:12],
            "not_found": NOT_FOUND,
            "words": str(MAX_TEXT_WORDS),
        }
        return engine.prompts.fill("instructions", values), engine.prompts.fill(kind, values)

    room = engine.model.prompt_tokens - _MARGIN * sum(map(count, fill([])))
    parts: list[str] = []
    for number, item in enumerate(evidence, start=1):
        part = f"[{number}] {_shown(item)}"
        room -= _MARGIN * count(part)
        if room < 0:
            break
        parts.append(part)
    if not parts:
        raise LanguageModelError(
            f"the language model {engine.model.name} has a context window of too few tokens for "
            "the instructions and one passage; choose one with a larger window"
        )
    return *fill(parts), tuple(evidence[: len(parts)])


def _shown(item: Evidence) -> str:
    """A passage as the model reads it: where it is from, then its text on one line."""
    article = item.article
    stated = (article.outlet, article.published and article.published.isoformat())
    source = ", ".join(part for part in stated if part)
    text = f"{source}: {item.passage.text}" if source else item.passage.text
    return unmarked(visible(text))


def _supported(
    claim: Claim, given: Sequence[Evidence], retriever: Retriever
) -> tuple[tuple[Sentence, ...], str]:
    """The sentences that support a claim, or what is wrong with it."""
    if not claim.numbers:
        return (), "it cites nothing"
    if wrong := [number for number in claim.numbers if not 1 <= number <= len(given)]:
        return (), f"it cites a passage {wrong[0]} that was not given"
    cited = [given[number - 1] for number in claim.numbers]
    found: list[Sentence] = []
    problem = ""
    if len(cited) > 1:  # each may say it all, or they do together
        for item in cited[:_VERSIONS]:
            support = check(claim, [item], retriever.embedder)
            found += support.sentences if support.verdict == "supported" else ()
    if not found:
        support = check(claim, cited, retriever.embedder)
        found, problem = list(support.sentences), support.problem
    return tuple(found), problem


def _draft(found: _Found, kept: Sequence[_Kept], notes: tuple[str, ...]) -> Draft:
    """The kept claims as numbered text with citations."""
    numbers: dict[tuple[str, int, int], Citation] = {}
    parts = []
    for claim in kept:
        marks: dict[str, None] = {}
        for sentence in claim.sentences:
            key = (sentence.article.id, sentence.start, sentence.end)
            if key not in numbers:
                number = len(numbers) + 1
                numbers[key] = cite(number, sentence.article, sentence.start, sentence.end)
            marks[f"[{numbers[key].number}]"] = None
        parts.append(f"{claim.text} {''.join(marks)}")
    citations = tuple(numbers.values())
    cited = found.cited(citations)
    text = " ".join(parts)
    short = short_form(found.question, cited, citations) if cited else None
    if short and not set(words(fold(short))) <= set(words(fold(text))):
        short = None  # the model answers otherwise
    return Draft(
        status="answered",
        text=text,
        confidence=found.confidence(citations),
        citations=citations,
        evidence=found.evidence,
        notes=notes,
        short=short,
        engine=NAME,
    )


def _told(dropped: Sequence[str]) -> list[str]:
    """Notes on the sentences of the reply that were left out."""
    notes = [f"a sentence of the model was left out: {problem}" for problem in dropped[:_NOTES]]
    if len(dropped) > _NOTES:
        notes.append(f"and {len(dropped) - _NOTES} more")
    return notes
