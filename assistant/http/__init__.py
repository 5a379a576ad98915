"""Answers over HTTP: what scripts ask beside the page. Translates, and decides nothing.

POST /api/ask            one answer, as JSON
POST /api/ask/stream     the same as it grows, as server-sent events
GET  /api/articles       what is indexed
GET  /api/articles/{id}  one article as indexed, its text included
GET  /api/health         whether questions can be answered
GET  /docs               all of this described; /openapi.json for machines
"""


def is_path(path: str) -> bool:
    """Whether a path is one of these; all others are the page's."""
    return path in ("/api", "/docs", "/openapi.json") or path.startswith("/api/")
