"""The trained reader as files that onnxruntime runs: exported and checked."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import torch
from transformers import BertForQuestionAnswering


class Graph(torch.nn.Module):  # type: ignore[misc]
    """The model's arithmetic and nothing else, so that the exported graph is small and plain.

    What transformers adds for caches, masks of other shapes and tracing would be frozen into the
    graph with the sizes of the example it is traced with.
    """

    def __init__(self, model: BertForQuestionAnswering) -> None:
        super().__init__()
        self.model = model
        self.heads = int(model.config.num_attention_heads)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """Logits of start and end (batch x tokens x 2) for ids, mask and types (batch x tokens)."""
        embeddings = self.model.bert.embeddings
        x = embeddings.word_embeddings(ids) + embeddings.token_type_embeddings(types)
        x = embeddings.LayerNorm(x + embeddings.position_embeddings(torch.arange(ids.size(1))))
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        for layer in self.model.bert.encoder.layer:
            own, out = layer.attention.self, layer.attention.output
            query, key, value = (
                part(x).reshape(x.size(0), x.size(1), self.heads, -1).transpose(1, 2)
                for part in (own.query, own.key, own.value)
            )
            weights = query @ key.transpose(2, 3) / math.sqrt(own.attention_head_size) + bias
            mixed = (torch.softmax(weights, -1) @ value).transpose(1, 2)
            mixed = mixed.reshape(x.size(0), x.size(1), -1)
            x = out.LayerNorm(out.dense(mixed) + x)
            wide = torch.nn.functional.gelu(layer.intermediate.dense(x))
            x = layer.output.LayerNorm(layer.output.dense(wide) + x)
        logits: torch.Tensor = self.model.qa_outputs(x)
        return logits


_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def export(model: BertForQuestionAnswering, path: Path) -> None:
    """Write the model as float32 ONNX, any batch and any length.

    Raises:
        RuntimeError: onnxruntime computes something else from the file than torch from the model.
    """
    import onnxruntime

    model = model.cpu().eval()
    graph = Graph(model).eval()
    sample = torch.ones(2, 16, dtype=torch.long)
    with warnings.catch_warnings():
        # The older exporter is said to be deprecated; its graphs are the ones that quantize well.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            (sample, sample, sample * 0),
            str(path),
            input_names=list(_INPUTS),
            output_names=["logits"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in (*_INPUTS, "logits")},
            opset_version=17,
            dynamo=False,
        )
    torch.manual_seed(0)
    ids = torch.randint(1000, 20_000, (3, 50))
    mask = torch.ones_like(ids)
    mask[0, 40:] = 0
    types = (torch.arange(50)[None] > 10).long() * mask
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = dict(zip(_INPUTS, (ids.numpy(), mask.numpy(), types.numpy()), strict=True))
    got = torch.from_numpy(session.run(None, feed)[0])
    with torch.no_grad():
        out = model(input_ids=ids, attention_mask=mask, token_type_ids=types)
    wanted = torch.stack((out.start_logits, out.end_logits), -1)
    worst = float(((got - wanted) * mask[:, :, None]).abs().max())
    if worst > 1e-3:
        raise RuntimeError(f"the exported model is off by {worst:.4f}")
