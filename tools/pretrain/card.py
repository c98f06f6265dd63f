"""The model card of an exported model, written from what was recorded; it measures nothing."""

from string import Template

CARD = Template("""---
license: mit
language: en
library_name: transformers
pipeline_tag: $pipeline
---

# $name

A small English $kind with the $family architecture, made for Softprompt Studio to be prompted. It is frozen there; only
prompts and heads on top of it are trained.

| layers | width | heads | feed-forward | vocabulary | positions | parameters |
| ------ | ----- | ----- | ------------ | ---------- | --------- | ---------- |
| $layers | $width | $heads of $head_width | $feed_forward | $vocabulary | 256 | $parameters |

The weights are in half precision; pass `dtype=torch.float32` to transformers, as everything below was measured with.

## Training

Trained by this project, on openly licensed text only: $tokens tokens in all, $seconds of training on $hardware, in $precision.
$objective

| text | licence | share of rows |
| ---- | ------- | ------------- |
$sources

![loss curve](curve.svg)

$curve

`training.json` holds the whole curve and the settings.

## Figures

$figures

## Limits

It is small and saw little text: it knows common words and simple sentences, hardly any facts, and no language but English.
Part of its text is unfiltered comments from the web, and old novels; expect it to repeat their prejudices. Do not use it to
decide anything about people.

## Licence

The weights are under the MIT licence, like the project. The texts they were trained on are not part of the project; their
licences are in the table above.
""")

ENCODER_OBJECTIVE = Template(
    "Masked words ($mask of them masked), next sentence (half of the false pairs come from elsewhere, half are swapped) and, from\n"
    "[CLS] through the pooler, the words of the text; half of the rows begin at a random position."
)
DECODER_OBJECTIVE = "Objective: the next token."


def duration(seconds):
    """Hours or minutes in words."""
    minutes = max(1, round(seconds / 60))
    return f"{seconds / 3600:.1f} hours" if seconds >= 7200 else f"{minutes} minute{'' if minutes == 1 else 's'}"


def curve_table(rows, most=8):
    """A few held-out figures along the run, as a table."""
    held = [(row["step"], row["heldOut"]) for row in rows if "heldOut" in row]
    every = max(1, -(-len(held) // most))
    shown = held[::-1][::every][::-1]
    lines = ["| step | held-out loss in nats |", "| ---- | --------------------- |"]
    return "\n".join(lines + [f"| {step:,} | {value['0'] if isinstance(value, dict) else value} |" for step, value in shown])


def figures_table(record):
    """Held-out figures of the exported file."""
    held = record["heldOut"]
    if not isinstance(held, dict):
        return f"Loss on held-out text: {held} nats per token."
    offsets = " | ".join(held)
    values = " | ".join(str(value) for value in held.values())
    rule = " | ".join("---" for _ in held)
    return (
        "Loss on held-out masked words, 256 sequences of 62 tokens, 25 % masked:\n\n"
        f"| position offset | {offsets} |\n| --- | {rule} |\n| nats | {values} |\n\n"
        f"Next sentence: {record['nextSentence']:.1%} right on 1,024 held-out pairs, half of them true."
    )


def model_card(name, record, sources, rows):
    """README.md of a model folder."""
    rung = record["rung"]
    encoder = rung["architecture"] == "encoder"
    return CARD.substitute(
        name=name,
        pipeline="fill-mask" if encoder else "text-generation",
        kind="masked language model" if encoder else "causal language model",
        family="BERT" if encoder else "GPT-2",
        layers=rung["layers"],
        width=rung["width"],
        heads=rung["heads"],
        head_width=rung["width"] // rung["heads"],
        feed_forward=rung["feedForward"],
        vocabulary=f"{record['vocabulary']:,}",
        parameters=f"{record['parameters']:,}",
        tokens=f"{record['tokens'] / 1e6:,.{0 if record['tokens'] > 1e7 else 1}f} million",
        seconds=duration(record["seconds"]),
        hardware=record["hardware"],
        precision=record["precision"],
        objective=ENCODER_OBJECTIVE.substitute(mask=f"{rung['mask']:.0%}") if encoder else DECODER_OBJECTIVE,
        sources="\n".join(f"| {s['description']} | {s['licence']} | {s['share']:.0%} |" for s in sources),
        curve=curve_table(rows),
        figures=figures_table(record),
    )
