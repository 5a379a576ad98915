from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings, store_token


def test_arguments_go_before_the_environment_and_that_before_the_defaults():
    environment = {"ASSISTANT_INDEX": "from-env", "ASSISTANT_EMBEDDING_MODEL": "model-env"}
    assert Settings.load(environment={}) == Settings(Path("index"), "all-MiniLM-L6-v2")
    assert Settings.load(environment=environment) == Settings(Path("from-env"), "model-env")
    given = Settings.load("given", "model", environment=environment)
    assert given == Settings(Path("given"), "model")


def test_an_index_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="must be a folder"):
        Settings.load(tmp_path / "file")


def test_an_empty_name_is_refused_and_an_empty_variable_counts_as_unset():
    with pytest.raises(SettingsError, match="empty"):
        Settings.load("")
    assert Settings.load(environment={"ASSISTANT_INDEX": ""}).index == Path("index")


def test_the_language_models_settings_come_the_same_way():
    environment = {
        "ASSISTANT_ENGINE": "auto",
        "ASSISTANT_LLM_URL": "http://127.0.0.1:1/v1",
        "ASSISTANT_LLM_MODEL": "small",
        "ASSISTANT_LLM_API_KEY": "sk-secret",
        "ASSISTANT_PROMPTS": "mine",
    }
    found = Settings.load(environment=environment)
    assert (found.engine, found.llm_url) == ("auto", "http://127.0.0.1:1/v1")
    assert (found.llm_model, found.prompts) == ("small", Path("mine"))
    assert "sk-secret" not in repr(found)
    given = Settings.load(engine="extractive", llm_model="large", environment=environment)
    assert (given.engine, given.llm_model) == ("extractive", "large")
    assert Settings.load(environment={}).engine == "extractive"


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://host/v1", "http://", "http://[::1/v1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(SettingsError, match="looks like http"):
        Settings.load(llm_url=url, environment={})


@pytest.mark.parametrize("url", ["http://me:pw@host/v1", "https://host/v1?key=sk-1"])
def test_a_secret_in_the_address_is_refused_and_not_repeated(url):
    with pytest.raises(SettingsError, match="ASSISTANT_LLM_API_KEY") as refused:
        Settings.load(llm_url=url, environment={})
    assert "pw" not in str(refused.value)
    assert "sk-1" not in str(refused.value)


def test_an_unknown_engine_is_refused():
    with pytest.raises(SettingsError, match="extractive, llm, auto"):
        Settings.load(environment={"ASSISTANT_ENGINE": "magic"})


def test_the_chroma_server_is_named_by_argument_or_environment_in_one_spelling():
    environment = {"ASSISTANT_STORE": "http://from-env:8000/"}
    assert Settings.load(environment={}).store == ""
    assert Settings.load(environment=environment).store == "http://from-env:8000"
    given = Settings.load(store="https://[::1]:443", environment=environment)
    assert given.store == "https://[::1]:443"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("127.0.0.1:8000", "does not begin with http:// or https://"),
        ("ftp://host:8000", "does not begin with http:// or https://"),
        ("http://:8000", "and a host"),
        ("http://host", "names no port"),
        ("http://host:0", "names no port"),
        ("http://host:99999", "is none"),
        ("http://host:port", "is none"),
        ("http://[::1:8000", "is none"),
        ("http://host:8000/api/v2", "goes on after the port"),
        ("http://host:8000#x", "goes on after the port"),
    ],
)
def test_a_chroma_servers_address_that_is_none_is_refused(url, problem):
    with pytest.raises(SettingsError, match=r"it looks like http://127\.0\.0\.1:8000") as refused:
        Settings.load(store=url, environment={})
    assert problem in str(refused.value)


@pytest.mark.parametrize("url", ["http://me:pw@host:8000", "https://host:8000?token=sk-1"])
def test_a_secret_in_a_chroma_servers_address_is_refused_and_not_repeated(url):
    with pytest.raises(SettingsError, match="ASSISTANT_STORE_TOKEN") as refused:
        Settings.load(store=url, environment={})
    assert "pw" not in str(refused.value)
    assert "sk-1" not in str(refused.value)


def test_a_token_for_the_chroma_server_that_no_header_can_hold_is_refused_and_not_repeated():
    assert store_token({}) == ""
    assert store_token({"ASSISTANT_STORE_TOKEN": "sk-1!"}) == "sk-1!"
    for token in ("sk 1", "sk-1\n", "schlüssel"):
        with pytest.raises(SettingsError, match="ASSISTANT_STORE_TOKEN") as refused:
            store_token({"ASSISTANT_STORE_TOKEN": token})
        assert token not in str(refused.value)
