"""Word vectors from counting: a truncated singular value decomposition of positive pointwise mutual information.

After Levy and Goldberg, "Neural Word Embedding as Implicit Matrix Factorization" (2014), with contexts smoothed by 0.75.
It trains nothing; on a processor it takes about a quarter of a minute.
"""

import torch

WINDOW = 4
DEVIATION = 0.09


def cooccurrence(ids, vocabulary):
    """Symmetric counts of words within WINDOW tokens of each other, nearer ones counting more. [V, V]"""
    counts = torch.zeros(vocabulary * vocabulary, device=ids.device)
    for gap in range(1, WINDOW + 1):
        pairs = ids[:-gap].long() * vocabulary + ids[gap:].long()
        counts += torch.bincount(pairs, minlength=vocabulary * vocabulary).float() / gap
    counts = counts.view(vocabulary, vocabulary)
    return counts + counts.T


def positive_information(counts):
    """max(0, log p(w, c) / (p(w) p(c)^0.75 / Z)) of every pair; pairs never seen give 0. [V, V]"""
    words = counts.sum(1)
    contexts = words**0.75
    expected = words[:, None] / words.sum() * (contexts / contexts.sum())[None]
    information = (counts / counts.sum() / expected.clamp_min(1e-30)).clamp_min(1e-30).log()
    return information.clamp_min(0)


def word_statistics(store, width, most=50_000_000):
    """Word vectors [V, D] of standard deviation DEVIATION and a bias [V] of centred log frequencies, on the store's device."""
    information = positive_information(cooccurrence(store.ids[:most], store.vocabulary))
    left, strength, _ = torch.svd_lowrank(information, q=width + 16, niter=4)
    vectors = left[:, :width] * strength[:width].sqrt()
    vectors -= vectors.mean(0, keepdim=True)
    length = vectors.norm(dim=1, keepdim=True).clamp_min(1e-3)
    vectors = vectors / length * length.pow(0.3)
    counts = store.frequencies.double() + 1
    bias = (counts / counts.sum()).log().float()
    return vectors / vectors.std() * DEVIATION, bias - bias.mean()
