"""Cited answers from news articles, every quote a verbatim slice of its source."""

from assistant.api import Assistant
from assistant.errors import AssistantError
from assistant.records import Answer, Article, Citation

__all__ = ["Answer", "Article", "Assistant", "AssistantError", "Citation", "__version__"]
__version__ = "0.1.0"
