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

from assistant.records import Span, SpanKind
from assistant.text import STOPWORDS, count_words, fold, line_spans, sentence_spans, trim, words

__all__ = ["mark_spans"]


def _set(words_: str) -> frozenset[str]:
    return frozenset(words_.split())


# ---- Vocabulary. Matched against folded text: lower case, plain quotes, no accents. ----

# Points a sentence earns towards being furniture; at THRESHOLD it is. Quoted words earn none.
THRESHOLD = 7
_IMPERATIVE = (
    r"^(?:[^a-z]*|[^:]{1,60}: ?|please |(?:to|for|if|want|like)\b[^,?]{1,80}[,?] )(?:%s)\b"
)
_ASK = (
    "subscribe|sign (?:me )?up|become an? (?:subscriber|member|supporter)|follow|download|install|"
    "donate (?:now|today|to us)|support (?:us|our|local|independent|quality)|join (?:us|our)|"
    "(?:hit|press) play|never miss|don't miss|be the first to|keep up (?:to date )?with|click|"
    "tap|like us|unlock|"
    "stay (?:up to date|up-to-date|informed|connected|tuned|in the|on top)|enter your|"
    "thank(?:s| you) for (?:support|read|subscrib)\\w+|would you like to|want (?:to|more)\\b|"
    "share your (?:thoughts|views?|comments?|opinions?)|join the conversation"
)
_DO = (
    "get|reach|contact|e-?mail|check out|listen|watch|read|see|view|find|register|connect|"
    "send|tell|submit|become|join|support|donate|start|try|add|share|explore|discover|help|"
    "log in|sign in|create|have"
)
_POINTS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
    (points, re.compile(pattern))
    for points, pattern in (
        (3, _IMPERATIVE % _ASK),
        (1, _IMPERATIVE % _DO),
        # What only a publisher offers: one of these nearly makes a request furniture.
        (
            4,
            r"\b(?:newsletters?|(?:your|the|an?) (?:email )?inbox|push notifications?|journalism|"
            r"(?:breaking|latest|live|top|daily|weekly) (?:\w+ )?(?:news|headlines|stories|scores|"
            r"alerts|updates|digest|briefing|e-?mails?)|(?:news|text|message) alerts?|"
            r"paywalls?|subscribers?[- ]only|subscriptions?|"
            r"ad-free|unlimited (?:digital )?access|your (?:data|preferences|"
            r"subscription|experience on)|never miss an? (?:story|moment|update)|print edition|"
            r"privacy policy|terms (?:of|and) \w+|legitimate (?:interests?|case)|personal data)\b",
        ),
        # What a publisher offers, and many an article is about.
        (
            2,
            r"\b(?:apps?|whatsapp|telegram|twitter|facebook|instagram|tiktok|youtube|linkedin|"
            r"threads|bluesky|flipboard|snapchat|social media|e-?mail|website|podcasts?|account|"
            r"channel|comments section|homepage|membership|cookies)\b",
        ),
        # The publisher speaking of itself.
        (
            4,
            r"\bour (?:\w+ )?(?:newsletters?|journalis\w+|report(?:ing|ers?|age)|newsroom|readers|"
            r"apps?|sites?|websites?|podcasts?|subscribers|supporters|social|privacy|cookie|terms|"
            r"homepage|partners|mission|fact[- ]check\w*|correspondents|photographers|"
            r"work is supported)\b|\b(?:follow|support|join|email|contact|trust|like) us\b|"
            r"\bwe (?:will )?(?:use|process|store) (?:cookies|your|the (?:details|information))\b|"
            r"\b(?:send|tell) us your (?:tip|stor|view|question)\w*",
        ),
        (
            4,
            r"\byour (?:\w+ )?(?:support|donation|contribution|subscription|gift)s? "
            r"(?:\w+ )?(?:helps?|allows?|makes?|means?|keeps?|supports?|ensures?|enables?)\b",
        ),
        (
            1,
            r"\b(?:we|us)\b[^.]{0,90}\b(?:journalis(?:m|ts?)|reporters?|paywalls?|newsroom|"
            r"reporting)\b",
        ),
        (1, r"\byou(?:r|rs|'re|'ll|'ve)?\b"),
        (
            2,
            r"\b(?:here|now|today)\W*$|\bof (?:the|this) page\b|"
            r"\b(?:(?:link|player|form) (?:above|below|at|in)|this link|"
            r"(?:click(?:ing)?|sign up|subscribe) (?:right )?here)\b",
        ),
        (2, r"(?<![\w.])@\w{2,}|\b[\w.+-]{1,40}@[\w-]{1,40}\.\w|\b(?:on|via) (?:x|twitter)\b"),
        (1, r"\band more\W*$"),
        (4, r"^(?:get|explore|discover|find|read|see)\b.{0,40}\bnews (?:on|about|from)\b"),
        (1, r"\bhttps?://|\bwww\.|\b\w{2,30}\.(?:com|org|net|co\.uk)\b"),
        (-4, r"\b(?:said|says|told|added|wrote|tweeted|asked|according to|announced|urged)\b"),
    )
)
# Addressed to the reader or spoken by the publisher: without one of these, points do not count.
_ADDRESS = re.compile(f"{_IMPERATIVE % (_ASK + '|' + _DO)}|\\b(?:you|your|we|our|us)\\b")
# Sentences and lines that are furniture on their own.
_CERTAIN = re.compile(
    r"^(?:(?:please |you can )?(?:sign up|subscribe|register|click|tap|donate|support|join|learn|"
    r"read|see|watch|listen|find out|view|show|load|continue)(?: \w+){0,2} (?:here|now|today|more|"
    r"for free|reading|below|comments)\W*"
    r"|(?:read|learn|view|see) more(?: \w+){0,4}\W*|become an? (?:subscriber|member|supporter)\W*"
    r"|.{0,80}\bhere ?>+"
    r"|(?:a|an earlier) version of this (?:story|article|piece|post) (?:first |originally )?"
    r"(?:appeared|appears|ran|was published)\b.*"
    r"|this (?:story|article|post|page|live ?blog)\b.{0,30} (?:has been|have been|was) "
    r"(?:first |originally )?(?:updated|published)\b.{0,120}"
    r"|(?:you can )?(?:check|take|see|find|read|watch|view|listen to|vote in|follow|learn more|"
    r"explore|dive in) (?:[\w'-]+ ){1,9}here\W*"
    r"|(?:keep|continue) reading(?: (?:here|below|to \w+ more))?\W*"
    r"|we(?:'d| would)? (?:want|love|like) to hear from you\W*"
    r"|.{0,60}\bindependently (?:chosen|selected|reviewed) by\b.{0,60}"
    r"|this (?:transcript|conversation|interview) (?:was|has been)\b.{0,40}"
    r"\b(?:generated|edited|condensed)\b.{0,120}"
    r"|(?:just |only |exclusively )?for subscribers(?: only)?\W*"
    r"|(?:additional |with )?(?:contributing|contributors?|reporting by|edited by|editing by|"
    r"compiled by|additional reporting|follow along|produced by) ?(?:by|:).{1,200}"
    r"|.{0,160}\bcontributed (?:reporting )?to this (?:\w+ )?(?:report|story|article|column)\b.*"
    r"|from .{0,40}\b(?:wire|staff) reports"
    r"|.{0,80}\b(?:may|can) be (?:reached|contacted) (?:at|on|by|via)\b.{0,80}"
    r"|.{0,20}\b(?:reach|contact|e-?mail|follow)\b.{1,80}(?:@\w|\bon (?:x|twitter)\b).{0,60}"
    r"|(?:©|\(c\)|copyright)\W.{0,200}|.{0,120}\ball rights reserved\b.*"
    r"|.{0,160}\bmay not be (?:published|reproduced|redistributed).*"
    r"|.{0,160}\bmay (?:earn|receive) (?:an? |some )?(?:\w+ )?(?:commission|revenue|fees)\b.*"
    r"|.{0,160}\bmay earn us\b.*"
    r"|prices (?:were|are) (?:accurate|correct|subject).*"
    r"|the (?:opinions|views) expressed\b.*|opinions expressed\b.*"
    r"|why (?:you can|you should|to|should you) trust\b[^?.]{0,40}"
    r"|(?:have|got) (?:a )?(?:\w+ ){0,2}(?:tip|question for us|story to (?:tell|share))\b.{0,80}"
    r"|.{0,60}\b(?:(?:we use|accept|accept all) cookies|cookie (?:settings|policy|preferences))\b.*"
    r"|(?:\d\. )?(?:how relevant is this ad|did you encounter any technical issues)\b.*|"
    r"(?:video )?ad feedback\b.{0,200}|just watched\b.*|must watch\b.{0,160}\d:\d\d|must watch\W*"
    r")$"
)
# Labels of buttons and boxes: a line of nothing but these is furniture.
_BUTTONS = (
    "advertisement|advert|sponsored(?: content)?|promoted|share(?: this)?(?: article| story| page| on)?|"
    "tweet|print|e-?mail|facebook|twitter|whatsapp|linkedin|reddit|pinterest|flipboard|telegram|messenger|x|"
    "copy link|copied|link copied|save|saved|bookmark|comments?|(?:view|post|leave|add)(?: a)? "
    "comments?|comment now|reply|like|close|menu|search|home|skip to (?:main )?content|back to top|"
    "log ?in|sign ?in|log ?out|sign ?up|subscribe|subscribe now|register|donate|support now|"
    "source link|source|prev(?:ious)?|next|replay|more videos?|play|pause|mute|loading|follow us|"
    "follow|read more|show more|view gallery|gallery|hide caption|toggle caption|enlarge|expand|"
    "(?:story|article) continues(?: below)?(?: advertisement)?|watch now|listen now|get the app|"
    "top stories|most read|trending(?: now)?|\\d+ (?:comments?|shares?)|"
    "view image in fullscreen|open image in gallery|not now|no thanks|accept|ok|allow"
)
_BUTTON_LINE = re.compile(rf"(?:{_BUTTONS})(?:\W+(?:{_BUTTONS}))*\W*")
# Buttons that scrapers glue to the front or the end of a caption, and links between sentences.
_GLUED_FRONT = re.compile(
    r"(?:open|view|enlarge|expand|see|show) (?:full-?size )?(?:image|photo|picture|gallery)"
    r"(?: (?:in|on) (?:gallery|full-?screen|new window|full screen))?\W+|"
    r"(?:hide|toggle|show) caption\W+|enlarge\W{0,3} image\W+",
    re.IGNORECASE,
)
_GLUED_END = re.compile(
    r"\s(?:Prev(?:ious)?\W+Next|(?:hide|toggle) caption|Read [Mm]ore|Advertisement)\W*$"
)
_GLUED_LINK = re.compile(
    r"(?<=[\w.!?] )(?:(?:Read|Learn) [Mm]ore|(?:Support|Subscribe|Donate|Sign [Uu]p) [Nn]ow)"
    r"(?=\s+[A-Z\"“‘]|\s*$)"
)
# A box of links begins here; short lines without a full stop below it are links.
_CUE = (
    r"(?:(?:read|see|watch|listen|hear) (?:more|also|next|on|now|this|live|(?:the )?\w+ here|"
    r"(?:the )?(?:full|whole|rest)(?: \w+){0,3})|see|read|watch|listen|more|related|previously|"
    r"earlier|"
    r"(?:also|related|recommended|further) (?:read|see|watch|stor(?:y|ies)|reading|articles?|news|"
    r"content|topics|links|coverage|videos?)|more (?:from|on|about|in|stories|news|top|like)\b"
    r"[^:.?!]{0,40}|you (?:may|might) (?:also )?(?:like|be interested|enjoy)[^:.]{0,20}|"
    r"recommended(?: for you)?|(?:don't|do not) miss|in case you missed it|most (?:read|popular)|"
    r"(?:just |exclusive )?for subscribers|exclusive|top stories|trending(?: now)?|"
    r"editor'?s'? picks|"
    r"what to read next|popular now|elsewhere|read the (?:story|rest|latest)(?: \w+){0,2}|"
    r"latest (?:news|stories|headlines)|more [a-z]{2,5} [a-z]{2,7}|live updates|check out more|"
    r"interactive|slideshow|in (?:pictures|photos))"
)
_CUE_LINE = re.compile(rf"\W*{_CUE}\W*")
_CUE_LABEL = re.compile(rf"\W*(?i:{_CUE})\s*[:|»>]+\s*(?:[^\sa-z]|https?:).*")
# "Label:Headline", the colon without a space: how a linked promo comes out of a page.
_GLUED_LABEL = re.compile(
    r"(?P<label>[^:]{1,110}[^:\s\d]|[^:]{0,109}\d(?=:\D)):(?=[^\s:/\d)]|\d+'?(?: [\w',-]+){5})\S.*"
)
# The same with a question for a label: "Who won?Read the story".
_GLUED_QUESTION = re.compile(
    r"(?:[^.?!\"“”]{12,110}[a-z0-9][?!]['’]?|[^.?!'\"‘“”]{12,110}[a-z0-9]\?: ?)"
    r"(?=['‘]?[A-Z][\w'’]+ \w)\S.*"
)
_FACT_LABELS = _set(
    """who what when where why how q a question answer time date place venue location tv score
    result cast stars director rating price cost age born died winner odds address phone tickets
    note correction update example ingredients serves directions step day"""
)
_KICKERS = {"fact check", "live updates"} | _set(
    """opinion review analysis explainer explained podcast podcasts photos pictures video gallery
    graphics background story updates column editorial commentary exclusive"""
)
_SPEECH = re.compile(
    r"\b(?:said|says?|told|added|adds|wrote|writes|tweeted|asked|replied|reads|read|saying|posted|"
    r"texted|continued|stated|explained|concluded|quipped|joked|noted|reporters)$"
)
# Dates and the words that stand around them when the page, not the article, is dated.
_DATE_WORDS = _set(
    """january february march april may june july august september october november december jan
    feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday
    sunday mon tue tues wed thu thur thurs fri sat sun am pm a.m p.m et est edt pt pst pdt ct cst
    cdt mt gmt utc bst ist cet hkt on at of the published updated posted created modified last first
    by min mins minute minutes hour hours hr hrs day days week weeks ago read yesterday today
    th st nd rd"""
)
_PAGE_DATE = re.compile(r"\b(?:published|updated|posted|modified|ago|min(?:ute)?s? read)\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_DATED = re.compile(
    r"(?:\w+day,? )?(?:\d{1,2} )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d"
)
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?[ap]\.?m\b")
# Where pictures come from.
_AGENCY = (
    r"(?:Getty(?: Images)?|Reuters|AFP|AP|Associated Press|EPA|EFE|PA(?: Wire| Images| Media)?|"
    r"Shutterstock|Alamy(?: \w+ \w+)?|Bloomberg|ZUMA\w*|iStock\w*|Pool|Handout|Imagn\w*|UPI|Xinhua|"
    r"Sipa\w*|NurPhoto|WireImage|FilmMagic|Anadolu(?: Agency)?|Redux|Rex|Press Association)"
)
_CREDIT_END = re.compile(
    rf"(?:[/(|]\s*(?:[A-Z][\w. -]{{0,30}}/)?{_AGENCY}(?: \w+)?(?:/[\w ]{{1,30}}){{0,3}}|"
    r"\b(?:Getty Images|Shutterstock|Alamy|AP Photo|AFP|iStock)(?:/[\w ]{1,30}){0,3}|"
    r"\b(?:[Pp]ics?|[Pp]hotos?|[Ii]mages?|[Pp]ictures?|[Cc]redit|[Pp]hotograph)"
    r"(?:: ?| by | courtesy (?:of )?)[A-Z][\w.'’/, -]{1,60}|"
    r"(?:^|[.!?)] |\()(?:Courtesy|Handout|File [Pp]hoto|Provided by)\b[ \w.'’/,-]{0,60})"
    r"\s*\)?\W{0,3}$"
)
_CREDIT = re.compile(rf"[/(]\s?{_AGENCY}\b|\bGetty Images\b")
_CAPTION_START = re.compile(
    r"(?:image|photo|picture|pic|caption|photograph|illustration)s?(?: credit| source| caption)?"
    r"\s*[:©]\s*|FILE ?[-–—] (?=\w)",
    re.IGNORECASE,
)
_LEAD = re.compile(rf"\A(?:{_GLUED_FRONT.pattern})?(?:{_CAPTION_START.pattern})?", re.IGNORECASE)
_ROLE = (
    r"(?:reporter|correspondent|editor|journalist|columnist|writer|producer|freelancer?|blogger)"
)
_BIO = re.compile(
    rf"(?:[A-Z][\w.'’-]+ ){{1,4}}(?:is|are) .{{0,60}}\b(?i:{_ROLE})\b.{{0,40}}"
    r"(?:\b(?:at|for|with|of|on|covering|who|based)\b|$)|"
    r"(?:[A-Z][\w.-]+ ){1,3}(?:covers .{1,120}\bfor|writes (?:for|about)|reports for) "
)
_OUTLET = re.compile(
    r"\b(?:special (?:for|to)|staff|reporters?|correspondents?|editor|columnist|press|times|post|"
    r"today|news|sports?|network|journal|tribune|herald|gazette|republic|wire|agency|chronicle|"
    r"contributor|guardian|telegraph|observer|magazine|daily|broadcasting|reuters|ap|\w+\.com)\b"
)
_AGENCY_LINE = re.compile(r"\W*(?:the )?(?:associated press|ap|afp|reuters|press association)\W*")
_E_MAIL = re.compile(
    r"(?:[A-Z][\w .'\u2019-]{2,40}[:,;|] .{0,60}?)?\b[\w.+-]{1,40}@[\w-]{1,40}\.\w+.{0,60}"
)
_NAME = re.compile(r"[A-Z][\w.'’-]*(?:,? (?:and |de |van |von |la |al-)?[A-Z][\w.'’-]*){1,3}")
_BYLINE = re.compile(
    r"(?:[Bb]y|BY|[Ww]ritten by|[Ww]ords by|[–—-])\s?[A-Z][\w.'’-]*"
    r"(?:(?:,| and| for| of| de| van| in|,? \|)? [A-Z][\w.'’-]*){1,9}"
)
_SECTIONS = _set(
    """home news world uk us politics business money economy tech technology science health sport
    sports football opinion culture arts lifestyle life style entertainment travel video videos tv
    weather food cars climate environment education media local national international markets
    jobs shop games podcasts newsletters subscribe login menu search more about contact"""
)
_QUOTED = re.compile(r"[\"“”][^\"“”]{0,1500}[\"“”]")
_US = re.compile(r"\bUS\b")  # the country, not the pronoun
_OFFERS = re.compile(r"\b(?:app|newsletter|podcast|account|alert|e-?mail|channel|website)")
_OWN_VIEWS = re.compile(r"\b(?:views|opinions) expressed\b|\bnewsletter\b")
_SPEAKS = re.compile(r"\b(?:we|our|us|you|your)\b")
_END = re.compile(r"[.!?…][\"”’')\]]*$")
_LONG = 700  # longer lines are paragraphs: only their sentences are judged


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
            key = _LEAD.sub("", line.plain)
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
        head = text[start : min(end, start + 4 * _LONG)]
        between = text[before:start]
        gap = between.count("\n") > 1 or (between.count("\r") > 1 and "\n" not in between)
        ends = bool(_END.search(text[max(start, end - 8) : end]))
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
    if len(line.text) > _LONG:
        return "caption" if len(_CREDIT.findall(line.text)) >= 4 else None
    if _is_page_date(lines, at) or (line.bare and _BUTTON_LINE.fullmatch(plain)):
        return "boilerplate"
    if at < 4 and line.words <= 6 and plain.endswith(" -") and line.text[0].isupper():
        return "boilerplate"  # a dateline on its own: "Washington (News) —"
    plural = re.match(r"(?:photo|picture|video)s: \w", plain) and line.words >= 4 and line.bare
    if plural and not _CREDIT_END.search(line.text) and at:
        return "boilerplate"  # a gallery, linked
    if _CAPTION_START.match(line.text) or _CREDIT_END.search(line.text):
        return "caption"
    if (
        line.words <= 40
        and _CUE_LABEL.fullmatch(line.text)
        and count_words(plain.partition(":")[2]) >= 2
    ):
        return "boilerplate"
    return None


def _is_token_run(line: _Line) -> bool:
    """Names of icons or sections in a row: no function words, the same sub-word again and again."""
    tokens = [t for t in line.plain.split()[:200] if any(c.isalnum() for c in t)]
    if len(tokens) < 5 or line.ends or any(t in STOPWORDS and t not in _SECTIONS for t in tokens):
        return False
    endings = Counter(token[-4:] for token in tokens if len(token) >= 4 and token.isascii())
    most = endings.most_common(1)[0][1] if endings else 0
    known = sum(token.strip("|•·&") in _SECTIONS for token in tokens)
    return (len(tokens) >= 10 and most >= 0.4 * len(tokens)) or known >= 0.7 * len(tokens)


def _is_page_date(lines: list[_Line], at: int) -> bool:
    """A date or time on its own, unless it heads a part of a timeline or a schedule."""
    line = lines[at]
    if line.words > 14 or not any(c.isdigit() for c in line.plain):
        return False
    tokens = [t.strip(".") for t in words(line.plain)]
    named = sum(t in _DATE_WORDS for t in tokens)
    if not named or any(t not in _DATE_WORDS and not t[0].isdigit() for t in tokens):
        return False
    if _PAGE_DATE.search(line.plain):
        return True
    clock = _CLOCK.search(line.plain)
    dated = len(tokens) >= 3 and any(len(t) >= 3 and not t[0].isdigit() for t in tokens)
    if not dated or not (clock or _YEAR.search(line.plain)) or not _at_edge(lines, at, 6):
        return False
    return (
        sum(bool(o.words <= 8 and _DATED.match(o.plain)) for o in lines[max(0, at - 60) : at + 60])
        < 3
    )


def _mark_link_boxes(lines: list[_Line]) -> None:
    """'Read more' and its like, with the short lines without a full stop that follow it."""
    often = Counter(line.plain for line in lines if line.bare)
    for at, line in enumerate(lines):
        if line.kind not in (None, "boilerplate") or line.words > 9:
            continue
        if not _CUE_LINE.fullmatch(line.plain):
            continue
        # The link at the end of one part of a page, not the head of a box.
        if line.ends or line.plain.endswith("here") or often[line.plain] > 2:
            line.kind = "boilerplate" if _BUTTON_LINE.fullmatch(line.plain) else line.kind
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
        match = _GLUED_LABEL.fullmatch(line.text) if line.words <= 45 else None
        if line.kind is None and line.words <= 45 and _GLUED_QUESTION.fullmatch(line.text):
            line.kind = "boilerplate"
        elif line.kind is None and match and line.end - line.start < _LONG:
            label = fold(match["label"]).strip(" *•►▶>-–—")
            if count_words(label) <= 14 and count_words(line.text[match.end("label") + 1 :]) >= 2:
                found.append((at, label))
    rows = {at for at, _ in found}
    often = Counter(fold(o.text[:60].partition(":")[0]) for o in lines if ":" in o.text[:60])
    for at, label in found:
        if label in _FACT_LABELS or _SPEECH.search(label) or not re.search(r"[a-z]", label):
            continue
        named = count_words(label) <= 2 and not any(c.isdigit() for c in label)
        speaker = often[label] >= (2 if named else 3)
        table = any(rows.issuperset(range(at - i, at - i + 4)) for i in range(4))
        if label in _KICKERS or _CUE_LINE.fullmatch(label) or not (speaker or table):
            lines[at].kind = "boilerplate"


def _mark_bylines(lines: list[_Line]) -> None:
    """Who wrote it: a 'By' line, a name above an outlet at the head, a dash and a name, a bio."""
    signed = [a for a, o in enumerate(lines) if o.words <= 12 and _BYLINE.fullmatch(o.text)]
    for at in signed:
        if lines[at].text[0] in "–—-":
            # One dash and name below a quotation names its speaker; several sign parts of a page.
            quoted = at > 0 and lines[at - 1].text.endswith(("”", '"'))
            lines[at].kind = None if quoted and len(signed) < 3 else "boilerplate"
        elif _at_edge(lines, at, 6):
            lines[at].kind = "boilerplate"
    for at, line in enumerate(lines):
        if line.kind is not None or line.words > 90 or len(line.text) > _LONG:
            continue
        if at < 3 and _AGENCY_LINE.fullmatch(line.plain):
            line.kind = "boilerplate"
        if line.words <= 10 and _at_edge(lines, at, 4) and _E_MAIL.fullmatch(line.text):
            line.kind = "boilerplate"
        elif at < 3 and at + 1 < len(lines) and _NAME.fullmatch(line.text):
            below = lines[at + 1]
            place = below.words <= 5 and not any(t[0].islower() for t in below.text.split())
            place = place and at + 2 < len(lines) and lines[at + 2].words > 12
            named = not line.plain.startswith("the ")
            if named and below.words <= 6 and below.bare and (_OUTLET.search(below.plain) or place):
                line.kind = below.kind = "boilerplate"
        elif at >= max(1, len(lines) - 3) and _BIO.match(line.text):
            line.kind = None if '"' in line.text or "“" in line.text else "boilerplate"
        elif line.plain.startswith("editor's note") and _BIO.match(line.text[14:].lstrip()):
            line.kind = "boilerplate"


def _at_edge(lines: list[_Line], at: int, reach: int) -> bool:
    return at < reach or at >= len(lines) - reach


def _judge_bare(lines: list[_Line], at: int, title_seen: bool) -> SpanKind | None:
    """A short line without a full stop: a request, the title, the heading of prose, or neither."""
    line = lines[at]
    if len(line.text) > _LONG or line.words > 30:
        return None
    below = lines[at + 1].plain if at + 1 < len(lines) and not lines[at + 1].bare else ""
    heads = any(o in below for o in _OFFERS.findall(line.plain))  # the prose below is about it
    question = line.plain.endswith("?") and line.plain.count("?") == 1 and ". " not in line.plain
    if (
        (question or not line.ends)
        and not heads
        and (
            _CERTAIN.fullmatch(line.plain)
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
    if not _ADDRESS.search(said):
        return 0
    points = sum(points for points, pattern in _POINTS if pattern.search(said))
    if alone and line.bare and at > 0:
        points += 2
    near = [other.kind for other in lines[max(0, at - 1) : at + 2] if other is not line]
    return points + (at >= len(lines) - 4) + ("boilerplate" in near)


def _said(sentence: str) -> str:
    """What the page itself says in a sentence: folded, without the words of others."""
    return fold(_US.sub("U.S.", _QUOTED.sub(" ", sentence[:_LONG]))).strip()


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
        bool(_CERTAIN.fullmatch(piece) or (" " in piece and _BUTTON_LINE.fullmatch(piece)))
        for piece in folded
    ]
    hits = [s or p >= THRESHOLD for s, p in zip(sure, points, strict=True)]
    if folded[0].startswith("editor's note") and any(hits[1:4]) and _OWN_VIEWS.search(line.plain):
        hits[: hits.index(True)] = [True] * hits.index(True)  # about the writer
    # Beside furniture in the same line less is needed, and in an appeal only "we" or "you".
    appeal = sum(hits) >= 3
    first = tuple(hits)
    order = range(len(hits))
    for i in [*order, *reversed(order)] if any(first) else []:
        if any(hits[max(0, i - 1) : i + 2]) and points[i] >= THRESHOLD - 3:
            hits[i] = True
        elif appeal and any(first[max(0, i - 4) : i + 5]):
            hits[i] = hits[i] or bool(_SPEAKS.search(folded[i]))
    if appeal:
        for left, right in pairwise([i for i, hit in enumerate(hits) if hit]):
            if right - left <= 4:
                hits[left:right] = [True] * (right - left)
    return [(s, "boilerplate" if hit else "body") for s, hit in zip(starts, hits, strict=True)]


def _piece_starts(text: str, start: int, end: int) -> list[int]:
    """Where the sentences of a line begin, and links that were glued between them."""
    starts = {start} | {s for s, _ in sentence_spans(text, start, end)}
    for match in _GLUED_LINK.finditer(text, start, end):
        starts.update(p for p in match.span() if p < end)
    front = _GLUED_FRONT.match(text, start, end)
    if front and front.end() < end:
        starts.add(front.end())
    return sorted(starts)


def _cut_glued(text: str, line: _Line, kind: SpanKind) -> list[tuple[int, SpanKind]]:
    """A caption or heading without the buttons glued to its front and end."""
    pieces: list[tuple[int, SpanKind]] = [(line.start, kind)]
    if kind == "boilerplate":
        return pieces
    front = _GLUED_FRONT.match(text, line.start, line.end)
    if front and front.end() < line.end:
        pieces = [(line.start, "boilerplate"), (front.end(), kind)]
    tail = _GLUED_END.search(text, max(pieces[-1][0], line.end - 60), line.end)
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
