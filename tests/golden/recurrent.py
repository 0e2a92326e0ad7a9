"""Writes tests/Nabla.Tests/Data/recurrent.json.gz with PyTorch 2.6.0: first weights, listings, packed sequences and dropout."""

import gzip
import json

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.backends.mha.set_fastpath_enabled(False)

MODULES = {
    "rnn": lambda: nn.RNN(3, 4, 2, nonlinearity="relu"),
    "lstm": lambda: nn.LSTM(3, 5, 2, bidirectional=True, proj_size=2, dropout=0.5),
    "gru": lambda: nn.GRU(3, 4, bias=False, batch_first=True),
    "rnn_cell": lambda: nn.RNNCell(3, 4, nonlinearity="relu"),
    "lstm_cell": lambda: nn.LSTMCell(3, 4, bias=False),
    "gru_cell": lambda: nn.GRUCell(3, 4),
    "attention": lambda: nn.MultiheadAttention(4, 2, add_bias_kv=True),
    "attention_sizes": lambda: nn.MultiheadAttention(4, 2, bias=False, kdim=3, vdim=5),
    "encoder_layer": lambda: nn.TransformerEncoderLayer(4, 2, 6, activation=nn.PReLU()),
    "decoder_layer": lambda: nn.TransformerDecoderLayer(4, 2, 6, bias=False),
    "transformer": lambda: nn.Transformer(4, 2, 1, 1, 6),
}


def flat(t):
    return t.detach().reshape(-1).tolist()


def first_weights():
    result = {}
    for name, make in MODULES.items():
        torch.manual_seed(3)
        module = make()
        result[name] = {
            "text": str(module),
            "state": {key: {"shape": list(t.shape), "values": flat(t)} for key, t in module.state_dict().items()},
            "next": torch.rand(1).item(),
        }
    return result


def packed():
    result = []
    for kind in ("RNN", "LSTM", "GRU"):
        torch.manual_seed(4)
        layer = getattr(nn, kind)(3, 4, 2, bidirectional=True).double()
        x = torch.randn(5, 3, 3, dtype=torch.float64, requires_grad=True)
        h, c = (torch.randn(4, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))
        lengths = [2, 5, 3]
        sequence = pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, state = layer(sequence, (h, c) if kind == "LSTM" else h)
        states = list(state) if kind == "LSTM" else [state]
        padded, back = pad_packed_sequence(y, padding_value=-1.0)
        loss = (y.data * torch.arange(y.data.numel()).double().reshape(y.data.shape).cos()).sum() + sum((s * s).sum() for s in states)
        inputs = [x, h] + ([c] if kind == "LSTM" else []) + list(layer.parameters())
        result.append({
            "kind": kind,
            "lengths": lengths,
            "x": flat(x), "h": flat(h), "c": flat(c),
            "state": {key: flat(t) for key, t in layer.state_dict().items()},
            "data": flat(sequence.data), "batch_sizes": flat(sequence.batch_sizes),
            "sorted": flat(sequence.sorted_indices), "unsorted": flat(sequence.unsorted_indices),
            "padded": flat(padded), "back": flat(back), "states": [flat(s) for s in states],
            "grads": [flat(g) for g in torch.autograd.grad(loss, inputs)],
        })
    return result


def dropout():
    result = {}
    for name, make, shape in [
        ("lstm", lambda: nn.LSTM(3, 4, 3, dropout=0.5), (4, 2, 3)),
        ("encoder_layer", lambda: nn.TransformerEncoderLayer(4, 2, 6, dropout=0.3), (3, 2, 4)),
    ]:
        torch.manual_seed(5)
        module = make()
        x = torch.randn(shape)
        y = module(x)
        result[name] = {"x": flat(x), "y": flat(y[0] if isinstance(y, tuple) else y), "next": torch.rand(1).item()}
    return result


with gzip.open("recurrent.json.gz", "wt", encoding="utf-8") as file:
    json.dump({"modules": first_weights(), "packed": packed(), "dropout": dropout()}, file, indent=0)
