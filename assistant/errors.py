"""Everything the assistant raises on purpose.

AssistantError              base; `exit_status` is what the command line returns
├── UsageError              the caller's mistake (exit status 2)
│   ├── SettingsError       a setting or environment variable with an impossible value
│   ├── QuestionError       an empty or overlong question
│   ├── CorpusError         a path or article that cannot be read or is not there
│   ├── GoldError           a gold file that cannot be understood
│   └── IndexUnusableError  no index, another schema, or another model; says which command mends it
├── IndexBusyError          another process is building the index
├── EngineError             an engine under evaluation that cannot be reached or understood
├── GateError               an evaluation below its floors, or worse than an earlier one
├── LanguageModelError      a language model that cannot be reached, or whose reply breaks off
├── StoreError              a vector store that cannot be reached, refuses or fails
├── ModelError              model weights that are missing, changed or cannot be loaded
└── CitationError           an answer whose quotes are not verbatim: a bug, stopped at the door

Messages say what is wrong, where, and what to do next.
"""

__all__ = [
    "AssistantError",
    "CitationError",
    "CorpusError",
    "EngineError",
    "GateError",
    "GoldError",
    "IndexBusyError",
    "IndexUnusableError",
    "LanguageModelError",
    "ModelError",
    "QuestionError",
    "SettingsError",
    "StoreError",
    "UsageError",
]


class AssistantError(Exception):
    """Base of every error raised on purpose; the message is written for the user."""

    exit_status = 1


class UsageError(AssistantError):
    """Something the caller can mend by asking differently."""

    exit_status = 2


class SettingsError(UsageError):
    """A setting with an impossible value."""


class QuestionError(UsageError):
    """A question that cannot be asked: empty, or too long."""


class CorpusError(UsageError):
    """A path that cannot be read, or an article that is not there."""


class GoldError(UsageError):
    """A gold question file that cannot be understood."""


class IndexUnusableError(UsageError):
    """No usable index: missing, of another schema, or built with another model."""


class IndexBusyError(AssistantError):
    """Another process is building this index."""


class EngineError(AssistantError):
    """An engine under evaluation that cannot be reached, or does not answer in the contract."""


class GateError(AssistantError):
    """An evaluation that is below its floors, or worse than the one it is held against."""


class LanguageModelError(AssistantError):
    """A language model that cannot be reached, refuses, or breaks off in the middle of a reply."""


class StoreError(AssistantError):
    """A vector store that cannot be reached, refuses, or does not do what it was asked."""


class ModelError(AssistantError):
    """Model weights that are missing, changed or cannot be loaded."""


class CitationError(AssistantError):
    """An answer with a quote that is not a verbatim slice of its source."""
