"""Bottleneck adapters put into transformers models: modules that stand in the place of a block's own."""

import torch


class Adapter(torch.nn.Module):
    """U f(D z): narrow, non-linear, wide again."""

    def __init__(self, width, bottleneck, activation):
        super().__init__()
        self.down = torch.nn.Linear(width, bottleneck)
        self.up = torch.nn.Linear(bottleneck, width)
        self.activation = activation

    def forward(self, rows):
        return self.up(self.activation(self.down(rows)))


class AdaptedOutput(torch.nn.Module):
    """In the place of BertSelfOutput or BertOutput: the adapter reads the block's output, or the normalised sum."""

    def __init__(self, own, adapter, reads_sum):
        super().__init__()
        self.own, self.adapter, self.reads_sum = own, adapter, reads_sum

    def forward(self, hidden_states, input_tensor):
        output = self.own.dense(hidden_states)
        read = self.own.LayerNorm(output + input_tensor) if self.reads_sum else output
        return self.own.LayerNorm(output + self.adapter(read) + input_tensor)


class AdaptedAttention(torch.nn.Module):
    """In the place of GPT2Attention, which returns its output and the probabilities."""

    def __init__(self, own, adapter):
        super().__init__()
        self.own, self.adapter = own, adapter

    def forward(self, *arguments, **named):
        output, *others = self.own(*arguments, **named)
        return (output + self.adapter(output), *others)


class AdaptedFeedForward(torch.nn.Module):
    """In the place of GPT2MLP: the adapter reads its output, or the sum with the residual under the norm that reads it next."""

    def __init__(self, own, adapter, block, next_norm):
        super().__init__()
        self.own, self.adapter = own, adapter
        # Kept in a list, so that the norm stays a parameter of where it stands and is not one of this module.
        self.next_norm = [next_norm]
        self.residual = None
        block.ln_2.register_forward_pre_hook(lambda _, inputs: setattr(self, "residual", inputs[0]))

    def forward(self, hidden_states):
        output = self.own(hidden_states)
        (norm,) = self.next_norm
        return output + self.adapter(output if norm is None else norm(self.residual + output))


def insert_adapters(host, settings, activation):
    """Adapters behind the blocks of every layer; returns their parameters as `adapter.<layer>.<block>.<part>`."""
    insert = insert_in_decoder if host.family.conv1d else insert_in_encoder
    trainables = {}

    def make(layer, kind):
        adapter = Adapter(host.config.hidden_size, settings["bottleneck"], activation)
        parameters = adapter.named_parameters()
        trainables.update({f"adapter.{layer}.{kind}.{name}": parameter for name, parameter in parameters})
        return adapter

    insert(host, make, settings["placement"] == "pfeiffer")
    return trainables


def insert_in_encoder(host, make, pfeiffer):
    for index, layer in enumerate(host.blocks()):
        if not pfeiffer:
            layer.attention.output = AdaptedOutput(layer.attention.output, make(index, "attention"), reads_sum=False)
        layer.output = AdaptedOutput(layer.output, make(index, "feed-forward"), reads_sum=pfeiffer)


def insert_in_decoder(host, make, pfeiffer):
    blocks = list(host.blocks())
    norms = [*(block.ln_1 for block in blocks[1:]), host.model.transformer.ln_f]
    for index, (block, norm) in enumerate(zip(blocks, norms)):
        if not pfeiffer:
            block.attn = AdaptedAttention(block.attn, make(index, "attention"))
        block.mlp = AdaptedFeedForward(block.mlp, make(index, "feed-forward"), block, norm if pfeiffer else None)
