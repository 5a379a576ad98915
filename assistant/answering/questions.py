"""What a question asks for: the kind of answer, its terms and its names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.answering.turns import Turn, recognise
from assistant.errors import QuestionError
from assistant.text import MONTHS, STOPWORDS, fold, words

MAX_CHARS = 2000

Asked = Literal[
    "person", "time", "place", "age", "duration", "amount", "count", "reason", "statement", "other"
]

# The match that begins first wins, of equals the first here; tried on the folded question.
_ASKED: tuple[tuple[Asked, str], ...] = (
    (
        "reason",
        r"\bwhy\b|\bwhat (?:is |was |were )?(?:the )?(?:reasons?|causes?|motives?)\b|\bhow come\b|"
        r"\bfor what reason|\bwhat (?:led|prompted|caused|made)\b",
    ),
    ("age", r"\bhow old\b|\b(?:what|which) age\b|\bage of\b"),
    ("duration", r"\bhow long\b|\bfor how many (?:days|weeks|months|years|hours|minutes)\b"),
    (
        "amount",
        r"\bhow much\b|\bwhat (?:\w+ )?(?:sum|amount|price|cost|salary|fine)\b|\bhow expensive\b",
    ),
    (
        "count",
        r"\bhow (?:many|far|big|large|tall|high|often|fast|heavy|deep)\b|"
        r"\bwhat (?:number|percentage|proportion|share|fraction)\b",
    ),
    (
        "time",
        r"\bwhen\b|\b(?:what|which) (?:date|day|month|year|time|week|weekday)\b|\bsince when\b|"
        r"\bhow (?:long ago|recently|soon)\b|\bstart date\b",
    ),
    (
        "place",
        r"\bwhere\b|\b(?:in |at |to )?(?:what|which) (?:city|country|place|town|state|location|"
        r"building|venue|capital)\b|\bwhereabouts\b",
    ),
    (
        "statement",
        r"\b(?:what|how) (?:did|does|do|has|have|had|was|were|is|are)\b.*\b(?:say|said|says|tell|"
        r"told|claim|claimed|warn|warned|think|believe|respond|responded|react|reaction|reply|"
        r"describe|described|call|called|suggest|suggested|comment|argue|argued|state|shout|joke|"
        r"stated|accuse|promise|promised|announce|announced|view|opinion|remark|tweet|write)\b|"
        r"\bwhat (?:is|was) .* (?:view|opinion|reaction|response|comment|position|stance)\b|"
        r"\baccording to\b|\bquote\b|\bexact words\b",
    ),
    (
        "person",
        r"\bwho(?:m|se|s|'s)?\b|\b(?:which|what) (?:\w+ )?(?:person|\w*man|\w*woman|minister|"
        r"president|politician|leader|official|analyst|player|company|team|agency|party|judge|mayor|"
        r"senator|governor|lawyer|prosecutor|expert|scientist|doctor|economist|act(?:or|ress)|singer|"
        r"author|director|coach|officer|chief|lawmaker|journalist|spokes\w+)\b",
    ),
)
_NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand million billion trillion dozen dozens half third quarter two-thirds double "
    "twice once"
).replace(" ", "|")
_MONTHS = "|".join(MONTHS)
_HOLDS: dict[Asked, re.Pattern[str]] = {
    "time": re.compile(
        rf"\b(?:{_MONTHS})\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:19|20)\d\d\b|"
        r"\b(?:yesterday|today|tomorrow|tonight|ago|last|next|earlier|this) ?"
        r"(?:week|month|year|night|morning|evening|summer|winter|spring|autumn|fall|days?)?\b|"
        r"\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b|\bcentury\b|\bdecades?\b",
        re.IGNORECASE,
    ),
    "age": re.compile(
        r"\b\d{1,3}[- ]years?[- ]old\b|\baged? (?:of )?\d|, \d{1,3}(?=[,.)])|\(\d{1,3}\)|"
        r"\b(?:is|was|turns?|turned|at) \d{1,3}\b(?! ?%)|\bborn\b|\bbirthday\b",
        re.IGNORECASE,
    ),
    "duration": re.compile(
        rf"\b(?:\d[\d.,]*|an?|{_NUMBER_WORDS}|several|few|many)[- ]"
        r"(?:\w+ )?(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?)\b|"
        r"\b(?:since|until|lifelong|all (?:day|night|week|year))\b",
        re.IGNORECASE,
    ),
    "amount": re.compile(
        rf"[$€£¥]\s?\d|\d\s?(?:%|bn\b|m\b|per ?cent)|\b(?:\d|{_NUMBER_WORDS})[\w.,]*"
        r" (?:dollars?|euros?|pounds?|yen|yuan|per ?cent|million|billion|trillion|tons?|tonnes?)\b|"
        r"\b(?:most|half|third|quarter|two-thirds|all|none|nothing|little) of\b",
        re.IGNORECASE,
    ),
    "count": re.compile(rf"\d|\b(?:{_NUMBER_WORDS}|none|both)\b", re.IGNORECASE),
    "place": re.compile(
        r"\b(?:in|at|to|from|near|outside|inside|across|on|of|into|through|toward|towards)"
        r"(?: the| its| his| her)? [A-Z]|-based\b"
    ),
    "reason": re.compile(
        r"\b(?:because|due to|since|amid|fears?|reasons?|so that|in order|caused?|owing|after|"
        r"over|led to|result|therefore|aimed?|to (?:help|avoid|prevent|keep|make|allow|ensure))\b",
        re.IGNORECASE,
    ),
    "statement": re.compile(
        r"[\"“”]|\b(?:said|says|say|told|added|claimed|stated|warned|argued|believes?|remarked|"
        r"suggested|insisted|announced|wrote|tweeted|explained|according|described|called|noted|"
        r"acknowledged|responded|replied|accused|denied|questioned|expressed)\b",
        re.IGNORECASE,
    ),
}
# Digits that count nothing: of a date, a year, a clock.
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:{_MONTHS})\b|\b(?:{_MONTHS})\.? \d{{1,2}}\b|"
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"\b[A-Z][\w'’.&-]*(?:\s+(?:of |de |van |von |al |bin )?[A-Z][\w'’.&-]*)*")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and what it asks for.

    `terms` are its content words, folded; `names` those of them that are written as names or hold
    a digit. `topic` is what a summary or comparison is to be about, "" for everything.
    """

    text: str
    turn: Turn
    asked: Asked
    terms: tuple[str, ...]
    names: tuple[str, ...]
    topic: str = ""


def understand(text: str) -> Question:
    """What `text` asks for. Raises QuestionError where it is empty or too long."""
    if not any(c.isalnum() for c in text):
        raise QuestionError("the question is empty; ask something about the indexed articles")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise QuestionError("the question is not valid text; write it in UTF-8")
    if len(text) > MAX_CHARS:
        raise QuestionError(
            f"the question has {len(text)} characters, more than the {MAX_CHARS} it may have; "
            "ask a shorter one"
        )
    folded = " ".join(fold(text).split())
    turn, topic = recognise(folded)
    asked = _asked(folded)
    terms = tuple(
        dict.fromkeys(w for w in words(folded) if w not in STOPWORDS and w not in _ASKING)
    )
    return Question(text, turn, asked, terms, _names(text, terms), topic)


def _asked(folded: str) -> Asked:
    """The kind that the main clause asks for: "who was there when it closed?" asks for a person."""
    found = ((re.search(pattern, folded), kind) for kind, pattern in _ASKED)
    starts = [(match.start(), kind) for match, kind in found if match]
    # "What was the score when they met?" asks for no time.
    main = re.search(r"\b(?:what|how|which)\b", folded)
    if not starts or (main and main.start() < min(start for start, _ in starts)):
        return "other"
    return min(starts, key=lambda found: found[0])[1]


# Question words and the verbs of asking, beyond the stopwords: they need not be in the answer.
_ASKING = frozenset(
    "say said says tell told name exactly many much long old happen happened".split()
)


def _names(text: str, terms: tuple[str, ...]) -> tuple[str, ...]:
    """The terms written as names (capitalised, but not as the first word only) or with digits."""
    written = words(text)
    named = {fold(w) for w in written[1:] if w[:1].isupper()}
    if (
        written
        and written[0][:1].isupper()
        and sum(w[:1].isupper() for w in written) == len(written)
    ):
        named.add(fold(written[0]))
    return tuple(t for t in terms if t in named or any(c.isdigit() for c in t))


def holds(asked: Asked, sentence: str, question: Question) -> bool:
    """Whether `sentence` holds something of the asked kind that the question does not give."""
    given = set(words(fold(question.text)))
    if asked == "other":
        return True
    if asked in ("person", "place"):
        names = _NAME.findall(sentence) if asked == "person" else _HOLDS["place"].findall(sentence)
        new = [
            w
            for name in _NAME.findall(sentence)
            for w in words(fold(name))
            if w not in given and w not in STOPWORDS
        ]
        return bool(names and new)
    if asked == "count":
        sentence = _DATE.sub(" ", sentence)
    return any(fold(match.group()) not in given for match in _HOLDS[asked].finditer(sentence))
