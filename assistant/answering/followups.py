"""What a follow-up means: "When did she take over?" after "Who is the new chief?".

Rules over the last turns, no model. Pronouns and the like are replaced by what they mean
(`pronouns`), a question that is not whole is completed by an earlier one (`ellipsis`). A question
that stands on its own is left as it is, so a change of topic is not contaminated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.dialogue import ellipsis, pronouns
from assistant.answering.dialogue.claims import claimed
from assistant.answering.dialogue.fragments import fragment, plain
from assistant.answering.dialogue.parsing import parts
from assistant.answering.dialogue.people import People
from assistant.answering.dialogue.spoken import Spoken, texts_of
from assistant.answering.questions import MAX_CHARS, understand
from assistant.errors import QuestionError
from assistant.records import Turn

_TURNS = 6  # how far back a follow-up reaches
_ABOUT = ("question", "summary", "comparison")
_WHOLE = 3  # content words with which a question stands on its own
# Of what, is not said: "What was the result?", "Tell me more".
_OF_WHAT = re.compile(
    r"(?:and |but |so )?(?:what (?:is|was|are|were) the (?:results?|outcome|reactions?|response|"
    r"causes?|consequences?|background|effects?|impact|verdict|score|price|cost|aim|purpose|goal)|"
    r"(?:can you |could you |please )?tell me more|more details?|go on)",
    re.IGNORECASE,
)


def resolve(question: str, history: Sequence[Turn]) -> str:
    """`question` as it is to be understood after `history`, oldest turn first."""
    if not history or not _is_about_articles(question):
        return question
    turns = [turn for turn in history if _is_about_articles(turn.answer.understood)]
    if not turns:
        return question
    latest = turns[: -_TURNS - 1 : -1]
    resolved = _resolve(question, [Spoken.of(t) for t in latest], People(texts_of(latest)))
    return resolved if len(resolved) <= MAX_CHARS else question


def _is_about_articles(text: str) -> bool:
    try:
        return understand(text).turn in _ABOUT
    except QuestionError:
        return False


def _resolve(question: str, turns: Sequence[Spoken], people: People) -> str:
    if claim := claimed(question, turns[0]):
        return claim
    text, unexplained = pronouns.replaced(plain(question, turns, people), turns, people)
    if part := fragment(text):
        last = turns[0].question.text.rstrip(" ?.!")
        return ellipsis.complete(part, turns, people) or f"{last}? {question}"
    topic = turns[0].parts.topic
    if topic and (_is_bare(text) or (unexplained and not _is_whole(text))):
        # Nothing to put for the pronoun, or none: what was asked before goes along.
        return f"{text.rstrip(' ?.!')} ({topic})?"
    return text


def _is_bare(text: str) -> bool:
    """Whether a question names nothing that it is about: "Who won?", "What was the result?"."""
    own = parts(text)
    bare = own.asked is not None and own.verbal and not own.phrases
    return bool(_OF_WHAT.fullmatch(text.strip(" ?.!"))) or (
        bare and len(understand(text).terms) < 2
    )


def _is_whole(text: str) -> bool:
    own = understand(text)
    return bool(own.names) or len(own.terms) >= _WHOLE
