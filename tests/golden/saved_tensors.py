"""Writes Data/saved_bytes.json: how many pieces of memory PyTorch 2.6.0 keeps for backward in calls, and how many bytes they hold.

Every tensor that an operation saves passes through the hooks; what shares memory counts once. Wrapped numbers are not hooked.
"""
import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def X(*shape):
    return torch.rand(shape).requires_grad_()


def P(*shape):
    return torch.rand(shape)


def zeros(*shape):
    return torch.zeros(shape, dtype=torch.int64)


def spd(n):
    a = torch.rand(n, n)
    return (a @ a.T + n * torch.eye(n)).requires_grad_()


CALLS = {
    "add": lambda: X(3, 4) + X(3, 4), "sub": lambda: X(3, 4) - X(3, 4), "mul_both": lambda: X(3, 4) * X(3, 4),
    "mul_const": lambda: X(3, 4) * P(3, 4), "mul_scalar": lambda: X(3, 4) * 2, "div_both": lambda: X(3, 4) / X(3, 4),
    "div_const": lambda: X(3, 4) / P(3, 4), "div_scalar": lambda: X(3, 4) / 2, "rdiv": lambda: 2 / X(3, 4), "neg": lambda: -X(3, 4),
    "pow2": lambda: X(3, 4) ** 2, "pow_t": lambda: X(3, 4) ** X(3, 4), "exp": lambda: X(3, 4).exp(), "log": lambda: X(3, 4).log(),
    "log1p": lambda: X(3, 4).log1p(), "sqrt": lambda: X(3, 4).sqrt(), "rsqrt": lambda: X(3, 4).rsqrt(),
    "reciprocal": lambda: X(3, 4).reciprocal(), "sin": lambda: X(3, 4).sin(), "cos": lambda: X(3, 4).cos(),
    "tan": lambda: X(3, 4).tan(), "tanh": lambda: X(3, 4).tanh(), "sigmoid": lambda: X(3, 4).sigmoid(),
    "relu": lambda: X(3, 4).relu(), "leaky": lambda: F.leaky_relu(X(3, 4)), "gelu": lambda: F.gelu(X(3, 4)),
    "silu": lambda: F.silu(X(3, 4)), "softplus": lambda: F.softplus(X(3, 4)), "elu": lambda: F.elu(X(3, 4)),
    "hardtanh": lambda: F.hardtanh(X(3, 4)), "abs": lambda: X(3, 4).abs(), "clamp": lambda: X(3, 4).clamp(0.2, 0.5),
    "maximum": lambda: torch.maximum(X(3, 4), X(3, 4)), "where": lambda: torch.where(P(3, 4) > 0.5, X(3, 4), X(3, 4)),
    "sum": lambda: X(3, 4).sum(), "sum_dim": lambda: X(3, 4).sum(1), "mean": lambda: X(3, 4).mean(),
    "mean_dim": lambda: X(3, 4).mean(1), "max_all": lambda: X(3, 4).max(), "max_dim": lambda: X(3, 4).max(1).values,
    "amax": lambda: X(3, 4).amax(1), "var": lambda: X(3, 4).var(1), "std": lambda: X(3, 4).std(1), "prod": lambda: X(3, 4).prod(),
    "norm": lambda: X(3, 4).norm(), "logsumexp": lambda: X(3, 4).logsumexp(1), "softmax": lambda: X(3, 4).softmax(1),
    "log_softmax": lambda: X(3, 4).log_softmax(1), "cumsum": lambda: X(3, 4).cumsum(1), "sort": lambda: X(3, 4).sort(1).values,
    "topk": lambda: X(3, 4).topk(2, 1).values, "mm": lambda: X(3, 4) @ X(4, 5), "mm_const": lambda: X(3, 4) @ P(4, 5),
    "addmm": lambda: torch.addmm(X(3, 5), X(3, 4), X(4, 5)), "bmm": lambda: torch.bmm(X(2, 3, 4), X(2, 4, 5)),
    "linear": lambda: F.linear(X(3, 4), X(5, 4), X(5)), "transpose": lambda: X(3, 4).t(), "view": lambda: X(3, 4).view(12),
    "reshape": lambda: X(3, 4).reshape(12), "expand": lambda: X(3, 1).expand(3, 4), "permute": lambda: X(3, 4).permute(1, 0),
    "select": lambda: X(3, 4).select(0, 1), "slice": lambda: X(3, 4)[1:], "gather": lambda: X(3, 4).gather(1, zeros(3, 2)),
    "scatter": lambda: X(3, 4).scatter(1, zeros(3, 2), X(3, 2)), "index_add": lambda: X(3, 4).index_add(0, zeros(2), X(2, 4)),
    "masked_fill": lambda: X(3, 4).masked_fill(P(3, 4) > 0.5, 1.0), "cat": lambda: torch.cat([X(3, 4), X(3, 4)]),
    "stack": lambda: torch.stack([X(3, 4), X(3, 4)]), "clone": lambda: X(3, 4).clone(), "to64": lambda: X(3, 4).to(torch.float32),
    "dropout": lambda: F.dropout(X(3, 4)), "embedding": lambda: F.embedding(zeros(5), X(3, 4)),
    "cross_entropy": lambda: F.cross_entropy(X(3, 4), zeros(3)), "nll": lambda: F.nll_loss(X(3, 4), zeros(3)),
    "mse": lambda: F.mse_loss(X(3, 4), P(3, 4)), "l1": lambda: F.l1_loss(X(3, 4), P(3, 4)),
    "smooth_l1": lambda: F.smooth_l1_loss(X(3, 4), P(3, 4)), "bce": lambda: F.binary_cross_entropy(X(3, 4), P(3, 4)),
    "bce_logits": lambda: F.binary_cross_entropy_with_logits(X(3, 4), P(3, 4)), "kl": lambda: F.kl_div(X(3, 4), P(3, 4)),
    "lerp": lambda: X(3, 4).lerp(X(3, 4), 0.3), "addcmul": lambda: X(3, 4).addcmul(P(3, 4), P(3, 4)),
    "atan2": lambda: torch.atan2(X(3, 4), X(3, 4)), "erf": lambda: X(3, 4).erf(), "floor": lambda: X(3, 4).floor(),
    "tril": lambda: X(3, 4).tril(), "flip": lambda: X(3, 4).flip(0), "roll": lambda: X(3, 4).roll(1, 0),
    "repeat": lambda: X(3, 4).repeat(2, 2), "diag": lambda: X(3, 3).diag(), "trace": lambda: X(3, 3).trace(),
    "outer": lambda: torch.outer(X(3), X(4)), "glu": lambda: F.glu(X(3, 4)), "prelu": lambda: F.prelu(X(3, 4), X(1)),
    "einsum": lambda: torch.einsum("ij,jk->ik", X(3, 4), X(4, 5)), "index": lambda: X(3, 4)[zeros(2)],
    "layer_norm": lambda: F.layer_norm(X(3, 4), (4,), X(4), X(4)),
    "batch_norm": lambda: F.batch_norm(X(3, 4), torch.zeros(4), torch.ones(4), X(4), X(4), training=True),
    "group_norm": lambda: F.group_norm(X(2, 4, 3), 2, X(4), X(4)),
    "conv2d": lambda: F.conv2d(X(1, 2, 5, 5), X(3, 2, 3, 3), X(3)), "max_pool2d": lambda: F.max_pool2d(X(1, 2, 4, 4), 2),
    "avg_pool2d": lambda: F.avg_pool2d(X(1, 2, 4, 4), 2), "inv": lambda: torch.linalg.inv(spd(3)),
    "det": lambda: torch.linalg.det(spd(3)), "cholesky": lambda: torch.linalg.cholesky(spd(3)),
    "solve": lambda: torch.linalg.solve(spd(3), X(3, 2)), "svd": lambda: torch.linalg.svd(X(4, 3), full_matrices=False)[1],
    "eigh": lambda: torch.linalg.eigh(spd(3))[0], "qr": lambda: torch.linalg.qr(X(4, 3))[0],
    "sdpa": lambda: F.scaled_dot_product_attention(X(1, 2, 4, 8), X(1, 2, 4, 8), X(1, 2, 4, 8)),
    "pad": lambda: F.pad(X(3, 4), (1, 1)), "cdist": lambda: torch.cdist(X(3, 4), X(5, 4)),
    "interpolate": lambda: F.interpolate(X(1, 2, 4, 4), scale_factor=2), "rrelu": lambda: F.rrelu(X(3, 4), training=True),
    "grid_sample": lambda: F.grid_sample(X(1, 2, 4, 4), X(1, 3, 3, 2), align_corners=False),
}


def main(path):
    rows = {}
    for name, call in CALLS.items():
        kept = {}

        def pack(t):
            kept[t.untyped_storage().data_ptr()] = (t, t.untyped_storage().nbytes())
            return t

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
            y = call()
        rows[name] = {"tensors": len(kept), "bytes": sum(b for _, b in kept.values())}
        del y
    with open(path, "w", newline="\n") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows.items()) + "\n}\n")


main(sys.argv[1])
