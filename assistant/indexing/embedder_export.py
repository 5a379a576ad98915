"""A sentence-transformers model as files that onnxruntime and tokenizers run, kept in an index.

    embedder/
      config.json      what was exported, and how (EmbedderConfig)
      model.onnx       token ids of one text (1 x tokens) to its unit vector (1 x dimension)
      tokenizer.json

The whole model is traced, whatever it pools by and whatever layers follow. What comes out is held
against the original on a sample; a model that cannot be traced, or computes something else then,
is used through sentence-transformers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.indexing.embedder import (
    CONFIG,
    MODEL,
    TOKENIZER,
    Embedder,
    EmbedderConfig,
    file_hash,
    load_model,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# All of these agree with the original to 1e-6 where the export is right.
_SAME = 0.9999
# Weights in 8 bits are taken where the similarities of pairs of texts keep their order: the
# correlation with those by the original.
_ALIKE = 0.98
# On different subjects, so that their similarities spread; of different lengths.
_SAMPLE = (
    "Budget",
    "Floods close the coast road",
    "The central bank raised its key interest rate by a quarter of a point on Thursday.",
    "Inflation slowed for the third month in a row as fuel became cheaper, officials said.",
    "The striker scored twice in the second half and the visitors went home with a 3-1 win.",
    "A goalkeeper who had not played for a year saved two penalties in the cup final.",
    "Scientists have found a new species of frog in the cloud forest, no bigger than a fingernail.",
    "The telescope took the sharpest picture so far of a galaxy 12 billion light years away.",
    "Voters go to the polls on Sunday to choose a new parliament after months of protests.",
    "The opposition leader called the election a farce and asked the court to annul it.",
    "The company recalled 40,000 cars because their brakes may fail in cold weather.",
    "Shares in the chip maker fell 7% after it warned that phone makers were ordering less.",
    "The film, shot in black and white over ten years, won the main prize at the festival.",
    "Doctors hope that the vaccine, given in two doses, will halve the number of deaths by 2030.",
    '"We lost everything in the fire," said a farmer, 62, whose barn and house burned down.',
    "Police arrested three men at the airport with 200 kilograms of cocaine in their luggage.",
    "The two presidents met in the capital for talks about the border, their first in six years.",
    "Trains between the two cities were cancelled after a storm brought down trees on the line.",
)


def keep(name: str, folder: Path) -> Embedder:
    """The model `name` as it is kept in `folder`; exported there first if it was not.

    Raises ModelError where the original cannot be loaded, IndexUnusableError where what is kept
    cannot be used.
    """
    if (folder / CONFIG).is_file():
        return Embedder.open(folder)
    problem = _export(name, folder)
    embedder = Embedder.open(folder)
    if problem is not None:
        embedder.notice = (
            f"cannot be exported to ONNX ({problem}); it is used through sentence-transformers, "
            "which takes longer to start and to compute"
        )
    return embedder


def _export(name: str, folder: Path) -> str | None:
    """Write the model into `folder`; what stood in the way, where it can only be referred to."""
    # The other kinds of attention are not traced well for texts of other lengths.
    model = load_model(name, model_kwargs={"attn_implementation": "eager"}).eval()
    dimension = int(model.get_embedding_dimension())
    try:
        limit = int(model.max_seq_length)
        sample = [*_SAMPLE, " ".join(_SAMPLE * (limit // 100 + 1))]
        wanted = model.encode(sample, normalize_embeddings=True, show_progress_bar=False)
        model.tokenizer.backend_tokenizer.save(str(folder / TOKENIZER))
        _trace(model, folder / MODEL)
        _finish(EmbedderConfig(name, dimension, limit, "float32", ""), folder)
        likeness = float((Embedder.open(folder).encode(sample) * wanted).sum(axis=1).min())
        if likeness < _SAME:
            raise ValueError(f"what was exported differs from it, by a cosine of {likeness:.4f}")
    except Exception as error:  # noqa: BLE001 (tracing fails in as many ways as there are models)
        for file in (MODEL, TOKENIZER):
            (folder / file).unlink(missing_ok=True)
        EmbedderConfig(name, dimension, 0, None, "").write(folder)
        return f"{type(error).__name__}: {error}".partition("\n")[0]
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        small = Path(temporary)
        quantize(folder / MODEL, small / MODEL)
        shutil.copy(folder / TOKENIZER, small)
        _finish(EmbedderConfig(name, dimension, limit, "int8", ""), small)
        if _alike(Embedder.open(small).encode(sample), wanted) >= _ALIKE:
            for file in (MODEL, CONFIG):
                os.replace(small / file, folder / file)
    return None


def _finish(config: EmbedderConfig, folder: Path) -> None:
    replace(config, sha256=file_hash(folder / MODEL)).write(folder)


def _trace(model: Any, path: Path) -> None:
    """Write the model as float32 ONNX, for one text of any length."""
    import torch

    class Graph(torch.nn.Module):  # type: ignore[misc]  # torch is skipped by mypy
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
            vectors = self.model(features)["sentence_embedding"]
            return torch.nn.functional.normalize(vectors, dim=-1)

    with warnings.catch_warnings(), torch.no_grad():
        # The older exporter is said to be deprecated; its graphs are the ones that quantize well.
        # The sizes that it warns of are right where the check that follows says so.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Graph().eval(),
            (torch.arange(1000, 1016)[None],),
            str(path),
            input_names=["ids"],
            output_names=["vector"],
            dynamic_axes={"ids": {1: "tokens"}},
            opset_version=17,
            dynamo=False,
        )


def quantize(source: Path, path: Path) -> None:
    """Weights to 8 bits, one scale a column; activations are quantized as they come.

    Weights keep to 7 bits (`reduce_range`): processors without VNNI add pairs of products in 16
    bits, which overflow with 8-bit weights and wreck the result.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    shaped = path.with_suffix(".shaped")
    quant_pre_process(source, shaped, skip_optimization=True, skip_symbolic_shape=True)
    quantize_dynamic(shaped, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


def _alike(vectors: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """Correlation of the cosines of all pairs of `vectors` with those of `others`."""
    import numpy as np

    pairs = np.triu_indices(len(vectors), 1)
    similarities = [(some @ some.T)[pairs] for some in (vectors, others)]
    return float(np.corrcoef(similarities)[0, 1])
