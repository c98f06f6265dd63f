"""Stage 4: how good a model is on text it has not seen: masked-word loss at four position offsets, next sentence.

    python tools/pretrain/evaluate.py --model MODEL_DIR --data DIR

The held-out rows and their masks are always the same, so losses of different models of one tokenizer compare.
"""

import argparse
import json

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
    """Nats per masked word at each of OFFSETS."""
    device, (ids, at, labels) = store.device, held_out_masks(store)
    losses = {}
    for offset in OFFSETS:
        positions = (offset + torch.arange(TOKENS))[None].to(device)
        total = count = 0.0
        for part in torch.arange(len(ids)).split(ROWS_AT_ONCE):
            hidden = model.bert(ids[part].to(device), position_ids=positions.expand(len(part), -1)).last_hidden_state
            columns = at[part].to(device)[:, :, None].expand(-1, -1, hidden.shape[-1])
            logits = model.cls.predictions(hidden.gather(1, columns).flatten(0, 1)).float()
            target = labels[part].to(device).flatten()
            total += torch.nn.functional.cross_entropy(logits, target, ignore_index=-100, reduction="sum").item()
            count += (target >= 0).sum().item()
        losses[str(offset)] = round(total / count, 4)
    return losses


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
        figures = {"heldOut": masked_losses(model, store), "nextSentence": next_sentence_accuracy(model, ordered)}
    model.train(training)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    store = TokenStore(options.data, options.device)
    decoder = store.special["kind"] == "bpe"
    family = GPT2LMHeadModel if decoder else BertForPreTraining
    model = family.from_pretrained(options.model, dtype=torch.float32).to(options.device)
    ordered = None if decoder else TokenStore(options.data, options.device, part="ordered")
    print(json.dumps(evaluate(model, store, ordered)))


if __name__ == "__main__":
    main()
