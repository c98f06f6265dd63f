"""P-Tuning with the prompt encoders of THUDM/P-tuning, which PEFT lacks, on transformers' BERT through input embeddings.

`lama-lstm` is the encoder of LAMA/p_tuning: two directions share the model's width. `few-shot-lstm` and `few-shot-mlp` are
those of PT-Fewshot: full width in each direction, and two linear layers. Virtual tokens stand in front, as in PEFT, or among
the words, as there.
"""

import torch

from .methods import Applied, encoder_name
from .models import PROMPT_LENGTH

NETWORKS = ("lama-lstm", "few-shot-lstm", "few-shot-mlp")


class PromptEncoder(torch.nn.Module):
    """Embedding [P, D], perhaps a bidirectional LSTM, and linear layers with ReLU between; all virtual tokens in one pass."""

    def __init__(self, network, width):
        super().__init__()
        self.embedding = torch.nn.Embedding(PROMPT_LENGTH, width)
        hidden = {"lama-lstm": width // 2, "few-shot-lstm": width}.get(network)
        self.lstm_head = None
        if hidden is not None:
            self.lstm_head = torch.nn.LSTM(width, hidden, num_layers=2, bidirectional=True, batch_first=True)
        inner = width if hidden is None else 2 * hidden
        layers = (torch.nn.Linear(inner, width), torch.nn.ReLU(), torch.nn.Linear(width, width))
        self.mlp_head = torch.nn.Sequential(*layers)

    def forward(self):
        rows = self.embedding.weight[None]
        if self.lstm_head is not None:
            rows = self.lstm_head(rows)[0]
        return self.mlp_head(rows)[0]


class Prompted(torch.nn.Module):
    """A frozen BERT of any task behind a prompt encoder; called like the model. Ids -1, -2, … are virtual tokens among the
    words; without them all virtual tokens stand in front."""

    def __init__(self, model, encoder):
        super().__init__()
        self.model, self.encoder = model, encoder

    def forward(self, input_ids, token_type_ids, attention_mask):
        prompt = self.encoder()
        words = self.model.get_input_embeddings()(input_ids.clamp(min=0))
        inside = input_ids < 0
        if inside.any():
            words = torch.where(inside[..., None], prompt[(-1 - input_ids).clamp(min=0)], words)
        else:
            count = input_ids.shape[0]
            words = torch.cat([prompt.expand(count, -1, -1), words], dim=1)
            token_type_ids = torch.nn.functional.pad(token_type_ids, (PROMPT_LENGTH, 0))
            attention_mask = torch.nn.functional.pad(attention_mask, (PROMPT_LENGTH, 0), value=1)
        return self.model(inputs_embeds=words, token_type_ids=token_type_ids, attention_mask=attention_mask)


def thudm(host, network, placement="first"):
    """`placement` is the studio's: `first`, or `template` where the ids say where virtual tokens stand."""
    host.model.requires_grad_(False)
    encoder = PromptEncoder(network, host.config.hidden_size)
    trainables = {encoder_name(name): parameter for name, parameter in encoder.named_parameters()}
    for head in host.heads:
        own = host.model.get_submodule(head)
        own.requires_grad_(True)
        trainables |= {f"{head}.{name}": parameter for name, parameter in own.named_parameters()}
    settings = {
        "kind": "p-tuning",
        "promptLength": PROMPT_LENGTH,
        "reparameterisation": f"thudm-{network}",
        "placement": placement,
    }
    return Applied(Prompted(host.model, encoder).eval(), trainables, settings, prompt_length=PROMPT_LENGTH)
