"""Follow-ups that are no whole question ("Why?", "And in London?"), completed by an earlier one.

The fragment takes the place of the part of the earlier question that is like it: what was asked
with, a phrase after the same preposition, a name of the same sort, the subject.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering import referents
from assistant.answering.people import People, names
from assistant.answering.phrases import DETERMINERS, Parts, Phrase, is_plural, parts
from assistant.answering.referents import Spoken
from assistant.text import fold, words

_LEAD = re.compile(
    r"^(?:(?:and|but|so|or|then|ok|okay|also|well)\b[\s,]*)*(?P<about>(?:what|how) about\b\s*)?",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:(?:since|until|by|for|from|to|with|about|in|at|on|of|against|after|before|under)\s+)?"
    r"(?:who|whom|whose|what|which|when|where|why|how)\b",
    re.IGNORECASE,
)
_STUB = re.compile(
    r"(?P<auxiliary>did|does|do|is|are|was|were|has|have|had|will|would|can|could)(?:n[o']?t)? "
    r"(?P<subject>.+)",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?:last|next|this) \w+|yesterday|today|tomorrow|tonight|now|(?:19|20)\d\d|"
    r"(?:in|on|by|since|until|during|before|after) (?:(?:early|late|mid)[- ])?(?:the )?"
    r"(?:(?:19|20)\d\d|\d{1,2} \w+|january|february|march|april|may|june|july|august|september|"
    r"october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day|last \w+|next \w+|"
    r"summer|winter|spring|autumn)\b.*",
    re.IGNORECASE,
)
_PLACES = frozenset("in at near off outside inside across around".split())
_NEWNESS = re.compile(r"\b(?:new|newly|newly appointed|current|present|latest)\s+", re.IGNORECASE)
_NOW = re.compile(r"\s+(?:now|today|currently|at present|at the moment)\b", re.IGNORECASE)
_SAYING = re.compile(r"\b(say|think|do|claim|announce|write|tell \w+)\b(?! that)", re.IGNORECASE)
_ASKS_AGAIN = re.compile(
    r"(?P<asking>when|where|why|how)(?: (?:was|is|were) (?:that|this)| (?:did|does) (?:that|this|it) "
    r"happen| (?P<so>so))$",
    re.IGNORECASE,
)
_REASON = re.compile(r"(?:what for|how come|for what reason)$", re.IGNORECASE)
_COUNTING = re.compile(
    r"how many (?=(?:was|were|is|are|has|have|had|did|will|would|could|can)\b)", re.IGNORECASE
)
_IS_WHO = re.compile(r"who (?:is|are|was|were)\b", re.IGNORECASE)
_AGREEING = {"do": "does", "are": "is", "were": "was", "have": "has"}
_ONES = re.compile(r"\b(?P<which>which) ones?\b", re.IGNORECASE)


def plain(question: str, turns: Sequence[Spoken], people: People) -> str:
    """`question` with its wordier ellipses in plain form: "When was that?" is "When?"."""
    lead = _LEAD.match(question.strip())
    rest = question.strip()[lead.end() if lead else 0 :].strip(" ?.!")
    if _REASON.match(rest):
        return "Why?"
    if again := _ASKS_AGAIN.match(rest):
        return f"{again['asking']}?"
    if (counting := _COUNTING.match(rest)) and not names(rest[counting.end() :]):
        noun = referents.counted(turns, people)
        return f"How many {noun} {rest[counting.end() :]}?" if noun else question
    noun_phrase = next((p for t in turns for p in _plurals(t.parts)), None)
    if noun_phrase is None:
        return question
    return _ONES.sub(lambda m: f"{m['which']} {_bare(noun_phrase.text)}", question)


def is_fragment(question: str) -> bool:
    """Whether `question` can only be understood by one before it."""
    lead = _LEAD.match(question.strip())
    about = bool(lead and lead["about"])
    led = bool(lead and lead[0])
    rest = question.strip()[lead.end() if lead else 0 :].strip(" ?.!")
    if not rest:
        return False
    own = parts(rest)
    if about:
        return not own.verbal or own.asked is None
    if own.asked is not None:
        return not own.verbal and own.asked[1] >= len(own.text.rstrip()) - 12
    if _STUB.fullmatch(rest) and own.auxiliary is not None:
        return _only_subject(own)
    if own.verbal:
        return False
    count = len(words(rest))
    if led:
        return count <= 6 and bool(own.phrases or _TIME.fullmatch(rest))
    prepositional = len(own.phrases) == 1 and own.phrases[0].role == "oblique"
    if prepositional and own.phrases[0].end == len(own.text):
        return own.phrases[0].start == len(own.phrases[0].preposition) + 1
    return bool(_TIME.fullmatch(rest)) or (
        count <= 2 and all(not w[0].islower() for w in words(rest))
    )


def complete(fragment: str, turns: Sequence[Spoken], people: People) -> str | None:
    """The whole question that `fragment` asks after `turns`, latest first; None if none is seen."""
    whole = [t for t in turns if t.parts.verbal and t.question.turn == "question"]
    if not whole:
        return None
    lead = _LEAD.match(fragment.strip())
    rest = fragment.strip()[lead.end() if lead else 0 :].strip(" ?.!")
    own = parts(rest)
    base = whole[0]
    if own.asked is not None and not (lead and lead["about"]):
        made = _asked_otherwise(own, base)
    elif re.match(r"(?:before|after) ", rest, re.IGNORECASE) and _names_person(rest, people):
        made = _in_turn(rest, whole, people)
    elif (stub := _STUB.fullmatch(rest)) and own.auxiliary is not None:
        made = _other_subject(stub["subject"], base.parts)
    else:
        made = _substituted(rest, own, base, people)
    return made and f"{made[0].upper()}{' '.join(made[1:].split())}?"


def _asked_otherwise(own: Parts, base: Spoken) -> str | None:
    """`base` asked with another word: "When did she resign?" and "Why?"."""
    asking = re.sub(r"\b(?:ones?|exactly|then|so)$", "", own.text).strip()
    negative = asking.casefold().endswith(" not")
    asking = asking.removesuffix(" not") if negative else asking
    old = base.parts
    head = own.noun.head if own.noun else ""
    counts = fold(asking).split()[-1] in ("many", "which") or fold(asking) == "how much"
    if fold(asking).endswith(" else") and old.asked is not None:
        return f"{asking}{old.text[old.asked[1] :]}"
    if counts or head:
        # "How many?" of "Will EU countries borrow?": EU countries.
        for phrase in _plurals(old):
            if head and phrase.head != head:
                continue
            noun = own.text if head else f"{asking} {_bare(phrase.text)}"
            if phrase.role == "asked" and old.asked is not None:
                return f"{noun}{old.text[old.asked[1] :]}"
            if phrase.role == "subject" and old.auxiliary is not None:
                auxiliary = old.text[slice(*old.auxiliary)].lower()
                return f"{noun} {auxiliary} {old.text[phrase.end :]}"
            if phrase.role == "object" and old.auxiliary is not None:
                start = old.auxiliary[0]
                return f"{noun} {_lowered(old.text[start : phrase.start])}{old.text[phrase.end :]}"
    predicate = base.answers_who and base.short and _IS_WHO.match(old.text)
    if old.auxiliary is not None and old.inverted and not predicate:
        rest = _lowered(old.text[old.auxiliary[0] :])
        if negative and old.subject is not None:
            at = old.subject.end - old.auxiliary[0]
            rest = f"{rest[:at]} not{rest[at:]}"
        if old.asked is not None and fold(old.text[slice(*old.asked)]) == "what":
            rest = _with_object(rest, base)
        return f"{asking} {rest}"
    return _with_subject(asking, base)


def _with_object(rest: str, base: Spoken) -> str:
    """The rest of a question with "what", where that is no longer asked."""
    short = base.short
    if rest.endswith(" do") and short and short[0].islower() and len(short.split()) <= 12:
        if short.split()[0] not in DETERMINERS:  # "What will they do?" "block the harbour"
            return f"{rest[:-3]} {short}"
    if match := _SAYING.search(rest):
        return f"{rest[: match.end()]} this{rest[match.end() :]}"
    return f"{rest} {short}" if short and len(short.split()) <= 8 else rest


def _with_subject(asking: str, base: Spoken) -> str | None:
    """A question whose subject was asked for, with the answer in its place."""
    old = base.parts
    if old.asked is None:
        return None
    noun = old.noun
    word = fold(old.text[slice(*old.asked)]).split()[0]
    subject = base.short if base.answers_who or word == "what" else None
    if base.question.asked in ("count", "amount") or subject is None:
        subject = f"the {noun.text}" if noun is not None else subject
    if subject is None:
        subject = "something" if word == "what" else "somebody"
    if old.auxiliary is not None:
        auxiliary = old.text[slice(*old.auxiliary)].lower()
        if is_plural(fold(subject).split()[-1]) and subject.split()[-1][0].islower():
            auxiliary = {a: b for b, a in _AGREEING.items()}.get(auxiliary, auxiliary)
        return f"{asking} {auxiliary} {subject}{old.text[old.auxiliary[1] :]}"
    return f"{asking} is it that {subject}{old.text[old.asked[1] :]}"


def _in_turn(rest: str, whole: Sequence[Spoken], people: People) -> str | None:
    """Who came before or after somebody: the question for that office, without "new"."""
    for turn in whole:
        asked = turn.parts.asked
        if asked is None or fold(turn.parts.text[slice(*asked)]) != "who":
            continue
        if any(people.is_person(name) for name in names(turn.parts.text)):
            continue
        text = _NOW.sub("", _NEWNESS.sub("", turn.parts.text))
        text = re.sub(r"^(who) (?:is|are)\b", r"\1 was", text, flags=re.IGNORECASE)
        return f"{text} {rest}"
    return f"who came {rest}"


def _other_subject(subject: str, old: Parts) -> str | None:
    """ "Did Hungary?" after "Did Belgium agree?"."""
    if old.subject is None or old.auxiliary is None:
        return None
    return old.text[: old.subject.start] + subject + old.text[old.subject.end :]


def _substituted(rest: str, own: Parts, base: Spoken, people: People) -> str | None:
    """`base` with a phrase of it exchanged for the fragment."""
    old = base.parts
    if _TIME.fullmatch(rest):
        found = next((m for m in _TIME.finditer(old.text) if m.end() == len(old.text)), None)
        if found:
            return old.text[: found.start()] + rest
        return f"{_NOW.sub('', old.text)} {rest}"
    if not own.phrases:
        return None
    new = own.phrases[0]
    if new.role == "oblique" and own.text.casefold().startswith(new.preposition):
        for phrase in old.phrases:
            same = phrase.preposition == new.preposition
            placed = phrase.preposition in _PLACES and new.preposition in _PLACES
            if phrase.role == "oblique" and (same or placed):
                start = old.text.rfind(phrase.preposition, 0, phrase.start)
                return old.text[:start] + rest + old.text[phrase.end :]
        return f"{old.text} {rest}"
    place = _parallel(rest, new, base, people)
    if place is None:
        asked = old.asked
        if asked is not None and base.answers_who and not old.inverted:
            return f"what about {rest}, {old.text}"
        return None
    start, end = place
    made = old.text[:start] + rest + old.text[end:]
    if old.subject is None or old.auxiliary is None or start != old.subject.start:
        return made
    if old.subject.plural == new.plural:
        return made
    auxiliary = old.text[slice(*old.auxiliary)]
    forms = {b: a for a, b in _AGREEING.items()} if new.plural else _AGREEING
    agreeing = forms.get(fold(auxiliary), auxiliary)
    return f"{made[: old.auxiliary[0]]}{agreeing}{made[old.auxiliary[1] :]}"


def _parallel(rest: str, new: Phrase, base: Spoken, people: People) -> tuple[int, int] | None:
    """Where the part of the earlier question stands that is most like the fragment."""
    old = base.parts
    phrases = [p for p in old.phrases if p.role != "asked"]
    for phrase in old.phrases:
        if phrase.head == new.head and phrase.text != rest:
            start = phrase.start
            if phrase.role == "asked":
                return start, phrase.end
            return start, phrase.end
    named = [_name_span(old.text, name) for name in dict.fromkeys(names(old.text))]
    spans = [(span, old.text[slice(*span)]) for span in named if span]
    if new.named:
        person = _names_person(rest, people)
        alike = [span for span, name in spans if people.is_person(name) == person]
        if alike:
            around = [
                (p.start, p.end)
                for p in phrases
                if new.text != rest.lstrip() or fold(rest).startswith("the ")
                if p.start <= alike[0][0] < alike[0][1] <= p.end and fold(p.text).startswith("the ")
            ]
            return around[0] if around and fold(rest).startswith("the ") else alike[0]
        things = [p for p in phrases if p.role == "subject"] or ([] if person else phrases)
        if things and (not person or things[0].named):
            return things[0].start, things[0].end
        if spans and not person:
            return spans[0][0]
        return None
    asked = old.noun
    if asked is not None and asked.plural and is_plural(new.head) and rest[0].islower():
        if not any(p.plural for p in phrases):
            return asked.start, asked.end
    subject = next((p for p in phrases if p.role == "subject"), None)
    chosen = subject or next(iter(phrases), None)
    return (chosen.start, chosen.end) if chosen else None


def _name_span(text: str, name: str) -> tuple[int, int] | None:
    match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return match.span() if match else None


def _names_person(text: str, people: People) -> bool:
    found = names(text[0].upper() + text[1:]) or names(text)
    return any(people.is_person(name) for name in found)


def _only_subject(own: Parts) -> bool:
    """Whether nothing follows an auxiliary but a subject: "Did Hungary?", "Was she?"."""
    following = own.text[own.auxiliary[1] if own.auxiliary else 0 :].split()
    if len(following) == 1 and fold(following[0]) in ("he", "she", "it", "they", "that"):
        return True
    alone = len(own.phrases) == 1 and own.phrases[0].text == " ".join(following)
    return alone and len(following) <= 4


def _plurals(old: Parts) -> list[Phrase]:
    order = {"asked": 0, "subject": 1, "object": 2, "oblique": 3}
    return sorted((p for p in old.phrases if p.plural), key=lambda p: order[p.role])


def _bare(text: str) -> str:
    return re.sub(r"^(?:the|these|those|all|some|any) ", "", text, flags=re.IGNORECASE)


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
