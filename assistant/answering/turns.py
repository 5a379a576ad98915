"""Everyday turns of a conversation that are no plain question about the articles."""

from __future__ import annotations

import re
from typing import Literal

from assistant.text import STOPWORDS, words

Turn = Literal["question", "greeting", "thanks", "help", "articles", "summary", "comparison"]

_POLITE = r"(?:(?:can|could|would|will) you |please |give me |show me |write |make )*"
_ARTICLES = r"(?:articles?|sources?|documents?|news|stories|outlets|texts|papers)"

# Whole turns, folded and without punctuation at the ends.
_PLAIN: tuple[tuple[Turn, str], ...] = (
    (
        "greeting",
        r"(?:hi|hello|hey|hiya|greetings|howdy|good (?:morning|afternoon|evening|day))"
        r"(?: (?:there|again|all|everyone))?",
    ),
    (
        "thanks",
        r"(?:many thanks|thanks|thank you|thx|cheers|great|okay|ok|cool|nice|bye|goodbye|"
        r"good bye|see you)(?: (?:a lot|very much|so much|then|later))?",
    ),
    (
        "help",
        r"(?:please )?help(?: me)?|(?:what|who) are you|what is this|"
        r"what (?:can|do|could) (?:you|this) (?:do|answer|help(?: me)? with)(?: for me)?|"
        r"how (?:do|does|can) (?:you|this|it) work|how (?:do|can) i use (?:you|this|it)|"
        r"what can i (?:ask|do)(?: (?:you|here))?|"
        r"what (?:kind|sort)s? of questions (?:can|could|may|do) (?:i|we|you)\b.*",
    ),
    (
        "articles",
        rf"{_POLITE}(?:which|what(?: are)?|how many|list|show)(?: me)?(?: all| of)?(?: the| your)? "
        rf"{_ARTICLES}(?: (?:do|are|have|is|can|in|you|there|the|indexed|available|loaded|library|"
        r"here|index|got|know|about|see|now))*|"
        r"what(?:'s| is) (?:in )?(?:the |your )?(?:library|index|indexed)",
    ),
)
# Requests with a topic, which may be missing.
_SUMMARY = re.compile(
    rf"{_POLITE}(?:a |the |an )?(?:short |brief |quick )?"
    r"(?:(?:summari[sz]e|sum up)\b(?P<verb>.*)|"
    r"(?:summary|overview|tl;?dr|recap)(?P<noun>$|:.*| (?:of|on|about)\b.*))|"
    r"what (?:are|is) the (?:main|key) (?:points?|news|stor(?:y|ies))\b(?P<main>.*)|"
    r"what (?:do|does|are) the articles? (?:say|about)"
)
_COMPARISON = re.compile(
    rf"{_POLITE}(?:compare|contrast)\b(?: and contrast)?"
    rf"(?: (?:what|how)\b.*?\b(?:{_ARTICLES}|media|reports?|they)\b"
    r"(?: (?:say|said|report|reported|write|wrote|cover|covered|describe|described))?)?"
    r"(?: the (?:coverage|reports?|reporting))?(?: about| on| of)?(?P<topic>.*)|"
    rf"how (?:do|did|does) the (?:different )?(?:{_ARTICLES}|media|reports) "
    r"(?:differ|compare|describe|cover|report)\b(?: on| about| in)?(?P<differ>.*)"
)
_REQUESTS: tuple[tuple[Turn, re.Pattern[str]], ...] = (
    ("summary", _SUMMARY),
    ("comparison", _COMPARISON),
)
_ASKS = re.compile(r"(?:who|whom|whose|what|which|when|where|why|how)\b")
# Words of a request that name no topic.
_NO_TOPIC = frozenset(
    """article articles story stories news everything all text texts report reports please today
    today's main points say says said about different outlets outlet source sources
    latest""".split()
)


def recognise(folded: str) -> tuple[Turn, str]:
    """The kind of turn, and the topic of a summary or comparison ("" for everything).

    `folded` is what was said, folded, its white space single.
    """
    bare = folded.strip(" ?!.,")
    for turn, pattern in _PLAIN:
        if re.fullmatch(pattern, bare):
            return turn, ""
    for turn, request in _REQUESTS:
        if match := request.fullmatch(bare):
            topic = next((group for group in match.groups() if group), "").strip(" ?!.,:")
            topic = re.sub(r"^(?:of|on|about|in|regarding) ", "", topic)
            if _ASKS.match(topic):
                return "question", ""  # "recap: who resigned?"
            content = [w for w in words(topic) if w not in STOPWORDS and w not in _NO_TOPIC]
            return turn, topic if content else ""
    return "question", ""
