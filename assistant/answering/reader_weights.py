"""Where the reader comes from: the weights in this package, or any extractive QA model.

The package's own are int8 and run by onnxruntime, without torch. Any other model is run by
transformers, as it is.
"""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError

if TYPE_CHECKING:
    from assistant.answering.reader import Reader

BUNDLED = "reader-minilm-l6"
FOLDER = Path(__file__).parent / "reader_model"


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """What `config.json` beside the weights says.

    Attributes:
        name: the weights' name and version, for manifests and cards.
        max_tokens: tokens of question and passage together; longer passages are read in windows.
        overlap: tokens that neighbouring windows share.
        max_answer_tokens: the longest span considered.
        slope: with `intercept`, probability = 1 / (1 + exp(-(slope * score + intercept))).
        intercept: see `slope`.
        threshold: the probability below which one passage's best span is no answer; best for F1
            on the held-out questions.
    """

    name: str
    max_tokens: int = 320
    overlap: int = 96
    max_answer_tokens: int = 40
    slope: float = 1.0
    intercept: float = 0.0
    threshold: float = 0.5

    @classmethod
    def read(cls, path: Path) -> ReaderConfig:
        """The configuration in the JSON file `path`.

        Raises:
            ModelError: the file is missing, is no JSON, or lacks a key.
        """
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                name=str(raw["name"]),
                max_tokens=int(raw["max_tokens"]),
                overlap=int(raw["overlap"]),
                max_answer_tokens=int(raw["max_answer_tokens"]),
                slope=float(raw["slope"]),
                intercept=float(raw["intercept"]),
                threshold=float(raw["threshold"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the reader's {path} cannot be used: {error}") from error

    def probability(self, score: float) -> float:
        """The probability that a passage's best span of this score is right."""
        # exp overflows past 709; beyond 60 the result is 0 or 1 to double precision anyway.
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self.slope * score + self.intercept))))


def load(name: str = BUNDLED) -> Reader:
    """The bundled reader, one that `assistant.training.reader` wrote to the folder `name`, or any
    extractive question-answering model of transformers, by name or folder.

    Raises:
        ModelError: it cannot be loaded.
    """
    folder = FOLDER if name == BUNDLED else Path(name)
    if name == BUNDLED or (folder / "model.onnx").is_file():
        return _from_folder(folder)
    return _from_transformers(name)


def _from_folder(folder: Path) -> Reader:
    """The reader whose `model.onnx`, `tokenizer.json` and `config.json` lie in `folder`."""
    import onnxruntime
    from tokenizers import Tokenizer

    from assistant.answering.reader import Reader

    config = ReaderConfig.read(folder / "config.json")
    for path in (folder / "model.onnx", folder / "tokenizer.json"):
        if not path.is_file():
            raise ModelError(f"the reader's file {path} is missing; install the package again")
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # both libraries raise bare Exceptions of their own making
        raise ModelError(f"the reader in {folder} cannot be loaded: {error}") from error

    # One run uses every processor. Several at once would be no faster, and each needs memory.
    running = threading.Lock()

    def logits(ids: Any, mask: Any, types: Any) -> Any:
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        with running:
            return session.run(None, feed)[0]

    return Reader(logits, tokenizer, config)


def _from_transformers(name: str) -> Reader:
    """Any model that AutoModelForQuestionAnswering loads, scores as it gives them."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    from assistant.answering.reader import Reader

    try:
        model = AutoModelForQuestionAnswering.from_pretrained(name).eval()
        tokenizer = AutoTokenizer.from_pretrained(name).backend_tokenizer
    except Exception as error:  # whatever a hub, a folder or a weights file can go wrong with
        raise ModelError(
            f"the reader {name!r} cannot be loaded ({error}); give the folder or the name of a "
            f"transformers model for question answering, or {BUNDLED!r}"
        ) from error
    typed = getattr(model.config, "type_vocab_size", 0) > 1

    def logits(ids: Any, mask: Any, types: Any) -> Any:
        feed = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
        if typed:
            feed["token_type_ids"] = torch.from_numpy(types)
        with torch.inference_mode():
            out = model(**feed)
        return torch.stack((out.start_logits, out.end_logits), -1).float().numpy()

    return Reader(logits, tokenizer, ReaderConfig(name))
