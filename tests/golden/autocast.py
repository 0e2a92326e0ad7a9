"""
The dtypes that PyTorch 2.6.0's operators return on the CPU inside torch.autocast, for operands of float32 and of the 16-bit dtype.
Writes autocast.json into the current folder; it belongs into ../Nabla.Tests/Data.
"""
import json
import textwrap
import warnings

import torch
from torch.testing._internal.common_methods_invocations import op_db

warnings.simplefilter("ignore")
torch.manual_seed(0)
LOW = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def cast(x, dtype):
    if isinstance(x, torch.Tensor):
        return x.detach().to(dtype) if x.is_floating_point() else x.detach()
    if isinstance(x, (list, tuple)):
        return type(x)(cast(v, dtype) for v in x) if type(x) in (list, tuple) else x
    return x


def dtypes(y):
    if isinstance(y, torch.Tensor):
        return [str(y.dtype)[6:]]
    return [d for v in y for d in dtypes(v)] if isinstance(y, (list, tuple)) else []


def results(op, low, dtype):
    """All the lists of dtypes that samples of an operator return."""
    found = []
    try:
        samples = list(op.sample_inputs("cpu", torch.float32, requires_grad=False))
    except Exception:
        return found
    for s in samples[:24]:
        if any(t.numel() == 0 for t in (s.input, *s.args) if isinstance(t, torch.Tensor)):
            continue
        with torch.autocast("cpu", dtype=low):
            try:
                kwargs = {k: cast(v, dtype) for k, v in s.kwargs.items()}
                y = dtypes(op.op(cast(s.input, dtype), *cast(tuple(s.args), dtype), **kwargs))
            except Exception:
                continue
        if y and y not in found:
            found.append(y)
    return found


groups = {}
for op in op_db:
    if not op.supports_dtype(torch.float32, "cpu"):
        continue
    row = {f"{key}, {name}": results(op, low, dtype)
           for key, low in LOW.items() for name, dtype in (("float32", torch.float32), (key, low))}
    groups.setdefault(json.dumps(row), []).append(op.name + ("/" + op.variant_test_name if op.variant_test_name else ""))



def wave(rows, columns, step, scale=1.0):
    """Numbers that both libraries compute exactly alike: multiples of 1/64 between -1 and 1, times a power of two."""
    i = torch.arange(rows * columns).reshape(rows, columns)
    return ((i * step + i // 7) % 127 - 63).float() / 64 * scale


def train(low, scaled):
    """Losses, and with a scaler its scales, of an MLP for numbers."""
    x, y = wave(32, 8, 37), wave(32, 2, 53)
    w1, b1, w2, b2 = (t.requires_grad_() for t in (wave(16, 8, 29, 0.5), wave(1, 16, 11, 0.25)[0], wave(2, 16, 71, 0.5), torch.zeros(2)))
    optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=0.05, momentum=0.9)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16, growth_interval=4, enabled=scaled)
    losses, scales = [], []
    for _ in range(40):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=low or torch.bfloat16, enabled=low is not None):
            h = torch.nn.functional.linear(x, w1, b1).relu()
            loss = torch.nn.functional.mse_loss(torch.nn.functional.linear(h, w2, b2), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
        scales.append(scaler.get_scale())
    return {"losses": losses, "scales": scales if scaled else []}


def wrapped(x):
    return textwrap.fill(json.dumps(x), 140, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


training = {"float32": train(None, False), "bfloat16": train(torch.bfloat16, False), "float16": train(torch.float16, True)}
with open("autocast.json", "w", newline="\n") as f:
    parts = [f'{{"results": {row},\n "operators":\n  {wrapped(names)}}}' for row, names in groups.items()]
    runs = [f'"{name}": {{"losses":\n  {wrapped(run["losses"])},\n "scales":\n  {wrapped(run["scales"])}}}' for name, run in training.items()]
    f.write('{"tables": [\n' + ",\n".join(parts) + '\n],\n"training": {\n' + ",\n".join(runs) + "\n}}\n")
