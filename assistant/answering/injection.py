"""Text in an article that is written for a language model, not for a reader.

No list of patterns finds every such text. It keeps the common ones from the model, so that a good
reply is not lost to them; that nothing unsupported gets through is the check's business, whatever
the model was told.
"""

from __future__ import annotations

import re
import unicodedata

from assistant.text import fold

# Invisible characters that ordinary pages have: soft hyphens, zero-width spaces and joiners, marks
# of direction, byte order marks; and the flags that are spelled with invisible letters.
_USUAL = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007f]+")
_HIDDEN = 3  # others in a text, from which they hide something
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
    hidden = [c for c in _FLAG.sub("", text) if unicodedata.category(c) in ("Cf", "Co", "Cn")]
    if sum(c not in _USUAL for c in hidden) >= _HIDDEN:
        return True
    plain = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cn", "Mn"))
    return bool(_WRITTEN_FOR_A_MODEL.search(fold(unicodedata.normalize("NFKC", plain))))
