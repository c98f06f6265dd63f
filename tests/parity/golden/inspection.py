"""What looking inside a run must give: logits with prompts switched off, attention on the slots, nearest words.

Prompts are switched off by masking their attention scores, in real transformers models with eager attention; the studio
leaves the slots out instead. Of tiny-bert only, with the starting values of the cases.
"""

import torch

from .cases import build_case
from .files import FIXTURES, write_json
from .models import Subject

NEIGHBOURS = 3


def write_inspection(subject: Subject) -> dict:
    """Write inspection.json of the model and return it."""
    deep = build_case(subject, "prefix-tuning")
    soft = build_case(subject, "prompt-tuning")
    with torch.no_grad():
        document = {
            "deep": inspect_deep(subject, deep),
            "soft": inspect_soft(subject, soft) | {"words": nearest_words(subject, soft.trainables["prompt"])},
        }
    write_json(FIXTURES / subject.name / "inspection.json", document)
    return document


def inspect_deep(subject, case):
    layers = case.peft_model.base_model.bert.encoder.layer
    every = list(range(len(layers)))
    attentions = call(subject, case, output_attentions=True).attentions
    return {
        "whole": case.logits(),
        "without": [without_layers(case, [layer]) for layer in every],
        "none": without_layers(case, every),
        "attention": [mass(subject, case, layer, probabilities) for layer, probabilities in enumerate(attentions)],
    }


def without_layers(case, off):
    """Logits with the prefix masked in some layers: their scores for the first P keys are the lowest there are."""
    layers = case.peft_model.base_model.bert.encoder.layer
    handles = [mask_prefix(layers[layer].attention.self, case.prompt_length) for layer in off]
    logits = case.logits()
    for handle in handles:
        handle.remove()
    return logits


def mask_prefix(attention, length):
    def hook(_module, arguments, keywords):
        named = "attention_mask" in keywords
        mask = (keywords["attention_mask"] if named else arguments[1]).clone()
        assert mask.dtype == torch.float32 and mask.dim() == 4, "Expected an additive mask [B, 1, T, P + T]."
        mask[..., :length] = torch.finfo(mask.dtype).min
        if named:
            return arguments, keywords | {"attention_mask": mask}
        return (arguments[0], mask, *arguments[2:]), keywords

    return attention.register_forward_pre_hook(hook, with_kwargs=True)


def call(subject, case, **options):
    batch = subject.batch
    return case.peft_model(
        input_ids=batch.padded(batch.ids),
        token_type_ids=batch.padded(batch.types),
        attention_mask=batch.mask.long(),
        **options,
    )


def mass(subject, case, layer, probabilities):
    """Mean share of each head, and of each slot over heads, over the rows of the texts; in the last layer over [CLS]."""
    length = case.prompt_length
    mask = subject.batch.mask.bool()
    own = probabilities[:, :, -mask.shape[1] :, :length]
    last = layer == len(case.layers) - 1
    rows = own[:, :, 0] if last else own.transpose(1, 2)[mask]
    return {"heads": rows.sum(-1).mean(0), "slots": rows.mean((0, 1))}


def inspect_soft(subject, case):
    """The prompt off: nothing attends to its rows, and the head reads [CLS], which keeps position P."""
    batch, length = subject.batch, case.prompt_length
    model = case.peft_model.base_model
    words = model.bert.embeddings.word_embeddings(batch.padded(batch.ids))
    count = len(batch.ids)
    embeddings = torch.cat([case.trainables["prompt"].expand(count, -1, -1), words], 1)
    types = torch.cat([torch.zeros(count, length, dtype=torch.long), batch.padded(batch.types)], 1)
    seen = torch.cat([torch.zeros(count, length, dtype=torch.long), batch.mask.long()], 1)
    hidden = model.bert(inputs_embeds=embeddings, token_type_ids=types, attention_mask=seen).last_hidden_state
    pooled = torch.tanh(model.bert.pooler.dense(hidden[:, length]))
    return {"whole": case.logits(), "none": model.classifier(pooled)}


def nearest_words(subject, prompt):
    """In float64: the nearest words of each slot, and every word's distance to and cosine with its nearest other."""
    table = subject.weights(torch.float64)["bert.embeddings.word_embeddings.weight"]
    slots = prompt.double()
    distances, cosines = torch.cdist(slots, table), cosine(slots, table)
    between, alike = torch.cdist(table, table), cosine(table, table)
    between.fill_diagonal_(torch.inf)
    alike.fill_diagonal_(-torch.inf)
    return {
        "byDistance": distances.argsort(1)[:, :NEIGHBOURS],
        "byCosine": cosines.argsort(1, descending=True)[:, :NEIGHBOURS],
        "distance": distances.min(1).values,
        "cosine": cosines.max(1).values,
        "wordDistance": between.min(1).values.sort().values,
        "wordCosine": alike.max(1).values.sort().values,
        "fartherThan": (between.min(1).values[None] < distances.min(1).values[:, None]).double().mean(1),
        "lessSimilarThan": (alike.max(1).values[None] > cosines.max(1).values[:, None]).double().mean(1),
    }


def cosine(left, right):
    return torch.nn.functional.normalize(left) @ torch.nn.functional.normalize(right).T
