# The figures that samples/hessian.cs, per_sample.cs, hvp.cs and fixed_point.cs print, with PyTorch: one JSON object.
# python3 tests/golden/transforms.py > tests/Nabla.Tests/Data/transforms.json
import json

import torch
from torch.func import grad, hessian, jvp, vmap
from torch.nn.functional import cross_entropy, linear

torch.set_default_dtype(torch.float64)
numbers = lambda t: [float(x) for x in t.reshape(-1)]
out = {}

torch.manual_seed(0)
inputs, targets = torch.randn(8, 2), torch.randn(8, 1)
net = (torch.randn(16, 2), torch.randn(16), torch.randn(1, 16), torch.randn(1))
mse = lambda p: (linear(torch.tanh(linear(inputs, p[0], p[1])), p[2], p[3]) - targets).square().mean()
blocks = hessian(mse)(net)
h = torch.cat([torch.cat([b.reshape(p.numel(), -1) for b in row], 1) for p, row in zip(net, blocks)])
out["hessian"] = {"parameters": [h.shape[0]], "trace": numbers(h.trace()), "norm": numbers(h.norm()), "corner": numbers(h[0, 0]),
                  "last row": numbers(h[-1, :4])}

torch.manual_seed(1)
inputs, targets = torch.randn(8, 5), torch.randint(0, 3, (8,))
params = {"w1": torch.randn(16, 5) * 0.5, "b1": torch.randn(16) * 0.1, "w2": torch.randn(3, 16) * 0.5, "b2": torch.zeros(3)}
logits = lambda p, x: linear(torch.relu(linear(x, p["w1"], p["b1"])), p["w2"], p["b2"])
loss = lambda p, x, t: cross_entropy(logits(p, x[None]), t[None])
g = vmap(grad(loss), (None, 0, 0))(params, inputs, targets)
norms = sum(t.reshape(8, -1).square().sum(1) for t in g.values()).sqrt()
clipped = [(t.reshape(8, -1) / norms.clamp(min=1)[:, None]).mean(0) for t in g.values()]
out["per_sample"] = {"norms": numbers(norms), "clipped": numbers(sum(t.square().sum() for t in clipped).sqrt())}

torch.manual_seed(2)
x, y = torch.randn(4, 200), torch.randn(4, 200)
p = (torch.randn(250, 200) * 0.05, torch.zeros(250), torch.randn(200, 250) * 0.05, torch.zeros(200))
v = tuple(torch.randn_like(t) for t in p)
mse = lambda *p: (linear(torch.tanh(linear(x, p[0], p[1])), p[2], p[3]) - y).square().mean()
hvp = lambda v: jvp(grad(mse, (0, 1, 2, 3)), p, v)[1]
dot = lambda a, b: sum((s * t).sum() for s, t in zip(a, b))
hv = hvp(v)
out["hvp"] = {"parameters": [sum(t.numel() for t in p)], "loss": numbers(mse(*p)), "norm": numbers(dot(hv, hv).sqrt()),
              "bend": numbers(dot(v, hv))}
for _ in range(10):
    length = dot(v, v).sqrt()
    v = hvp(tuple(t / length for t in v))
out["hvp"]["largest"] = numbers(dot(v, v).sqrt())

torch.manual_seed(3)
w, x = torch.randn(10, 10) * 0.15, torch.randn(10)
w.requires_grad_()
x.requires_grad_()
z = torch.zeros(10)
for _ in range(300):
    z = torch.tanh(w @ z + x)
z.square().sum().backward()
out["fixed_point"] = {"z": numbers(z[:4]), "gradient of w": numbers(w.grad.norm()), "gradient of x": numbers(x.grad[:4])}

print(json.dumps(out, indent=1))
