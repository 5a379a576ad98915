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
_MODEL = (
    r"(?:(?:ai|a\.i\.|language|chat) ?(?:model|assistant|system|bot)s?|llms?|chatbots?|chatgpt|gpt|"
    r"assistants?|models?)"
)
_WRITTEN_FOR_A_MODEL = re.compile(
    rf"""
    \b(?:ignore|disregard|forget|override|bypass|skip|do \s not \s follow) \s
        (?:\w+ \s){{0,4}} (?:above|previous|prior|preceding|earlier|foregoing|instructions?|rules|
        prompts?|guidelines|passages?|evidence|everything|context)\b
    | \b(?:new|updated|revised|real|actual|following|system|hidden|secret|developer) \s
        (?:system \s)? (?:instructions?|prompts?|directives?) \b
    | \b(?:system|developer|user|assistant|human|ai|instructions?|note \s to \s \w+) \s? : \s
        (?=["']?(?:you|ignore|answer|reply|respond|say|always|never|do|from|the|when|if|only|end|cite|
        please|output|now|stop|instead|write|add|print|repeat|tell)\b)
    | <\|? /? \s? (?:im_start|im_end|system|assistant|user|endoftext|instructions?|evidence|prompt|
        tool|context)\b [^>]* \|? >
    | \[ /? (?:inst|system|sys|assistant|user|end \s of \s \w+) \]
    | \#{{2,}} \s* (?:system|instructions?|response|assistant|user|prompt)\b
    | \byou \s are \s (?:now|no \s longer|a|an|the) \s (?:\w+ \s){{0,3}} {_MODEL}\b
    | \b(?:as|dear|attention|hey|note \s to|to \s (?:all|any|the|every)|if \s you \s are) ,? \s
        (?:\w+ \s){{0,3}} {_MODEL} \b [\s,:;]
    | \b{_MODEL} ,? \s (?:must|should|shall|are \s to|have \s to|reading \s this|processing) \b
    | \b(?:answer|reply|respond|say|state|write|output|print|claim|report|conclude|tell \s the \s
        user|your \s (?:answer|reply|response)) \s (?:\w+ \s){{0,6}}
        (?:instead|only \s with|exactly|verbatim|and \s nothing \s else|
        with \s the \s (?:words?|sentence))\b
    | (?:^|[.!?:;"'\n-] \s*)
        (?:(?:please|now|always|just|simply|then|and|you \s must|you \s should) \s)*
        (?:answer|reply|respond|output|print|repeat|cite|quote|append|insert|end \s your) \s
        (?:that|with|by|as|every|each|all|only|the|this|to|your|\[|\(|"|'|in|exactly|:|passage)
    | \b(?:cite|citing|quote|refer \s to|attribute)\b [^.\n]{{0,60}} [\[(] \d+ [\])]
    | \b(?:your|the) \s (?:system \s prompt|instructions \s (?:are|have)|answer \s (?:must|should)|
        reply \s (?:must|should)|response \s (?:must|should)|final \s answer)\b
    | \b(?:end|begin|start) \s (?:of \s)? (?:the \s)?
        (?:evidence|passages?|context|system|prompt|instructions?)\b
    | (?:^|\n) \s* [\[(] \d+ [\])] \s | (?:^|\n) \s* (?:source|passage|evidence) \s \d+ \s* [:.-]
    | \b(?:base64|rot13)\b | <\s*(?:script|iframe|img|a)\b | \]\(\s*(?:https?|javascript|data):
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
