"""What the reader is trained on: SQuAD-JSON sets cut to passage length, and near misses.

The reader is asked about passages of 60 to 120 words that retrieval found, most of which do not
hold the answer. Training looks the same: contexts are cut at sentence ends to such lengths, lone
sentences (QAMR, QADiscourse) are put among others, and about a third of the examples hold no
answer. Those that do not are of five kinds (`Example.kind`):

- `asked`      SQuAD 2.0's own unanswerable questions
- `near`       the passage of the same article most like the question, without the answer
- `without`    sentences like the question's source sentence, without that sentence
- `swapped`    the question with a name, number or superlative exchanged, so that it asks for
               something the passage does not say
- `other`      a question about another article (easy, few)

Everything is a function of the files and the seed.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.training.reader_sets import (
    Asked,
    Lookup,
    Span,
    holds,
    load,
    meant,
    passages,
    sentences,
    stems,
    window,
)
from assistant.training.reader_swaps import swap

# Invented stories, each told by two outlets, written for this project with their questions.
NEWS = Path("benchmarks/train/news.json")
_SENTENCES_ONLY = frozenset({"qamr", "qadiscourse"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """How much of one set is used: shares are of its questions, each drawn on its own.

    `passes` may be a fraction; `near`, `swapped` and `other` are added to what is asked (negatives
    made from answerable questions), `joined` of the answerable ones get sentences from elsewhere
    in the article around their own.
    """

    passes: float
    near: float = 0.0
    swapped: float = 0.0
    other: float = 0.0
    joined: float = 0.0


MIX: dict[str, Recipe] = {
    "squad2_25articles": Recipe(3.0, near=0.90, swapped=0.80, other=0.02, joined=0.10),
    "squadshifts_new_wiki": Recipe(1.8, near=0.70, swapped=0.70, other=0.03, joined=0.10),
    "squadshifts_reddit": Recipe(0.70, near=0.05, swapped=0.20, joined=0.05),
    "squadshifts_amazon_reviews": Recipe(0.50, near=0.05, swapped=0.10),
    "qamr": Recipe(0.45, near=0.22),
    "qadiscourse": Recipe(0.90, near=0.25),
    "policyqa": Recipe(0.10),
    "fairytaleqa": Recipe(0.50, near=0.12, swapped=0.05),
    "timeqa_human": Recipe(0.80, near=0.40),
    "covidqa": Recipe(0.60, near=0.20),
    "news": Recipe(8.0, near=0.90, swapped=0.50, joined=0.10),
}


@dataclass(frozen=True, slots=True)
class Example:
    """One question, one passage, and the answer's span in the passage (code points), or None."""

    id: str
    source: str
    kind: str
    question: str
    context: str
    answer: Span | None


def _target(rng: random.Random) -> int:
    """Words per training passage: those of the index (60 to 120), shorter ones to save time."""
    return rng.randint(35, 115)


class Mixer:
    """Makes examples from the questions of one set.

    Args:
        asked: the questions; only these and their contexts are drawn on, so that what is held out
            in one mixer never shows in another.
        seed: every draw depends on it.
    """

    def __init__(self, asked: Sequence[Asked], seed: int) -> None:
        self._asked = asked
        self._rng = random.Random(f"{seed}:{asked[0].source if asked else ''}")
        self._contexts: dict[str, dict[int, str]] = defaultdict(dict)
        for item in asked:
            self._contexts[item.article][item.paragraph] = item.context
        self._lookups: dict[str, Lookup] = {}

    def examples(self, recipe: Recipe) -> list[Example]:
        """Everything `recipe` asks for, in no useful order."""
        rng, made = self._rng, []
        for number in range(math.ceil(recipe.passes)):
            share = min(1.0, recipe.passes - number)
            for item in self._asked:
                if rng.random() < share:
                    joined = rng.random() < recipe.joined
                    made.append(self._plain(item, joined=joined, number=number))
        for item in self._asked:
            if not item.answers:
                continue
            if rng.random() < recipe.near:
                made.append(self._near(item))
            if rng.random() < recipe.swapped:
                made.append(self._swapped(item))
            if rng.random() < recipe.other:
                made.append(self._other(item))
        return [example for example in made if example is not None]

    def _plain(self, item: Asked, *, joined: bool, number: int) -> Example | None:
        if item.source in _SENTENCES_ONLY:
            return self._among(item)
        rng, span = self._rng, meant(item)
        base = Example(item.id, item.source, "asked", item.question, item.context, span)
        long = len(item.context.split())
        # Some SQuAD contexts stay whole: questions are read against whole paragraphs there.
        if long <= 150 and rng.random() < (0.5 if item.source.startswith("squad2") else 0.15):
            return base
        around = span or item.tempting or self._likeliest(item)
        if around is None:
            return None
        target = _target(rng)
        if joined and span is not None:
            return self._joined(base, span, target)
        left, right = window(item.context, around, target, rng)
        return replace(
            base,
            context=item.context[left:right],
            answer=None if span is None else (span[0] - left, span[1] - left),
        )

    def _likeliest(self, item: Asked) -> Span | None:
        """The sentence most like an unanswerable question: the one that tempts."""
        wanted = stems(item.question)
        return max(
            sentences(item.context),
            key=lambda span: len(wanted & stems(item.context[slice(*span)])),
            default=None,
        )

    def _joined(self, base: Example, span: Span, target: int) -> Example:
        """The answer's sentences among others of the same article that tempt as much."""
        left, right = window(base.context, span, 25, self._rng)
        own = base.context[left:right]
        article = next(item.article for item in self._asked if item.context == base.context)
        lookup = self._lookup(article)
        answer = base.context[slice(*span)]
        others: list[str] = []
        size = len(own.split())
        for i in lookup.nearest(base.question, 12):
            for a, b in sentences(lookup.texts[i]):
                text = lookup.texts[i][a:b]
                if text in base.context or holds(text, [answer]) or size > target:
                    continue
                if len(stems(text) & stems(base.question)) > 0 or self._rng.random() < 0.3:
                    others.append(text)
                    size += len(text.split())
        return self._assemble(base, own, (span[0] - left, span[1] - left), others, "joined")

    def _assemble(
        self, base: Example, own: str, span: Span, others: list[str], kind: str
    ) -> Example:
        """`own` at a random place among `others`, one space between, the span moved with it."""
        at = self._rng.randint(0, len(others))
        before = " ".join(others[:at])
        shift = len(before) + 1 if before else 0
        context = " ".join([*others[:at], own, *others[at:]])
        moved = (span[0] + shift, span[1] + shift)
        return replace(base, kind=kind, context=context, answer=moved)

    def _pool(self) -> Lookup:
        """All sentences of a set that has only sentences."""
        if "" not in self._lookups:
            texts = {item.context: None for item in self._asked}
            self._lookups[""] = Lookup(list(texts))
        return self._lookups[""]

    def _distractors(self, item: Asked, size: int) -> list[str]:
        """Sentences of the set that share words with the question or its sentence, no answers."""
        pool, rng = self._pool(), self._rng
        answers = [item.context[a:b] for a, b in item.answers]
        sought = f"{item.question} {item.context}" if rng.random() < 0.5 else item.question
        near = pool.nearest(sought, 8)
        rng.shuffle(near)
        chosen: list[str] = []
        while size > 0:
            i = near.pop() if near and rng.random() < 0.7 else rng.randrange(len(pool.texts))
            text = pool.texts[i]
            size -= len(text.split()) + 1
            if text != item.context and not holds(text, answers) and text not in chosen:
                chosen.append(text)
        return chosen

    def _among(self, item: Asked) -> Example:
        """A lone sentence as its set has it (a third), or among others."""
        base = Example(item.id, item.source, "asked", item.question, item.context, item.answers[0])
        if self._rng.random() < 0.3:
            return base
        size = _target(self._rng) * 3 // 4 - len(item.context.split())
        others = self._distractors(item, size)
        return self._assemble(base, item.context, item.answers[0], others, "joined")

    def _lookup(self, article: str) -> Lookup:
        if article not in self._lookups:
            texts = [
                passage
                for _, context in sorted(self._contexts[article].items())
                for passage in passages(context)
            ]
            self._lookups[article] = Lookup(texts)
        return self._lookups[article]

    def _near(self, item: Asked) -> Example | None:
        answers = [item.context[a:b] for a, b in item.answers]
        base = Example(item.id + ":near", item.source, "near", item.question, "", None)
        if item.source in _SENTENCES_ONLY:
            others = self._distractors(item, _target(self._rng) * 3 // 4)
            return replace(base, kind="without", context=" ".join(others)) if others else None
        lookup = self._lookup(item.article)
        fitting = [
            lookup.texts[i]
            for i in lookup.nearest(item.question, 10)
            if not holds(lookup.texts[i], answers)
        ]
        # Mostly the very nearest; sometimes a later one, as the end of a result list is.
        if not fitting:
            return None
        nearest = self._rng.random() < 0.6
        return replace(base, context=fitting[0] if nearest else self._rng.choice(fitting))

    def _swapped(self, item: Asked) -> Example | None:
        plain = self._plain(item, joined=False, number=0)
        if plain is None or plain.answer is None:
            return None
        elsewhere = "\n".join(
            text for text in self._contexts[item.article].values() if text != item.context
        )[:20_000]
        answers = [item.context[a:b] for a, b in item.answers]
        question = swap(plain.question, plain.context, elsewhere, answers, self._rng)
        if question is None:
            return None
        name = item.id + ":swapped"
        return replace(plain, id=name, kind="swapped", question=question, answer=None)

    def _other(self, item: Asked) -> Example | None:
        stranger = self._rng.choice(self._asked)
        answers = [item.context[a:b] for a, b in item.answers]
        if stranger.article == item.article or holds(stranger.context, answers):
            return None
        texts = passages(stranger.context)
        if not texts:
            return None
        return Example(
            item.id + ":other", item.source, "other", item.question, self._rng.choice(texts), None
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """Training examples, held-out ones made the same way, and the held-out SQuAD 2.0 questions."""

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    held_out_squad: tuple[Asked, ...]


def prepare(
    data: Path,
    seed: int = 1,
    rounds: int = 1,
    mix: dict[str, Recipe] | None = None,
    news: Path = NEWS,
) -> Prepared:
    """Read every set of the mix, under `data` or the file `news`, and make its examples.

    In each of the `rounds` windows, neighbours and swaps are drawn afresh.

    Held out are three articles of SQuAD 2.0 and about 3% of each other set: by article where it
    has ten or more, else by paragraph, so that no held-out context is ever trained on.

    Raises:
        FileNotFoundError: a set of the mix is not there.
    """
    train: list[Example] = []
    held: list[Example] = []
    squad: list[Asked] = []
    for source, recipe in (MIX if mix is None else mix).items():
        asked = load(news if source == "news" else data / f"{source}.json.gz")
        articles = sorted({item.article for item in asked})
        by_article = len(articles) >= 10
        groups = articles if by_article else sorted({item.context for item in asked})
        out = 3 if source.startswith("squad2") else max(2, round(len(groups) * 0.03))
        # Not by `seed`: a run that goes on from another's weights must hold out the same.
        kept_out = frozenset(random.Random(f"1:out:{source}").sample(groups, out))
        parts: tuple[list[Asked], list[Asked]] = ([], [])
        for item in asked:
            parts[(item.article if by_article else item.context) in kept_out].append(item)
        mixer = Mixer(parts[0], seed)
        for _ in range(rounds):
            train += mixer.examples(recipe)
        held += Mixer(parts[1], seed).examples(
            replace(recipe, passes=1.0 if source.startswith("squad2") else recipe.passes)
        )
        if source.startswith("squad2"):
            squad = parts[1]
    random.Random(seed).shuffle(train)
    return Prepared(tuple(train), tuple(held), tuple(squad))
