"""A model behind transformers' own OpenAI-compatible server: random weights, so garbage comes out.

The protocol and the streaming are real, and nothing that such a model says may get through.
"""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from support import write

from assistant import Assistant
from assistant.answering.llm_client import connect
from assistant.errors import LanguageModelError

pytestmark = pytest.mark.slow
_START = 300  # seconds


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The folder of a tiny language model with a tokenizer of single bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<s>", "</s>", *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    fast.chat_template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=32768,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def url(weights):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(weights)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    with open(weights / "log", "wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "HF_HUB_OFFLINE": "1"}
        )
    try:
        ends = time.monotonic() + _START
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10).close()
                break
            except (urllib.error.URLError, OSError):
                said = (weights / "log").read_text(errors="replace")
                assert process.poll() is None, said
                assert time.monotonic() < ends, said
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(60)


def test_its_stream_is_read_and_can_be_stopped(url, weights):
    pieces = connect(url, str(weights)).reply("Be brief.", "What now?")
    assert next(pieces)
    pieces.close()
    assert next(connect(url, str(weights)).reply("Be brief.", "And now?"))


def test_another_models_name_is_one_clear_message(url):
    with pytest.raises(LanguageModelError, match="the language model other at http"):
        list(connect(url, "other").reply("Be brief.", "What now?"))


def test_garbage_does_not_get_through(url, weights, tmp_path):
    write(tmp_path, {"one.txt": "Mayor Anna Kowalska opened the harbour bridge on Monday.\n"})
    Assistant.build([tmp_path], tmp_path / "index").close()
    with Assistant.open(
        tmp_path / "index", engine="auto", llm_url=url, llm_model=str(weights)
    ) as town:
        answer = town.ask("Who opened the harbour bridge?", threshold=0.0)
    assert answer.engine == "extractive"
    assert [c.quote for c in answer.citations] == [
        "Mayor Anna Kowalska opened the harbour bridge on Monday."
    ]
    assert "this is the extractive answer" in answer.notes
