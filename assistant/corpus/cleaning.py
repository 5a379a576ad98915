"""Marks what on an article's page is headline, body, caption or boilerplate (page furniture).

Text is never rewritten, only marked. The signals are general and add up: who is addressed (second
person, imperatives), what about (newsletters, apps, our journalism), how a line looks (no verb, no
full stop, a label glued to a headline, the same sub-word over and over), where it stands, and
whether it was there before. Whole lines are judged first, with their neighbours; what is left is
judged sentence by sentence. When in doubt it is body: body lost is worse than furniture kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from assistant.corpus.furniture import (
    ADDRESS,
    AGENCY_LINE,
    BIO,
    BUTTON_LINE,
    BYLINE,
    CAPTION_START,
    CERTAIN,
    CLOCK,
    CREDIT,
    CREDIT_END,
    CUE_LABEL,
    CUE_LINE,
    DATE_WORDS,
    DATED,
    E_MAIL,
    END,
    FACT_LABELS,
    GLUED_END,
    GLUED_FRONT,
    GLUED_LABEL,
    GLUED_LINK,
    GLUED_QUESTION,
    KICKERS,
    LEAD,
    LONG,
    NAME,
    OFFERS,
    OUTLET,
    OWN_VIEWS,
    PAGE_DATE,
    POINTS,
    QUOTED,
    SECTIONS,
    SPEAKS,
    SPEECH,
    THRESHOLD,
    US,
    YEAR,
)
from assistant.records import Span, SpanKind
from assistant.text import STOPWORDS, count_words, fold, line_spans, sentence_spans, trim, words


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    text: str  # as written, cut where it is too long to be furniture
    plain: str  # the same, folded
    words: int
    ends: bool  # with a full stop, question or exclamation mark
    gap: bool  # a blank line stands before it
    kind: SpanKind | None = None

    @property
    def bare(self) -> bool:
        """Short, and without the end of a sentence: a headline, a button, a row of a list."""
        return not self.ends and 0 < self.words <= 20 and not self.plain.endswith((":", ",", ";"))


def mark_spans(text: str) -> tuple[Span, ...]:
    """The headline, body, caption and boilerplate spans of `text`: sorted, trimmed, complete."""
    lines = _read_lines(text)
    for at, line in enumerate(lines):
        line.kind = _judge_line(lines, at)
    _mark_link_boxes(lines)
    _mark_glued_labels(lines)
    _mark_bylines(lines)
    spans: list[Span] = []
    seen: set[str] = set()
    title_seen = False
    for at, line in enumerate(lines):
        kind = line.kind = line.kind or _judge_bare(lines, at, title_seen)
        # A title or caption said twice; further down, "Where: Elm" may well be said twice.
        titled = kind in ("headline", "caption")
        again = at < 12 or (titled and (kind == "caption" or ":" not in line.plain))
        if (titled or line.bare) and again and line.words >= 4 and line.plain[-1:] != "?":
            key = LEAD.sub("", line.plain)
            kind = line.kind = "boilerplate" if key in seen else kind
            if titled:
                seen.add(key)
        title_seen = title_seen or kind in ("headline", None)
        pieces = _judge_sentences(text, lines, at) if kind is None else _cut_glued(text, line, kind)
        spans.extend(_join(text, pieces, line.end))
    return tuple(spans)


def _read_lines(text: str) -> list[_Line]:
    lines: list[_Line] = []
    before = 0
    for start, end in line_spans(text):
        head = text[start : min(end, start + 4 * LONG)]
        between = text[before:start]
        gap = between.count("\n") > 1 or (between.count("\r") > 1 and "\n" not in between)
        ends = bool(END.search(text[max(start, end - 8) : end]))
        lines.append(_Line(start, end, head, fold(head), count_words(head), ends, gap))
        before = end
    return lines


def _judge_line(lines: list[_Line], at: int) -> SpanKind | None:
    """What the line is when it can be told from the line alone, or from where it stands."""
    line, plain = lines[at], lines[at].plain
    if line.end - line.start > len(line.text):
        return None
    if not line.words or _is_token_run(line):
        return "boilerplate"
    if len(line.text) > LONG:
        return "caption" if len(CREDIT.findall(line.text)) >= 4 else None
    if _is_page_date(lines, at) or (line.bare and BUTTON_LINE.fullmatch(plain)):
        return "boilerplate"
    if at < 4 and line.words <= 6 and plain.endswith(" -") and line.text[0].isupper():
        return "boilerplate"  # a dateline on its own: "Washington (News) —"
    plural = re.match(r"(?:photo|picture|video)s: \w", plain) and line.words >= 4 and line.bare
    if plural and not CREDIT_END.search(line.text) and at:
        return "boilerplate"  # a gallery, linked
    if CAPTION_START.match(line.text) or CREDIT_END.search(line.text):
        return "caption"
    if (
        line.words <= 40
        and CUE_LABEL.fullmatch(line.text)
        and count_words(plain.partition(":")[2]) >= 2
    ):
        return "boilerplate"
    return None


def _is_token_run(line: _Line) -> bool:
    """Names of icons or sections in a row: no function words, the same sub-word again and again."""
    tokens = [t for t in line.plain.split()[:200] if any(c.isalnum() for c in t)]
    if len(tokens) < 5 or line.ends or any(t in STOPWORDS and t not in SECTIONS for t in tokens):
        return False
    endings = Counter(token[-4:] for token in tokens if len(token) >= 4 and token.isascii())
    most = endings.most_common(1)[0][1] if endings else 0
    known = sum(token.strip("|•·&") in SECTIONS for token in tokens)
    return (len(tokens) >= 10 and most >= 0.4 * len(tokens)) or known >= 0.7 * len(tokens)


def _is_page_date(lines: list[_Line], at: int) -> bool:
    """A date or time on its own, unless it heads a part of a timeline or a schedule."""
    line = lines[at]
    if line.words > 14 or not any(c.isdigit() for c in line.plain):
        return False
    tokens = [t.strip(".") for t in words(line.plain)]
    named = sum(t in DATE_WORDS for t in tokens)
    if not named or any(t not in DATE_WORDS and not t[0].isdigit() for t in tokens):
        return False
    if PAGE_DATE.search(line.plain):
        return True
    clock = CLOCK.search(line.plain)
    dated = len(tokens) >= 3 and any(len(t) >= 3 and not t[0].isdigit() for t in tokens)
    if not dated or not (clock or YEAR.search(line.plain)) or not _at_edge(lines, at, 6):
        return False
    return (
        sum(bool(o.words <= 8 and DATED.match(o.plain)) for o in lines[max(0, at - 60) : at + 60])
        < 3
    )


def _mark_link_boxes(lines: list[_Line]) -> None:
    """'Read more' and its like, with the short lines without a full stop that follow it."""
    often = Counter(line.plain for line in lines if line.bare)
    for at, line in enumerate(lines):
        if line.kind not in (None, "boilerplate") or line.words > 9:
            continue
        if not CUE_LINE.fullmatch(line.plain):
            continue
        # The link at the end of one part of a page, not the head of a box.
        if line.ends or line.plain.endswith("here") or often[line.plain] > 2:
            line.kind = "boilerplate" if BUTTON_LINE.fullmatch(line.plain) else line.kind
            continue
        stop = at + 1
        first_gap = stop < len(lines) and lines[stop].gap
        while stop < min(len(lines), at + 9) and _links(lines[stop]):
            if lines[stop].words < 3 or lines[stop].kind == "caption":
                break
            if stop > at + 1 and lines[stop].gap and not first_gap:
                break
            stop += 1
        if stop - at > 5 and first_gap and stop < len(lines) and not _links(lines[stop]):
            stop -= 1  # every line stands apart: the last may head the prose that follows
        if stop > at + 1 or stop == len(lines) or line.plain.startswith("read"):
            for link in lines[at:stop]:
                link.kind = "boilerplate"


def _links(line: _Line) -> bool:
    return line.bare or (line.plain.endswith("?") and line.words <= 15)


def _mark_glued_labels(lines: list[_Line]) -> None:
    """Promo links between paragraphs, 'Label:Headline', but not tables of facts or transcripts."""
    found: list[tuple[int, str]] = []
    for at, line in enumerate(lines):
        match = GLUED_LABEL.fullmatch(line.text) if line.words <= 45 else None
        if line.kind is None and line.words <= 45 and GLUED_QUESTION.fullmatch(line.text):
            line.kind = "boilerplate"
        elif line.kind is None and match and line.end - line.start < LONG:
            label = fold(match["label"]).strip(" *•►▶>-–—")
            if count_words(label) <= 14 and count_words(line.text[match.end("label") + 1 :]) >= 2:
                found.append((at, label))
    rows = {at for at, _ in found}
    often = Counter(fold(o.text[:60].partition(":")[0]) for o in lines if ":" in o.text[:60])
    for at, label in found:
        if label in FACT_LABELS or SPEECH.search(label) or not re.search(r"[a-z]", label):
            continue
        named = count_words(label) <= 2 and not any(c.isdigit() for c in label)
        speaker = often[label] >= (2 if named else 3)
        table = any(rows.issuperset(range(at - i, at - i + 4)) for i in range(4))
        if label in KICKERS or CUE_LINE.fullmatch(label) or not (speaker or table):
            lines[at].kind = "boilerplate"


def _mark_bylines(lines: list[_Line]) -> None:
    """Who wrote it: a 'By' line, a name above an outlet at the head, a dash and a name, a bio."""
    signed = [a for a, o in enumerate(lines) if o.words <= 12 and BYLINE.fullmatch(o.text)]
    for at in signed:
        if lines[at].text[0] in "–—-":
            # One dash and name below a quotation names its speaker; several sign parts of a page.
            quoted = at > 0 and lines[at - 1].text.endswith(("”", '"'))
            lines[at].kind = None if quoted and len(signed) < 3 else "boilerplate"
        elif _at_edge(lines, at, 6):
            lines[at].kind = "boilerplate"
    for at, line in enumerate(lines):
        if line.kind is not None or line.words > 90 or len(line.text) > LONG:
            continue
        if at < 3 and AGENCY_LINE.fullmatch(line.plain):
            line.kind = "boilerplate"
        if line.words <= 10 and _at_edge(lines, at, 4) and E_MAIL.fullmatch(line.text):
            line.kind = "boilerplate"
        elif at < 3 and at + 1 < len(lines) and NAME.fullmatch(line.text):
            below = lines[at + 1]
            place = below.words <= 5 and not any(t[0].islower() for t in below.text.split())
            place = place and at + 2 < len(lines) and lines[at + 2].words > 12
            named = not line.plain.startswith("the ")
            if named and below.words <= 6 and below.bare and (OUTLET.search(below.plain) or place):
                line.kind = below.kind = "boilerplate"
        elif at >= max(1, len(lines) - 3) and BIO.match(line.text):
            line.kind = None if '"' in line.text or "“" in line.text else "boilerplate"
        elif line.plain.startswith("editor's note") and BIO.match(line.text[14:].lstrip()):
            line.kind = "boilerplate"


def _at_edge(lines: list[_Line], at: int, reach: int) -> bool:
    return at < reach or at >= len(lines) - reach


def _judge_bare(lines: list[_Line], at: int, title_seen: bool) -> SpanKind | None:
    """A short line without a full stop: a request, the title, the heading of prose, or neither."""
    line = lines[at]
    if len(line.text) > LONG or line.words > 30:
        return None
    below = lines[at + 1].plain if at + 1 < len(lines) and not lines[at + 1].bare else ""
    heads = any(o in below for o in OFFERS.findall(line.plain))  # the prose below is about it
    question = line.plain.endswith("?") and line.plain.count("?") == 1 and ". " not in line.plain
    if (
        (question or not line.ends)
        and not heads
        and (
            CERTAIN.fullmatch(line.plain)
            or _furniture_points(lines, at, line.text, alone=True) >= THRESHOLD
        )
    ):
        return "boilerplate"
    if line.plain.endswith((":", ",", ";")) or line.text[0].islower() or line.text[0] in "•-–—*►":
        return None
    if not title_seen and not line.ends and at < 8:
        return "headline"
    if line.words > 18 or (line.ends and not question):
        return None
    if _at_list(lines, at):
        return None
    after = [other for other in lines[at + 1 : at + 5] if other.kind is None][:2]
    return "headline" if any(other.ends or other.words > 18 for other in after) else None


def _at_list(lines: list[_Line], at: int) -> bool:
    """Three bare lines in a row, this one among them: rows of a list or a table, not headings."""
    rows = [o.bare and o.kind in (None, "headline") for o in lines[max(0, at - 2) : at + 3]]
    return any(all(rows[i : i + 3]) for i in range(len(rows) - 2))


def _furniture_points(lines: list[_Line], at: int, sentence: str, alone: bool) -> int:
    """How much a sentence, or a line on its own, reads like the page talking to its reader."""
    line = lines[at]
    said = _said(sentence)
    if not said or (line.text[0] in '"“' and not any(c in line.text[1:] for c in '"”')):
        return 0  # all quotation, or a quotation that runs on into the next paragraph
    if not ADDRESS.search(said):
        return 0
    points = sum(points for points, pattern in POINTS if pattern.search(said))
    if alone and line.bare and at > 0:
        points += 2
    near = [other.kind for other in lines[max(0, at - 1) : at + 2] if other is not line]
    return points + (at >= len(lines) - 4) + ("boilerplate" in near)


def _said(sentence: str) -> str:
    """What the page itself says in a sentence: folded, without the words of others."""
    return fold(US.sub("U.S.", QUOTED.sub(" ", sentence[:LONG]))).strip()


def _judge_sentences(text: str, lines: list[_Line], at: int) -> list[tuple[int, SpanKind]]:
    """Where each piece of a line of prose begins, and what it is."""
    line = lines[at]
    if line.bare:
        return [(line.start, "body")]
    starts = _piece_starts(text, line.start, line.end)
    plain = [text[s:e] for s, e in zip(starts, [*starts[1:], line.end], strict=True)]
    points = [_furniture_points(lines, at, piece, alone=len(plain) == 1) for piece in plain]
    folded = [_said(piece) for piece in plain]
    sure = [
        bool(CERTAIN.fullmatch(piece) or (" " in piece and BUTTON_LINE.fullmatch(piece)))
        for piece in folded
    ]
    hits = [s or p >= THRESHOLD for s, p in zip(sure, points, strict=True)]
    if folded[0].startswith("editor's note") and any(hits[1:4]) and OWN_VIEWS.search(line.plain):
        hits[: hits.index(True)] = [True] * hits.index(True)  # about the writer
    # Beside furniture in the same line less is needed, and in an appeal only "we" or "you".
    appeal = sum(hits) >= 3
    first = tuple(hits)
    order = range(len(hits))
    for i in [*order, *reversed(order)] if any(first) else []:
        if any(hits[max(0, i - 1) : i + 2]) and points[i] >= THRESHOLD - 3:
            hits[i] = True
        elif appeal and any(first[max(0, i - 4) : i + 5]):
            hits[i] = hits[i] or bool(SPEAKS.search(folded[i]))
    if appeal:
        for left, right in pairwise([i for i, hit in enumerate(hits) if hit]):
            if right - left <= 4:
                hits[left:right] = [True] * (right - left)
    return [(s, "boilerplate" if hit else "body") for s, hit in zip(starts, hits, strict=True)]


def _piece_starts(text: str, start: int, end: int) -> list[int]:
    """Where the sentences of a line begin, and links that were glued between them."""
    starts = {start} | {s for s, _ in sentence_spans(text, start, end)}
    for match in GLUED_LINK.finditer(text, start, end):
        starts.update(p for p in match.span() if p < end)
    front = GLUED_FRONT.match(text, start, end)
    if front and front.end() < end:
        starts.add(front.end())
    return sorted(starts)


def _cut_glued(text: str, line: _Line, kind: SpanKind) -> list[tuple[int, SpanKind]]:
    """A caption or heading without the buttons glued to its front and end."""
    pieces: list[tuple[int, SpanKind]] = [(line.start, kind)]
    if kind == "boilerplate":
        return pieces
    front = GLUED_FRONT.match(text, line.start, line.end)
    if front and front.end() < line.end:
        pieces = [(line.start, "boilerplate"), (front.end(), kind)]
    tail = GLUED_END.search(text, max(pieces[-1][0], line.end - 60), line.end)
    if tail and tail.start() > pieces[-1][0]:
        pieces.append((tail.start(), "boilerplate"))
    return pieces


def _join(text: str, pieces: list[tuple[int, SpanKind]], end: int) -> Iterator[Span]:
    """Spans from where each piece of a line begins; neighbours of one kind become one span."""
    for at, (start, kind) in enumerate(pieces):
        if at and pieces[at - 1][1] == kind:
            continue
        stop = next((s for s, other in pieces[at + 1 :] if other != kind), end)
        left, right = trim(text, start, stop)
        if left < right:
            yield Span(kind, left, right)
