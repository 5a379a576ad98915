"""A turn of a conversation: what was asked, as it was understood, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answering.dialogue.parsing import parts
from assistant.answering.dialogue.phrases import Parts, Phrase
from assistant.answering.dialogue.vocabulary import SINGULAR, is_time
from assistant.answering.questions import Question, understand
from assistant.records import Turn
from assistant.text import fold

_DEFINING = ("is", "are", "was", "were")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn of a conversation as it was understood, with its question taken apart."""

    question: Question
    parts: Parts
    short: str | None
    quotes: tuple[str, ...]

    @classmethod
    def of(cls, turn: Turn) -> Spoken:
        """What a turn said; the topic of a summary or comparison stands for its question."""
        question = understand(turn.answer.understood)
        about = question.text if question.turn == "question" else _topic(question)
        quotes = tuple(citation.quote for citation in turn.answer.citations)
        short = (turn.answer.short or "").strip() or None
        return cls(question, parts(about), short, quotes)

    @property
    def about(self) -> tuple[Phrase, ...]:
        """The phrases of the question, times and owners aside, what it is mostly about first."""
        phrases = (p for p in self.parts.phrases if not p.text.endswith(("'s", "’s")))
        found = [p for p in phrases if p.role != "asked" and not is_time(p.text)]
        if self.question.asked == "statement":
            found.sort(key=lambda p: p.preposition not in ("about", "on"))
        return tuple(found)

    @property
    def plural_subject(self) -> Phrase | None:
        """The subject if its auxiliary is a plural's: "Do the fish eat"."""
        return self.parts.subject if self.parts.helping in SINGULAR else None

    @property
    def defines(self) -> bool:
        """Whether it asks who somebody is: "Who is the mayor?", "Who is Ann Lee?"."""
        return self.parts.asking == "who" and self.parts.helping in _DEFINING

    @property
    def answers_who(self) -> bool:
        """Whether the answer is a person or thing that the question does not name."""
        asking = self.parts.asking.split()[:1]
        if asking in (["who"], ["whom"]):
            subject = self.parts.subject
            return not (self.defines and subject and subject.named)
        return self.parts.noun is not None and asking in (["which"], ["what"])


def texts_of(turns: Sequence[Turn]) -> Iterator[str]:
    """The texts in which names can be looked up: quotes first, then the articles found."""
    for turn in turns:
        yield from (citation.quote for citation in turn.answer.citations)
    for turn in turns:
        yield from (evidence.article.text for evidence in turn.answer.evidence)


def _topic(question: Question) -> str:
    place = fold(question.text).find(question.topic) if question.topic else -1
    return question.text[place:] if place >= 0 else ""
