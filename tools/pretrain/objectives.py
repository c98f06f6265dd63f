"""What the models are trained on: masked words, next sentence and the text's words from [CLS]; next token for a decoder.

Losses only; batches come from batches.py, weights from models.py.
"""

import torch
from torch import nn
from torch.nn import functional

NEXT_WEIGHT = 0.5
WORDS_WEIGHT = 0.2


class EncoderObjective(nn.Module):
    """BertForPreTraining and one extra matrix that is thrown away after training.

    The extra matrix lets the pooled [CLS] predict which words the text holds, through the tied word embeddings. With
    next-sentence prediction it is what gives [CLS] and the pooler a meaning: masked words alone train neither.
    """

    def __init__(self, model, frequencies):
        super().__init__()
        self.model = model
        width = model.config.hidden_size
        self.words = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.words.weight)
        self.register_buffer("word_weights", word_weights(frequencies), persistent=False)

    def forward(self, batch):
        """Total loss and its parts: masked words, next sentence, words of the text; each a scalar."""
        masked, pooled = self.masked_loss(batch)
        scores = self.model.cls.seq_relationship(pooled)
        following = functional.cross_entropy(scores.float(), batch.next, ignore_index=-100)
        words = self.words_loss(pooled, batch.original)
        total = masked + NEXT_WEIGHT * following + WORDS_WEIGHT * words
        return total, {"masked": masked.detach(), "next": following.detach(), "words": words.detach()}

    def masked_loss(self, batch):
        """Mean cross entropy over the masked rows alone (the head never sees the others), and the pooled [CLS]."""
        out = self.model.bert(batch.ids, token_type_ids=batch.types, position_ids=batch.positions)
        hidden = out.last_hidden_state
        columns = batch.at[:, :, None].expand(-1, -1, hidden.shape[-1])
        logits = self.model.cls.predictions(hidden.gather(1, columns).flatten(0, 1))
        return functional.cross_entropy(logits.float(), batch.labels.flatten(), ignore_index=-100), out.pooler_output

    def words_loss(self, pooled, ids):
        """Cross entropy between the text's words, rare ones counting more, and one distribution per text."""
        decoder = self.model.cls.predictions.decoder
        scores = functional.linear(self.words(pooled), decoder.weight, decoder.bias).float()
        weights = self.word_weights[ids]
        each = scores.logsumexp(1, keepdim=True) - scores.gather(1, ids)
        return ((each * weights).sum(1) / weights.sum(1).clamp_min(1e-6)).mean()


class DecoderObjective(nn.Module):
    """GPT2LMHeadModel and the loss of the next token."""

    def __init__(self, model, _frequencies):
        super().__init__()
        self.model = model

    def forward(self, ids):
        """Mean cross entropy of ids [B, T + 1], and the same by name."""
        logits = self.model(ids[:, :-1], use_cache=False).logits.float()
        loss = functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        return loss, {"causal": loss.detach()}


def word_weights(frequencies):
    """Inverse square root of each word's frequency, mean 1 over the text; special tokens weigh nothing. [V]"""
    counts = frequencies.float()
    weights = (counts + 10).rsqrt()
    weights[:5] = 0
    return weights / ((weights * counts).sum() / counts.sum()).clamp_min(1e-12)
