"""Plain replies to turns that are no question about the articles: about the library itself."""

from __future__ import annotations

from assistant.answering.citations import MAX_TEXT_WORDS
from assistant.answering.drafting import Draft, source_name
from assistant.answering.questions import Question
from assistant.indexing.library import Library
from assistant.records import Filters
from assistant.text import count_words


def reply(question: Question, library: Library, filters: Filters) -> Draft:
    """What to say to a greeting, thanks, "what can you do" or "which articles do you have"."""
    count, _ = library.count(filters)
    indexed = "1 article is" if count == 1 else f"{count:,} articles are"
    if filters and not count:
        text = "No indexed article passes the filters."
        return Draft("answered", text, 1.0, (), ())
    if question.turn == "greeting":
        text = f"Hello. {indexed} indexed; ask me what they say, and I answer with their own words."
    elif question.turn == "thanks":
        text = f"You are welcome. {indexed} indexed; ask whenever you like."
    elif question.turn == "help":
        text = (
            f"I answer questions about news articles: who said what, when, where, why. {indexed} "
            "indexed. Every answer quotes its sources word for word, and says so plainly where "
            "they do not answer. You can also ask for a summary, or for a comparison of what the "
            "outlets say about something."
        )
    else:
        text = f"{indexed} indexed: "
        names = [source_name(article) for article in library.articles(filters)]
        shown: list[str] = []
        for name in names:
            if count_words(text + " ".join(shown)) + count_words(name) > MAX_TEXT_WORDS - 10:
                break
            shown.append(name)
        more = len(names) - len(shown)
        text += "; ".join(shown) + (f"; and {more:,} more." if more else ".")
    return Draft("answered", text, 1.0, (), ())
