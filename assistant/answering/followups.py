"""What a follow-up refers to: "When did she take over?" after "Who is the new chief?".

Rules over the last turns, no model: a personal pronoun is replaced by the person spoken of last,
and a question that is not whole in itself is asked together with the one before it. A question
that names its own subject is left as it is, so a change of topic is not contaminated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from assistant.answering.questions import MAX_CHARS, understand
from assistant.records import Turn
from assistant.text import STOPWORDS, fold, words

_HE_OR_SHE = re.compile(r"\b(?P<pronoun>he|she|him|his|her|hers|himself|herself)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:it|its|they|them|their|this|that|these|those|there|then)\b", re.IGNORECASE
)
_FRAGMENT = re.compile(
    r"(?:and|but|or|so|what about|how about|why|when|where|who|how)\b", re.IGNORECASE
)
# First words of a name: capitalised words in a row, "de" and its like between them.
_NAME = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Sir|Dame|Lord|Lady|President|Minister|Prime Minister)?\.? ?"
    r"(?P<name>[A-Z][\w’'-]+(?: (?:de |De |van |von |al |bin )?[A-Z][\w’'-]+)+)"
)
_ASKING = re.compile(
    r"^(?:(?:and|but|so|who|whom|whose|what|which|when|where|why|how|did|does|do|is|was|are|were|"
    r"has|have|had|can|could|will|would|the|a|an)\b[\s,]*)+",
    re.IGNORECASE,
)
_WHOLE = 3  # content words with which a question stands on its own


def resolve(question: str, history: Sequence[Turn]) -> str:
    """`question` as it is to be understood after `history`, oldest turn first."""
    resolved = _resolve(question, history)
    return resolved if len(resolved) <= MAX_CHARS else question


def _resolve(question: str, history: Sequence[Turn]) -> str:
    turns = [turn for turn in history if _is_question(turn)]
    if not turns or not _is_asked(question):
        return question
    own = understand(question)
    if match := _HE_OR_SHE.search(question):
        person = next((p for turn in reversed(turns) if (p := _person(turn))), None)
        before = question[: match.start()]
        if person and not _NAME.search(before):
            question = _replace(question, person)
            own = understand(question)
    if own.names or len(own.terms) >= _WHOLE:
        return question
    # A row of fragments ("And why?", "Since when?") goes back to the question they are about.
    whole = next((t for t in reversed(turns) if not _is_fragment(t.question)), turns[0])
    last = whole.answer.understood.rstrip(" ?.!")
    if _OTHERS.search(question):
        return f"{question.rstrip(' ?')} ({_ASKING.sub('', last)})?"
    if _is_fragment(question):
        return f"{last}? {question}"
    return question


def _is_fragment(question: str) -> bool:
    return bool(_FRAGMENT.match(question.strip())) and len(understand(question).terms) < 2


def _is_asked(question: str) -> bool:
    return any(c.isalnum() for c in question) and understand(question).turn == "question"


def _is_question(turn: Turn) -> bool:
    return understand(turn.answer.understood).turn == "question"


def _person(turn: Turn) -> str | None:
    """The person a turn was about: who was asked for, else whom the question or answer names."""
    understood = turn.answer.understood
    asked = _names(understood)
    if asked and understand(understood).asked != "person":
        return asked[-1]
    given = set(words(fold(understood)))
    answers = Counter(
        name
        for citation in turn.answer.citations
        for name in dict.fromkeys(_names(citation.quote))
        if given.isdisjoint(words(fold(name)))
    )
    if answers:
        return max(answers, key=lambda name: answers[name])
    return asked[-1] if asked else None


def _names(text: str) -> list[str]:
    """Names of two words or more in `text`, in order."""
    names = []
    for match in _NAME.finditer(text):
        parts = match["name"].split()
        while parts and fold(parts[0]) in STOPWORDS:
            parts.pop(0)
        if len(parts) >= 2:
            names.append(" ".join(parts).removesuffix("'s").removesuffix("’s"))
    return names


def _replace(question: str, person: str) -> str:
    """`question` with each personal pronoun replaced by `person`, possessives as such."""

    def name(match: re.Match[str]) -> str:
        pronoun = match["pronoun"].casefold()
        after = question[match.end() :]
        owns = pronoun in ("his", "hers") or (pronoun == "her" and re.match(r" \w", after))
        # "tell her when ..." is no possessive, "her new office" is.
        if (
            owns
            and pronoun == "her"
            and re.match(r" (?:\w+ly|when|where|why|how|to|in|on|at)\b", after)
        ):
            owns = False
        return f"{person}'s" if owns else person

    return _HE_OR_SHE.sub(name, question)
