"""The vocabulary of page furniture: what newsletter boxes, share buttons, link lists, credits and
bylines are made of, on any outlet's pages. `cleaning` weighs it.

Patterns match folded text (lower case, plain quotes, no accents) unless they spell out capitals.
"""

from __future__ import annotations

import re


def _set(words_: str) -> frozenset[str]:
    return frozenset(words_.split())


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
POINTS: tuple[tuple[int, re.Pattern[str]], ...] = tuple(
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
ADDRESS = re.compile(f"{_IMPERATIVE % (_ASK + '|' + _DO)}|\\b(?:you|your|we|our|us)\\b")
# Sentences and lines that are furniture on their own.
CERTAIN = re.compile(
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
    r")$"
)
# Labels of buttons and boxes: a line of nothing but these is furniture.
_BUTTONS = (
    "advertisement|advert|sponsored(?: content)?|promoted|"
    "share(?: this)?(?: article| story| page| on)?|tweet|print|e-?mail|facebook|twitter|whatsapp|"
    "linkedin|reddit|pinterest|flipboard|telegram|messenger|x|copy link|copied|link copied|save|"
    "saved|bookmark|comments?|(?:view|post|leave|add)(?: a)? comments?|comment now|reply|like|"
    "close|menu|search|home|skip to (?:main )?content|back to top|log ?in|sign ?in|log ?out|"
    "sign ?up|subscribe|subscribe now|register|donate|support now|source link|source|"
    "prev(?:ious)?|next|replay|more videos?|play|pause|mute|loading|follow us|follow|read more|"
    "show more|view gallery|gallery|hide caption|toggle caption|enlarge|expand|"
    "(?:story|article) continues(?: below)?(?: advertisement)?|watch now|listen now|get the app|"
    "top stories|most read|trending(?: now)?|\\d+ (?:comments?|shares?)|view image in fullscreen|"
    "open image in gallery|not now|no thanks|accept|ok|allow"
)
BUTTON_LINE = re.compile(rf"(?:{_BUTTONS})(?:\W+(?:{_BUTTONS}))*\W*")
# Buttons that scrapers glue to the front or the end of a caption, and links between sentences.
GLUED_FRONT = re.compile(
    r"(?:open|view|enlarge|expand|see|show) (?:full-?size )?(?:image|photo|picture|gallery)"
    r"(?: (?:in|on) (?:gallery|full-?screen|new window|full screen))?\W+|"
    r"(?:hide|toggle|show) caption\W+|enlarge\W{0,3} image\W+",
    re.IGNORECASE,
)
GLUED_END = re.compile(
    r"\s(?:Prev(?:ious)?\W+Next|(?:hide|toggle) caption|Read [Mm]ore|Advertisement)\W*$"
)
GLUED_LINK = re.compile(
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
CUE_LINE = re.compile(rf"\W*{_CUE}\W*")
CUE_LABEL = re.compile(rf"\W*(?i:{_CUE})\s*[:|»>]+\s*(?:[^\sa-z]|https?:).*")
# "Label:Headline", the colon without a space: how a linked promo comes out of a page.
GLUED_LABEL = re.compile(
    r"(?P<label>[^:]{1,110}[^:\s\d]|[^:]{0,109}\d(?=:\D)):(?=[^\s:/\d)]|\d+'?(?: [\w',-]+){5})\S.*"
)
# The same with a question for a label: "Who won?Read the story".
GLUED_QUESTION = re.compile(
    r"(?:[^.?!\"“”]{12,110}[a-z0-9][?!]['’]?|[^.?!'\"‘“”]{12,110}[a-z0-9]\?: ?)"
    r"(?=['‘]?[A-Z][\w'’]+ \w)\S.*"
)
FACT_LABELS = _set(
    """who what when where why how q a question answer time date place venue location tv score
    result cast stars director rating price cost age born died winner odds address phone tickets
    note correction update example ingredients serves directions step day"""
)
KICKERS = {"fact check", "live updates"} | _set(
    """opinion review analysis explainer explained podcast podcasts photos pictures video gallery
    graphics background story updates column editorial commentary exclusive"""
)
SPEECH = re.compile(
    r"\b(?:said|says?|told|added|adds|wrote|writes|tweeted|asked|replied|reads|read|saying|posted|"
    r"texted|continued|stated|explained|concluded|quipped|joked|noted|reporters)$"
)
# Dates and the words that stand around them when the page, not the article, is dated.
DATE_WORDS = _set(
    """january february march april may june july august september october november december jan
    feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday
    sunday mon tue tues wed thu thur thurs fri sat sun am pm a.m p.m et est edt pt pst pdt ct cst
    cdt mt gmt utc bst ist cet hkt on at of the published updated posted created modified last first
    by min mins minute minutes hour hours hr hrs day days week weeks ago read yesterday today
    th st nd rd"""
)
PAGE_DATE = re.compile(r"\b(?:published|updated|posted|modified|ago|min(?:ute)?s? read)\b")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
DATED = re.compile(
    r"(?:\w+day,? )?(?:\d{1,2} )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d"
)
CLOCK = re.compile(r"\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?[ap]\.?m\b")
# Where pictures come from.
_AGENCY = (
    r"(?:Getty(?: Images)?|Reuters|AFP|AP|Associated Press|EPA|EFE|PA(?: Wire| Images| Media)?|"
    r"Shutterstock|Alamy(?: \w+ \w+)?|Bloomberg|ZUMA\w*|iStock\w*|Pool|Handout|Imagn\w*|UPI|Xinhua|"
    r"Sipa\w*|NurPhoto|WireImage|FilmMagic|Anadolu(?: Agency)?|Redux|Rex|Press Association)"
)
CREDIT_END = re.compile(
    rf"(?:[/(|]\s*(?:[A-Z][\w. -]{{0,30}}/)?{_AGENCY}(?: \w+)?(?:/[\w ]{{1,30}}){{0,3}}|"
    r"\b(?:Getty Images|Shutterstock|Alamy|AP Photo|AFP|iStock)(?:/[\w ]{1,30}){0,3}|"
    r"\b(?:[Pp]ics?|[Pp]hotos?|[Ii]mages?|[Pp]ictures?|[Cc]redit|[Pp]hotograph)"
    r"(?:: ?| by | courtesy (?:of )?)[A-Z][\w.'’/, -]{1,60}|"
    r"(?:^|[.!?)] |\()(?:Courtesy|Handout|File [Pp]hoto|Provided by)\b[ \w.'’/,-]{0,60})"
    r"\s*\)?\W{0,3}$"
)
CREDIT = re.compile(rf"[/(]\s?{_AGENCY}\b|\bGetty Images\b")
CAPTION_START = re.compile(
    r"(?:image|photo|picture|pic|caption|photograph|illustration)s?(?: credit| source| caption)?"
    r"\s*[:©]\s*|FILE ?[-–—] (?=\w)",
    re.IGNORECASE,
)
LEAD = re.compile(rf"\A(?:{GLUED_FRONT.pattern})?(?:{CAPTION_START.pattern})?", re.IGNORECASE)
_ROLE = (
    r"(?:reporter|correspondent|editor|journalist|columnist|writer|producer|freelancer?|blogger)"
)
BIO = re.compile(
    rf"(?:[A-Z][\w.'’-]+ ){{1,4}}(?:is|are) .{{0,60}}\b(?i:{_ROLE})\b.{{0,40}}"
    r"(?:\b(?:at|for|with|of|on|covering|who|based)\b|$)|"
    r"(?:[A-Z][\w.-]+ ){1,3}(?:covers .{1,120}\bfor|writes (?:for|about)|reports for) "
)
OUTLET = re.compile(
    r"\b(?:special (?:for|to)|staff|reporters?|correspondents?|editor|columnist|press|times|post|"
    r"today|news|sports?|network|journal|tribune|herald|gazette|republic|wire|agency|chronicle|"
    r"contributor|guardian|telegraph|observer|magazine|daily|broadcasting|reuters|ap|\w+\.com)\b"
)
AGENCY_LINE = re.compile(r"\W*(?:the )?(?:associated press|ap|afp|reuters|press association)\W*")
E_MAIL = re.compile(
    r"(?:[A-Z][\w .'\u2019-]{2,40}[:,;|] .{0,60}?)?\b[\w.+-]{1,40}@[\w-]{1,40}\.\w+.{0,60}"
)
NAME = re.compile(r"[A-Z][\w.'’-]*(?:,? (?:and |de |van |von |la |al-)?[A-Z][\w.'’-]*){1,3}")
BYLINE = re.compile(
    r"(?:[Bb]y|BY|[Ww]ritten by|[Ww]ords by|[–—-])\s?[A-Z][\w.'’-]*"
    r"(?:(?:,| and| for| of| de| van| in|,? \|)? [A-Z][\w.'’-]*){1,9}"
)
SECTIONS = _set(
    """home news world uk us politics business money economy tech technology science health sport
    sports football opinion culture arts lifestyle life style entertainment travel video videos tv
    weather food cars climate environment education media local national international markets
    jobs shop games podcasts newsletters subscribe login menu search more about contact"""
)
QUOTED = re.compile(r"[\"“”][^\"“”]{0,1500}[\"“”]")
US = re.compile(r"\bUS\b")  # the country, not the pronoun
OFFERS = re.compile(r"\b(?:app|newsletter|podcast|account|alert|e-?mail|channel|website)")
OWN_VIEWS = re.compile(r"\b(?:views|opinions) expressed\b|\bnewsletter\b")
SPEAKS = re.compile(r"\b(?:we|our|us|you|your)\b")
END = re.compile(r"[.!?…][\"”’')\]]*$")
LONG = 700  # longer lines are paragraphs: only their sentences are judged
