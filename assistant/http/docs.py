"""The HTTP interface described for people: /openapi.json as one page that loads nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Schema = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid #8884; padding-top: 1rem; }
code, pre { font: 0.875em/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.75rem; background: #8881; border-radius: 0.5rem; }
table { border-collapse: collapse; width: 100%; }
td { padding: 0.2rem 1rem 0.2rem 0; vertical-align: top; border-bottom: 1px solid #8882; }
"""


def page(openapi: Schema) -> str:
    """The page that describes an OpenAPI document."""
    info = openapi["info"]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}: HTTP</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}: answers over HTTP</h1>",
        _paragraphs(info["description"]),
        '<p>For machines: <a href="/openapi.json">/openapi.json</a>. '
        'For people: <a href="/">the chat page</a>.</p>',
    ]
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            parts += _operation(openapi, method.upper(), path, operation)
    return "".join([*parts, "</body></html>"])


def _operation(openapi: Schema, method: str, path: str, operation: Schema) -> Iterator[str]:
    yield f"<h2>{escape(operation['summary'])}</h2><p><code>{method} {escape(path)}</code></p>"
    yield _paragraphs(operation.get("description", ""))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        yield "<h3>Body</h3>"
        yield from _value(openapi, body["schema"])
    yield "<h3>Answers</h3><table>"
    for status, answer in sorted(operation["responses"].items()):
        yield _row(status, answer["description"])
    yield "</table>"
    for content in operation["responses"]["200"].get("content", {}).values():
        if "example" in content:
            yield f"<pre>{escape(content['example'])}</pre>"
        elif "schema" in content:
            yield from _value(openapi, content["schema"])


def _value(openapi: Schema, schema: Schema) -> Iterator[str]:
    """The fields of a JSON object that are described, and an example of it."""
    schema = _resolved(openapi, schema)
    yield "<table>"
    for name, field in schema.get("properties", {}).items():
        if said := field.get("description"):
            yield _row(name, f"{said}." if "default" not in field else f"{said}. May be left out.")
    yield "</table>"
    example = json.dumps(_example(openapi, schema), indent=2, ensure_ascii=False)
    yield f"<pre>{escape(example)}</pre>"


def _example(openapi: Schema, schema: Schema) -> Any:
    """A value that fits `schema`, from the examples in it."""
    schema = _resolved(openapi, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    if "anyOf" in schema:
        return _example(openapi, schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [_example(openapi, schema["items"])]
    if "properties" in schema:
        return {name: _example(openapi, field) for name, field in schema["properties"].items()}
    return None


def _resolved(openapi: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _row(name: str, said: str) -> str:
    return f"<tr><td><code>{escape(name)}</code></td><td>{escape(said)}</td></tr>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())
