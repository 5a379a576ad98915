"""Which candidate sentences give the same short answer, and how likely each answer is.

"1 October" and "October" support each other, as do "Maria Keller" and "Ms Keller": two short
answers agree where one's words are all among the other's. What several articles say is likelier
than what one says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.sentences import Scored
from assistant.text import STOPWORDS, fold, stem, words

# Chosen on benchmarks/dev: what another article's sentence with the same answer adds, as a share
# of its own probability.
_SUPPORT = 0.3
# A headline says less than the article's own sentences: it leads where none is half as likely.
_HEADLINE = 0.5
_TITLES = frozenset("mr mrs ms miss dr sir dame lord lady prof professor".split())


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences that agree on the answer, the likeliest first, and what together they are worth.

    `worth` orders groups; it is no probability.
    """

    members: tuple[Scored, ...]
    worth: float


def groups(scored: Sequence[Scored]) -> list[Group]:
    """`scored` (the likeliest first) by answer, the best group first.

    A sentence without a short answer, or whose answer agrees with no other, is a group of its own.
    """
    made: list[tuple[frozenset[str], list[Scored]]] = []
    for item in scored:
        own = answer_words(item)
        for lead, members in made:
            if own and lead and (own <= lead or lead <= own):
                members.append(item)
                break
        else:
            made.append((own, [item]))
    found = [Group(tuple(members), _worth(members)) for _, members in made]
    return sorted(found, key=lambda group: -group.worth)


def answer_words(item: Scored) -> frozenset[str]:
    """What two answers are compared by: stems of the content words, titles aside."""
    if item.span is None:
        return frozenset()
    written = words(fold(item.sentence.article.text[slice(*item.span)]))
    return frozenset(stem(word) for word in written if word not in STOPWORDS | _TITLES)


def _worth(members: Sequence[Scored]) -> float:
    best: dict[str, float] = {}
    for item in members:
        best.setdefault(item.sentence.article.id, item.probability)
    first, *others = best.values()
    told = 1.0 if members[0].sentence.in_body else _HEADLINE
    return told * (first + _SUPPORT * sum(others))
