"""Training rows made on the device: singles, pairs, masks, position offsets. A batch is a function of (seed, step).

That is why a checkpoint needs no place in the data and no state of a generator: the step says both.
"""

from dataclasses import dataclass

import torch

NOT_A_PAIR = -100
POSITIONS = 256
SHORTEST_PART = 8


@dataclass(frozen=True)
class EncoderBatch:
    """B rows of T tokens. `at` and `labels` [B, M] are the masked columns and their words; `next` [B] is 0 where the
    second part follows the first, 1 where it does not, NOT_A_PAIR for a single text; `original` are the unmasked ids."""

    ids: torch.Tensor
    types: torch.Tensor
    positions: torch.Tensor
    at: torch.Tensor
    labels: torch.Tensor
    next: torch.Tensor
    original: torch.Tensor


def generator_for(device, seed, step):
    """A generator whose stream depends on the seed and the step alone."""
    generator = torch.Generator(device=device)
    generator.manual_seed((seed * 1_000_003 + step) % (2**63))
    return generator


def uniform(rows, store, generator):
    """Uniform numbers in [0, 1), [rows]."""
    return torch.rand(rows, generator=generator, device=store.device)


def cut_points(store, starts, columns, generator):
    """Where to cut `columns` tokens from each start into two parts: behind a sentence's end where there is one. [B]"""
    window = store.ids[starts[:, None] + torch.arange(columns, device=store.device)].long()
    score = store.ends[window].float() + torch.rand(window.shape, generator=generator, device=store.device)
    allowed = torch.arange(1, columns + 1, device=store.device)
    score[:, (allowed < SHORTEST_PART) | (allowed > columns - SHORTEST_PART)] = -1
    return score.argmax(1) + 1


def draw_rows(store, rows, tokens, generator, pairs=0.5):
    """Ids, types and next labels: [CLS] a [SEP] or [CLS] a [SEP] b [SEP], always T tokens.

    Half of the pairs go on with the text. Of the others, half take b from elsewhere in the same source and half swap
    the two parts, so that neither the topic nor the order alone gives the answer away.
    """
    sources = store.draw_sources(rows, generator)
    starts = store.draw_starts(sources, generator)
    shift = (uniform(rows, store, generator) * tokens).long() * (uniform(rows, store, generator) < 0.25)
    starts, elsewhere = starts + shift, store.draw_starts(sources, generator)
    cut = cut_points(store, starts, tokens - 3, generator)
    paired = uniform(rows, store, generator) < pairs
    fate = uniform(rows, store, generator)
    swapped, foreign = paired & (fate < 0.25), paired & (fate >= 0.25) & (fate < 0.5)
    first = torch.where(swapped, tokens - 3 - cut, torch.where(paired, cut, tokens - 2))
    first_from = torch.where(swapped, starts + cut, starts)
    second_from = torch.where(swapped, starts, torch.where(foreign, elsewhere, starts + cut))
    label = torch.where(paired, (swapped | foreign).long(), torch.full_like(first, NOT_A_PAIR))
    return (*lay_out(store, tokens, first, first_from, second_from), label)


def lay_out(store, tokens, first, first_from, second_from):
    """Gather two parts per row and put the special tokens in. `first` [B] is the length of the first part."""
    column = torch.arange(tokens, device=store.device)[None]
    behind = column > first[:, None] + 1
    index = torch.where(behind, second_from[:, None] + column - 2 - first[:, None], first_from[:, None] + column - 1)
    ids = store.ids[index.clamp(0, len(store.ids) - 1)].long()
    ids[:, 0] = store.special["classify"]
    ids[(column == first[:, None] + 1) | (column == tokens - 1)] = store.special["separator"]
    return ids, behind.long()


def mask_words(ids, rate, special, vocabulary, generator):
    """Choose int(rate T) columns per row among ordinary tokens: 80 % become [MASK], 10 % a random word, 10 % stay.

    Returns masked ids [B, T], columns and labels [B, M]; a row short of ordinary tokens gets labels of -100.
    """
    reserved = 5
    rank = torch.rand(ids.shape, generator=generator, device=ids.device)
    rank[ids < reserved] = 2
    at = rank.topk(int(rate * ids.shape[1]), largest=False).indices
    words = ids.gather(1, at)
    luck = torch.rand(words.shape, generator=generator, device=ids.device)
    other = torch.randint(special["first_ordinary"], vocabulary, words.shape, generator=generator, device=ids.device)
    new = torch.where(luck < 0.8, torch.full_like(words, special["mask"]), torch.where(luck < 0.9, other, words))
    labels = torch.where(words < reserved, torch.full_like(words, -100), words)
    return ids.scatter(1, at, torch.where(words < reserved, words, new)), at, labels


def encoder_batch(store, rows, tokens, rate, generator):
    """One batch of masked rows; half of them begin at a random position, so that all position rows are trained."""
    ids, types, label = draw_rows(store, rows, tokens, generator)
    masked, at, labels = mask_words(ids, rate, store.special, store.vocabulary, generator)
    reach = POSITIONS - tokens + 1
    offset = (uniform(rows, store, generator) * reach).long() * (uniform(rows, store, generator) < 0.5)
    positions = offset[:, None] + torch.arange(tokens, device=store.device)
    return EncoderBatch(masked, types, positions, at, labels, label, ids)


def decoder_batch(store, rows, tokens, generator):
    """Token ids for a causal model, [B, T + 1]: inputs are all but the last column, labels all but the first."""
    starts = store.draw_starts(store.draw_sources(rows, generator), generator)
    shift = (uniform(rows, store, generator) * tokens).long() * (uniform(rows, store, generator) < 0.5)
    return store.ids[(starts + shift)[:, None] + torch.arange(tokens + 1, device=store.device)].long()
