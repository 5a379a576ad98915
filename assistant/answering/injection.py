"""Text in an article that is written for a language model, not for a reader.

No list of patterns finds every such text. It keeps the common ones from the model, so that a good
reply is not lost to them; that nothing unsupported gets through is the check's business, whatever
the model was told.
"""

from __future__ import annotations

import re
import unicodedata

from assistant.text import fold

_HIDDEN = 3  # invisible characters in a row or in all that no ordinary text needs
_MODEL = r"(?:(?:ai|language|chat)[ ]?(?:model|assistant|system|bot)s?|llms?|chatbots?|assistants?)"
_ORDER = r"""(?:answer|reply|respond|say|state|write|output|print|repeat|report|claim|conclude|cite|
    quote|mention|end|begin|add|append|include|use)"""
_WRITTEN_FOR_A_MODEL = re.compile(
    rf"""
    # "ignore all previous instructions"
      \b(?:ignore|disregard|forget|override|bypass) \s (?:\w+ \s){{0,3}}
        (?:(?:above|previous|prior|preceding|earlier|foregoing) \s (?:\w+ \s)?
            (?:instructions?|rules|prompts?|guidelines|directions|messages?|context)
        |your \s (?:\w+ \s)? (?:instructions|rules|guidelines)|instructions\b|the \s above\b
        |everything \s (?:above|before|you))
    | \b(?:new|updated|system|hidden|secret) \s (?:instructions?|prompts?|task) \s? :
    # "SYSTEM: you must ..."
    | \b(?:system|developer|user|assistant|human|ai|instructions?|note \s to \s \w+) \s? : \s
        (?=["']?(?:you|ignore|never|always|do|{_ORDER})\b)
    | \b(?:user|human) \s? : [^\n]* \n \s* (?:assistant|ai) \s? :
    | "role" \s? : \s? "(?:system|assistant|user)"
    # markup of conversations
    | <\|? /? \s? (?:im_start|im_end|system|assistant|user|endoftext|instructions?|evidence|prompt|
        tool|context)\b [^>]* \|? >
    | \[ /? (?:inst|system|sys|assistant|user) \]
    | \#{{2,}} \s* (?:system|instructions?|response|assistant|user|prompt)\b
    | \b(?:end|start) \s of \s (?:the \s)? (?:evidence|passages|context|system \s prompt|prompt)\b
    # the model spoken to
    | \byou \s are \s (?:now|no \s longer|a|an|the) \s (?:\w+,? \s){{0,3}} {_MODEL}\b
    | \b(?:dear|attention|hey|note \s to|to \s (?:all|any|every)|if \s you \s are \s an?) ,? \s
        (?:\w+ \s){{0,2}} {_MODEL} \b
    | \b{_MODEL} ,? \s (?:must|should|shall|are \s to|have \s to) \s (?:\w+ \s)? {_ORDER}\b
    | \byour \s (?:answer|reply|response|output|system \s prompt)\b
    # orders on what to reply, or what to cite
    | (?:^|[.!?:;\n] \s*)
        (?:(?:please|now|always|just|simply|then|and|you \s must|you \s should) \s)*
        (?:answer|reply|respond|output|print|repeat|cite|quote|append|attribute) \s
        (?:that|with|by|as|every|each|all|only|the|this|to|\[|\(|"|'|in|exactly|:|passage)
    | \b(?:cite|quote|attribute)\b [^.\n]{{0,60}} (?:[\[(] \d+ [\])]|passage \s \d)
    # numbers and sources made up, and what only programs read
    | (?:^|\n) \s* [\[(] \d+ [\])] \s | (?:^|\n) \s* (?:source|passage|evidence) \s \d+ \s* [:.-]
    | \bdecode \s base64\b | <!-- | <\s*(?:script|iframe|img)\b | \]\(\s*(?:https?|javascript|data):
    """,
    re.VERBOSE,
)


def is_written_for_a_model(text: str) -> bool:
    """Whether `text` holds what looks like orders to a language model, markup that only programs
    read, or characters that nobody sees.
    """
    hidden = sum(
        unicodedata.category(c) in ("Cf", "Co", "Cn") and c not in "\u00ad\ufeff" for c in text
    )
    if hidden >= _HIDDEN and not _joins(text):
        return True
    plain = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cn", "Mn"))
    plain = unicodedata.normalize("NFKC", plain)
    return bool(_WRITTEN_FOR_A_MODEL.search(fold(plain)))


def _joins(text: str) -> bool:
    """Whether the invisible characters of `text` belong to emoji or to a script that needs them."""
    return all(
        c in "\u200c\u200d\u200e\u200f\u00ad\ufeff"
        and (not text[at - 1 : at].isascii() or not text[at + 1 : at + 2].isascii())
        for at, c in enumerate(text)
        if unicodedata.category(c) in ("Cf", "Co", "Cn")
    )
