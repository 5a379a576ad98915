"""Prompt templates: plain Markdown files with variables written $name ("$$" is a dollar sign).

The package's own lie in prompts/. A file of the same name in a folder of one's own replaces one;
it may use the same variables, and must use those that the package's own could not do without.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from assistant.errors import SettingsError

# What each template must use, and what it may use besides.
_TEMPLATES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "instructions": (frozenset({"boundary", "not_found"}), frozenset({"words"})),
    "question": (frozenset({"evidence", "question"}), frozenset({"boundary"})),
    "summary": (frozenset({"evidence", "question"}), frozenset({"boundary"})),
    "comparison": (frozenset({"evidence", "question"}), frozenset({"boundary"})),
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One template: where it was read from, and its text."""

    path: Path
    text: str

    @property
    def variables(self) -> frozenset[str]:
        """The variables that the text uses."""
        return frozenset(Template(self.text).get_identifiers())

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with its variables replaced, once: a "$name" in a value stays as it is."""
        return Template(self.text).substitute(values)


@dataclass(frozen=True, slots=True)
class Prompts:
    """The templates of an LLM engine, by name."""

    templates: Mapping[str, Prompt]

    @classmethod
    def load(cls, folder: Path | None = None) -> Prompts:
        """The package's templates, those that lie in `folder` in their place.

        Raises SettingsError where the folder or a file cannot be read, or a template lacks a
        variable or uses one that is not known.
        """
        if folder is not None and not folder.is_dir():
            raise SettingsError(f"no folder of prompts: {folder}")
        templates = {}
        for name in _TEMPLATES:
            own = folder / f"{name}.md" if folder is not None else None
            templates[name] = _read(own if own and own.exists() else _shipped() / f"{name}.md")
        return cls(templates)

    def fill(self, name: str, values: Mapping[str, str]) -> str:
        """The template `name` with its variables replaced by `values`."""
        return self.templates[name].fill(values)

    def hashes(self) -> dict[str, str]:
        """The first 16 hexadecimal digits of each template's SHA-256, by name."""
        return {
            name: hashlib.sha256(prompt.text.encode()).hexdigest()[:16]
            for name, prompt in self.templates.items()
        }


def _shipped() -> Path:
    """The package's folder of templates: inside an installed package, beside a checked out one."""
    package = Path(__file__).parents[1]
    inside = package / "prompts"
    return inside if inside.is_dir() else package.parent / "prompts"


def _read(path: Path) -> Prompt:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingsError(f"{path}: the prompt cannot be read ({reason})") from error
    if not Template(text).is_valid():
        raise SettingsError(f'{path}: a "$" stands before no name; write a dollar sign as "$$"')
    prompt = Prompt(path, text.strip())
    needed, optional = _TEMPLATES[path.stem]
    known = ", ".join(f"${name}" for name in sorted(needed | optional))
    if missing := needed - prompt.variables:
        raise SettingsError(f"{path}: the variable ${min(missing)} is missing; it needs {known}")
    if unknown := prompt.variables - needed - optional:
        raise SettingsError(f"{path}: the variable ${min(unknown)} is not known; there are {known}")
    return prompt
