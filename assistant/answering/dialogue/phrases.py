"""The parts of a question: what it asks with, its auxiliary, and its noun phrases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.answering.dialogue import vocabulary
from assistant.text import fold

Role = Literal["asked", "subject", "object", "oblique"]
Place = tuple[int, int]  # start and end


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase, `question[start:end]`; `preposition` is what stands before an oblique one."""

    start: int
    end: int
    text: str
    role: Role
    preposition: str = ""

    @property
    def head(self) -> str:
        """Its noun, folded."""
        return vocabulary.head(self.text)

    @property
    def plural(self) -> bool:
        """Whether it speaks of several, by its form."""
        return " and " in self.text or vocabulary.is_plural(re.sub(r"['’]s?$", "", self.head))

    @property
    def named(self) -> bool:
        """Whether it is a name alone, a determiner aside."""
        return vocabulary.is_named(self.text)


@dataclass(frozen=True, slots=True)
class Parts:
    """A question without a leading "And" and its question mark.

    `asked` is the place of what it asks with, preposition and noun included ("in which city");
    `auxiliary` that of the verb that stands directly after it or first. Either is None where there
    is none. `inverted`: a subject follows the auxiliary. `verbal`: there is a verb.
    """

    text: str
    asked: Place | None
    auxiliary: Place | None
    inverted: bool
    verbal: bool
    phrases: tuple[Phrase, ...]

    @property
    def asking(self) -> str:
        """What it asks with, folded; "" for a question of yes or no."""
        return fold(self.text[slice(*self.asked)]) if self.asked else ""

    @property
    def helping(self) -> str:
        """The auxiliary, folded; "" where there is none."""
        return fold(self.text[slice(*self.auxiliary)]) if self.auxiliary else ""

    @property
    def topic(self) -> str:
        """What it is about: the question without what it asks with and its auxiliary."""
        start = max((place[1] for place in (self.asked, self.auxiliary) if place), default=0)
        noun = f"{self.noun.text} " if self.noun else ""
        return noun + self.text[start:].strip()

    @property
    def noun(self) -> Phrase | None:
        """The noun that is asked with: "EU countries" of "Which EU countries"."""
        return next((p for p in self.phrases if p.role == "asked"), None)

    @property
    def subject(self) -> Phrase | None:
        """The subject after an auxiliary."""
        return next((p for p in self.phrases if p.role == "subject"), None)
