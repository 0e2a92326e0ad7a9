"""Writes tests/Nabla.Tests/Data/optim.json.gz: how PyTorch 2.6.0 prints optimizers, lays out their states and those of schedulers, and
steps parameters of other dtypes than float64."""
import gzip
import json
import math
import sys
import warnings

import torch
import torch.optim as O
import torch.optim.lr_scheduler as S
from torch.optim.swa_utils import SWALR

warnings.simplefilter("ignore")
torch.manual_seed(0)


def plain(v):
    if torch.is_tensor(v):
        return {"tensor": list(v.shape), "dtype": str(v.dtype)[6:]}
    if isinstance(v, float):
        return {"f": repr(v)}
    if isinstance(v, tuple):
        return {"tuple": [plain(x) for x in v]}
    if isinstance(v, list):
        return [plain(x) for x in v]
    if isinstance(v, dict):
        return {"dict": [[plain(k), plain(x)] for k, x in v.items()]}
    return v


CLASSES = [("SGD", {}), ("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {"amsgrad": True}), ("NAdam", {}), ("RAdam", {}),
           ("Adamax", {}), ("Adadelta", {}),
           ("Adagrad", {}), ("RMSprop", {"momentum": 0.9, "centered": True}), ("Rprop", {}), ("ASGD", {}), ("LBFGS", {}),
           ("Adafactor", {})]


def layouts():
    result = []
    for name, kwargs in CLASSES:
        w, b = torch.ones(2, 3, requires_grad=True), torch.ones(3, requires_grad=True)
        o = getattr(O, name)([w, b], **kwargs)

        def closure():
            o.zero_grad()
            loss = ((w * 2).sum(0) + b).pow(2).sum()
            loss.backward()
            return loss

        text = repr(o)
        o.step(closure)
        state = o.state_dict()
        if name == "LBFGS":
            for k in ("t", "prev_loss", "H_diag", "al", "old_dirs", "old_stps", "ro"):
                state["state"][0][k] = None
        result.append({"name": name, "kwargs": kwargs, "repr": text, "state": plain(state)})
    return result


def schedulers():
    makers = {
        "LambdaLR": lambda o: S.LambdaLR(o, lambda e: 0.9 ** e), "MultiplicativeLR": lambda o: S.MultiplicativeLR(o, lambda e: 0.9),
        "StepLR": lambda o: S.StepLR(o, 3), "MultiStepLR": lambda o: S.MultiStepLR(o, [3, 5, 5]), "ConstantLR": lambda o: S.ConstantLR(o),
        "LinearLR": lambda o: S.LinearLR(o), "ExponentialLR": lambda o: S.ExponentialLR(o, 0.9),
        "CosineAnnealingLR": lambda o: S.CosineAnnealingLR(o, 10),
        "CosineAnnealingWarmRestarts": lambda o: S.CosineAnnealingWarmRestarts(o, 10), "PolynomialLR": lambda o: S.PolynomialLR(o),
        "CyclicLR": lambda o: S.CyclicLR(o, 0.01, 0.1), "OneCycleLR": lambda o: S.OneCycleLR(o, 0.1, total_steps=10, three_phase=True),
        "ReduceLROnPlateau": lambda o: S.ReduceLROnPlateau(o), "SWALR": lambda o: SWALR(o, 0.05),
        "SequentialLR": lambda o: S.SequentialLR(o, [S.ConstantLR(o), S.ExponentialLR(o, 0.9)], [4]),
        "ChainedScheduler": lambda o: S.ChainedScheduler([S.ConstantLR(o), S.ExponentialLR(o, 0.9)]),
    }
    result = []
    for name, make in makers.items():
        o = O.SGD([torch.ones(2, requires_grad=True)], lr=0.1, momentum=0.9)
        s = make(o)
        for _ in range(2):
            s.step(1.0) if name == "ReduceLROnPlateau" else s.step()
        state = s.state_dict()
        state.pop("anneal_func", None)
        group = {k: v for k, v in o.param_groups[0].items() if k != "params"}
        result.append({"name": name, "state": plain(state), "group": plain(group)})
    return result


def bits(t):
    t = t.detach()
    values = torch.view_as_real(t).flatten().tolist() if t.is_complex() else t.double().flatten().tolist()
    return [v if math.isfinite(v) else repr(v) for v in values]


def dtypes():
    """Steps with given gradients."""
    result = []
    for name, kwargs in CLASSES + [("Adam", {"weight_decay": 0.1, "maximize": True}), ("RMSprop", {"weight_decay": 0.1}),
                                   ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}), ("Rprop", {"lr": 0.1}),
                                   ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1})]:
        if name == "LBFGS":
            continue
        for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.complex128):
            if dtype.is_complex and name == "Adafactor":
                continue
            start = torch.randn(3, 4, dtype=torch.complex128 if dtype.is_complex else torch.float64).to(dtype)
            grads = [torch.randn(3, 4, dtype=start.dtype if dtype.is_complex else torch.float64).to(dtype) for _ in range(4)]
            p = start.clone().requires_grad_()
            o = getattr(O, name)([p], foreach=False, **kwargs)
            values = []
            for g in grads:
                p.grad = g.clone()
                o.step()
                values.append(bits(p))
            result.append({"name": name, "kwargs": kwargs, "dtype": str(dtype)[6:], "start": bits(start), "grads": [bits(g) for g in grads],
                           "values": values})
    return result


def clipping():
    result = []
    for norm, most in ((2.0, 1.0), (1.0, 3.0), (float("inf"), 0.5), (3.0, 100.0), (0.0, 2.0)):
        ps = [torch.zeros(2, 3, dtype=torch.float64, requires_grad=True), torch.zeros(4, dtype=torch.float64, requires_grad=True)]
        for p in ps:
            p.grad = torch.randn(p.shape, dtype=torch.float64)
        before = [bits(p.grad) for p in ps]
        total = torch.nn.utils.clip_grad_norm_(ps, most, norm)
        result.append({"norm": repr(norm), "max": most, "before": before, "total": total.item(), "after": [bits(p.grad) for p in ps]})
    return result


with gzip.open(sys.argv[1] if len(sys.argv) > 1 else "tests/Nabla.Tests/Data/optim.json.gz", "wt") as f:
    json.dump({"layouts": layouts(), "schedulers": schedulers(), "dtypes": dtypes(), "clipping": clipping()}, f)
