"""Stage 4: how good a model is on text it has not seen: masked-word loss at four position offsets, next sentence.

    python tools/pretrain/evaluate.py --model MODEL_DIR --data DIR [--record FILE] [--against FILE]

The held-out rows and their masks are always the same, so losses of different models of one tokenizer compare. --record keeps
a model's figures with the digests of the text; --against compares with kept figures and refuses those of another text.
"""

import argparse
import hashlib
import json
from pathlib import Path

import torch
from transformers import BertForPreTraining, GPT2LMHeadModel

from batches import draw_rows, generator_for, mask_words
from tokens import TokenStore, read_ids

OFFSETS = (0, 64, 128, 190)
TOKENS = 64
RATE = 0.25
PAIR_ROWS = 1024
ROWS_AT_ONCE = 128


def held_out_rows(store):
    """[CLS] text [SEP] rows of the held-out file, [rows, TOKENS], on the CPU."""
    ids = read_ids(store.folder / "held-out.bin").long()
    text = ids[: len(ids) // (TOKENS - 2) * (TOKENS - 2)].view(-1, TOKENS - 2)
    edge = lambda name: torch.full((len(text), 1), store.special[name])
    return torch.cat([edge("classify"), text, edge("separator")], 1)


def held_out_masks(store):
    """Masked ids, columns and labels; drawn on the CPU with a fixed seed, so that every device sees the same."""
    generator = torch.default_generator
    state = generator.get_state()
    torch.manual_seed(1)
    drawn = mask_words(held_out_rows(store), RATE, store.special, store.vocabulary, generator)
    generator.set_state(state)
    return drawn


@torch.no_grad()
def masked_losses(model, store):
    """Nats per masked word at each of OFFSETS, and the standard error of the first, with rows as the sample."""
    masks = held_out_masks(store)
    words = (masks[2] >= 0).sum(1).double()
    rows = {offset: row_losses(model, store.device, masks, offset) for offset in OFFSETS}
    mean = {offset: loss.sum() / words.sum() for offset, loss in rows.items()}
    spread = (rows[OFFSETS[0]] - mean[OFFSETS[0]] * words).square().sum().sqrt() / words.sum()
    return {str(offset): round(value.item(), 4) for offset, value in mean.items()}, round(spread.item(), 4)


def row_losses(model, device, masks, offset):
    """The summed nats of each row's masked words with positions from `offset` on, [rows], on the CPU."""
    positions, sums = (offset + torch.arange(TOKENS))[None].to(device), []
    for part in torch.arange(len(masks[0])).split(ROWS_AT_ONCE):
        ids, at, labels = (tensor[part].to(device) for tensor in masks)
        hidden = model.bert(ids, position_ids=positions.expand(len(part), -1)).last_hidden_state
        logits = model.cls.predictions(hidden.gather(1, at[:, :, None].expand(-1, -1, hidden.shape[-1]))).float()
        each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="none")
        sums.append(each.view(labels.shape).double().sum(1).cpu())
    return torch.cat(sums)


@torch.no_grad()
def next_sentence_accuracy(model, ordered):
    """Share of right answers on pairs of held-out neighbouring lines; half of them go on, half do not."""
    generator = generator_for(ordered.device, 1, 0)
    ids, types, label = draw_rows(ordered, PAIR_ROWS, TOKENS, generator, pairs=1.1)
    hits = 0
    for part in torch.arange(PAIR_ROWS, device=ordered.device).split(ROWS_AT_ONCE):
        pooled = model.bert(ids[part], token_type_ids=types[part]).pooler_output
        hits += (model.cls.seq_relationship(pooled).argmax(1) == label[part]).sum().item()
    return round(hits / PAIR_ROWS, 4)


@torch.no_grad()
def causal_loss(model, store):
    """Nats per token of the held-out file in rows of TOKENS."""
    ids = read_ids(store.folder / "held-out.bin").long()
    rows = ids[: len(ids) // TOKENS * TOKENS].view(-1, TOKENS).to(store.device)
    total = 0.0
    for part in rows.split(ROWS_AT_ONCE):
        logits = model(part[:, :-1], use_cache=False).logits.float()
        total += torch.nn.functional.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten(), reduction="sum").item()
    return round(total / (len(rows) * (TOKENS - 1)), 4)


def evaluate(model, store, ordered):
    """All figures of a model. `ordered` may be None for a decoder."""
    training = model.training
    model.eval()
    if isinstance(model, GPT2LMHeadModel):
        figures = {"heldOut": causal_loss(model, store)}
    else:
        losses, error = masked_losses(model, store)
        figures = {"heldOut": losses, "heldOutError": error, "nextSentence": next_sentence_accuracy(model, ordered)}
    model.train(training)
    return figures


def measured(folder, data, device):
    """The figures of a model folder, with what they were measured on."""
    store = TokenStore(data, device)
    decoder = store.special["kind"] == "bpe"
    family = GPT2LMHeadModel if decoder else BertForPreTraining
    model = family.from_pretrained(folder, dtype=torch.float32).to(device)
    figures = evaluate(model, store, None if decoder else TokenStore(data, device, part="ordered"))
    weights = hashlib.sha256((Path(folder) / "model.safetensors").read_bytes()).hexdigest()
    text = {name: store.digests[name] for name in ("held-out.bin", "ordered.bin")}
    return {"model": Path(folder).name, "weights": weights, "text": text, **figures}


def gains(figures, kept):
    """By how many nats, and by what share of right answers, figures are better than kept ones of the same text."""
    if figures["text"] != kept["text"]:
        raise ValueError(f"Expected figures of the text {kept['text']}, got {figures['text']}. Prepare the same corpus.")
    loss = lambda held: held if isinstance(held, dict) else {"0": held}
    before, now = loss(kept["heldOut"]), loss(figures["heldOut"])
    gain = {"nats": {offset: round(before[offset] - now[offset], 4) for offset in now}}
    if "nextSentence" in kept:
        gain["nextSentence"] = round(figures["nextSentence"] - kept["nextSentence"], 4)
    return gain


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--record", help="write the figures to this file, too")
    parser.add_argument("--against", help="compare with the figures of this file")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    figures = measured(options.model, options.data, options.device)
    if options.record:
        Path(options.record).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if options.against:
        kept = json.loads(Path(options.against).read_text(encoding="utf-8"))
        figures["better"] = {"than": kept["model"], **gains(figures, kept)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
