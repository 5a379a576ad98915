"""Around every test: no network beyond this machine (see addopts), no telemetry, no settings."""

import os
from contextlib import closing

import pytest
from hypothesis import settings
from support import SEEDS

os.environ.update(
    ANONYMIZED_TELEMETRY="False",
    DO_NOT_TRACK="1",
    GRADIO_ANALYTICS_ENABLED="False",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_OFFLINE="1",
    TOKENIZERS_PARALLELISM="false",
)
for _name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
    del os.environ[_name]

settings.register_profile("tests", deadline=None, max_examples=50, database=None)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def seeds_index(tmp_path_factory):
    """The folder of an index of seeds/. Not to be changed: copy it to build upon it."""
    from assistant import Assistant

    folder = tmp_path_factory.mktemp("seeds") / "index"
    Assistant.build([SEEDS], folder).close()
    return folder


@pytest.fixture(scope="session")
def assistant(seeds_index):
    """An assistant that answers from seeds/."""
    from assistant import Assistant

    with Assistant.open(seeds_index) as opened:
        yield opened


@pytest.fixture(scope="session")
def embedder(seeds_index):
    """The bundled embedding model, as the index of seeds/ keeps it."""
    from assistant.indexing.index import Index

    with closing(Index.open(seeds_index, "all-MiniLM-L6-v2")) as index:
        return index.load_embedder()
