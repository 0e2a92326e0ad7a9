"""Writes tests/Nabla.Conformance/data/optim-options.zip: runs of optimizers and schedules with many combinations of options, computed
with PyTorch 2.6.0, in the format of optim.zip."""
import json
import math
import random
import sys
import warnings
import zipfile

import torch
import torch.optim as O
import torch.optim.lr_scheduler as S
from torch.optim.swa_utils import SWALR

warnings.simplefilter("ignore")
random.seed(5)
A, START, STEPS, EPOCHS, BASES = 7.0, [0.9, -1.1, -0.4, 0.8], 30, 60, [0.2, 0.05]
C = random.choice


def flat(t):
    return [float(v) for v in t.detach().double().flatten()]


def tuples(d):
    return {k: tuple(v) if isinstance(v, list) else v for k, v in d.items()}


def run(name, kwargs, second=None):
    p = torch.tensor(START[:2], dtype=torch.float64, requires_grad=True)
    q = torch.tensor([START[2:]], dtype=torch.float64, requires_grad=True)
    o = getattr(O, name)([p, q] if second is None else [{"params": [p]}, {"params": [q], **tuples(second)}], **tuples(kwargs))

    def closure():
        o.zero_grad()
        x = torch.cat([p, q.view(2)])
        loss = (A * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
        loss.backward()
        return loss

    r = {"optimizer": name, "kwargs": kwargs, "losses": [], "parameters": []}
    if second is not None:
        r["second_group"] = second
    for _ in range(STEPS):
        r["losses"].append(float(o.step(closure)))
        r["parameters"].append(flat(p) + flat(q))
    if not all(math.isfinite(v) and abs(v) < 1e6 for v in r["losses"]):
        return None
    if name != "LBFGS":
        r["final_state"] = {n: {k: flat(v) for k, v in o.state[t].items()} if t in o.state else {} for n, t in (("p", p), ("q", q))}
    return r


def decay():
    return C([0, 0, 0.01, 0.3])


def up():
    return C([False, False, True])


def betas(first=(0.0, 0.5, 0.9), second=(0.9, 0.999)):
    return [C(first), C(second)]


def sgd():
    momentum = C([0, 0.5, 0.9])
    return dict(lr=C([0.001, 0.003]), momentum=momentum, dampening=0 if momentum and C([0, 1]) else C([0, 0.4]), weight_decay=decay(),
                maximize=up())


OPTIONS = {
    "SGD": sgd,
    "Adam": lambda: dict(lr=C([0.01, 0.1]), betas=betas(), eps=C([1e-8, 1e-2]), weight_decay=decay(), amsgrad=C([True, False]),
                        maximize=up()),
    "AdamW": lambda: dict(lr=C([0.01, 0.1]), betas=betas(), eps=C([1e-8, 1e-2]), weight_decay=decay(), amsgrad=C([True, False]),
                         maximize=up()),
    "NAdam": lambda: dict(lr=C([0.01, 0.1]), betas=betas(), weight_decay=decay(), momentum_decay=C([0.004, 0.1]),
                          decoupled_weight_decay=C([True, False]), maximize=up()),
    "RAdam": lambda: dict(lr=C([0.01, 0.05]), betas=betas((0.5, 0.9), (0.9, 0.99, 0.999)), weight_decay=decay(),
                          decoupled_weight_decay=C([True, False])),
    "Adamax": lambda: dict(lr=C([0.01, 0.1]), betas=betas(), eps=C([1e-8, 1e-2]), weight_decay=decay(), maximize=up()),
    "Adadelta": lambda: dict(lr=C([1.0, 0.3]), rho=C([0.9, 0.5]), eps=C([1e-6, 1e-3]), weight_decay=decay(), maximize=up()),
    "Adagrad": lambda: dict(lr=C([0.1, 0.02]), lr_decay=C([0, 0.1]), eps=C([1e-10, 1e-3]), weight_decay=decay(),
                            initial_accumulator_value=C([0, 0.5]), maximize=up()),
    "RMSprop": lambda: dict(lr=C([0.002, 0.01]), alpha=C([0.99, 0.5, 0.0]), eps=C([1e-8, 1e-3]), weight_decay=decay(),
                            momentum=C([0, 0.7]), centered=C([True, False]), maximize=up()),
    "Rprop": lambda: dict(lr=C([0.01, 0.03]), etas=C([[0.5, 1.2], [0.3, 1.5]]), step_sizes=C([[1e-6, 50], [1e-3, 0.1]])),
    "ASGD": lambda: dict(lr=C([0.001, 0.003]), lambd=C([1e-4, 0.1]), alpha=C([0.75, 0.5]), t0=C([1e6, 3.0, 0.0]), weight_decay=decay()),
    "LBFGS": lambda: dict(lr=C([0.1, 1, 0.5]), max_iter=C([2, 4, 20]), history_size=C([2, 10, 100]),
                          line_search_fn=C([None, "strong_wolfe", "strong_wolfe"])),
    "Adafactor": lambda: dict(lr=C([0.01, 0.1]), beta2_decay=C([-0.8, -0.5]), eps=C([[None, 1e-3], [1e-4, 1e-2]]), d=C([1.0, 2.0]),
                              weight_decay=decay(), maximize=up()),
}


def optimizers():
    runs = []
    for name, options in OPTIONS.items():
        done = 0
        while done < 12:
            kwargs = options()
            if name == "SGD" and kwargs["momentum"] and not kwargs["dampening"] and C([True, False]):
                kwargs["nesterov"] = True
            for k in [k for k in kwargs if k not in ("lr", "momentum", "dampening")]:
                if k != "nesterov" and random.random() < 0.25:
                    del kwargs[k]
            if name in ("SGD", "Adam", "AdamW", "Adagrad") and random.random() < 0.2:
                kwargs[C(["fused", "foreach"])] = True
            second = None
            if name != "LBFGS" and done % 3 == 2:
                other = options()
                second = {k: other[k] for k in random.sample(list(other), 2) if k not in ("dampening", "initial_accumulator_value")}
            if r := run(name, kwargs, second):
                runs.append(r)
                done += 1
    return {"problem": {"a": A, "start": START, "steps": STEPS, "scale": 1.0}, "runs": runs}


def make(d, o):
    kwargs, name = dict(d.get("kwargs", {})), d["name"]
    if "lr_lambda" in kwargs:
        function = lambda text: lambda epoch: eval(text)
        f = kwargs["lr_lambda"]
        kwargs["lr_lambda"] = [function(t) for t in f] if isinstance(f, list) else function(f)
    if name == "ChainedScheduler":
        return S.ChainedScheduler([make(x, o) for x in d["parts"]])
    if name == "SequentialLR":
        return S.SequentialLR(o, [make(x, o) for x in d["parts"]], milestones=d["milestones"])
    return (SWALR if name == "SWALR" else getattr(S, name))(o, **kwargs)


def schedule(d):
    o = O.SGD([{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in BASES], momentum=0.9)
    s = make(d, o)
    d = {**d, "base_lrs": BASES}
    plateau = d["name"] == "ReduceLROnPlateau"
    if plateau:
        sign = -1 if d["kwargs"].get("mode") == "max" else 1
        d["metrics"] = [sign * math.cos(i * 0.3) / (1 + 0.1 * i) for i in range(EPOCHS)]
    lrs, momenta = [[g["lr"] for g in o.param_groups]], [[g["momentum"] for g in o.param_groups]]
    for i in range(EPOCHS):
        o.step()
        s.step(d["metrics"][i]) if plateau else s.step()
        lrs.append([g["lr"] for g in o.param_groups])
        momenta.append([g["momentum"] for g in o.param_groups])
    d["lrs"] = lrs
    if any(m != [0.9, 0.9] for m in momenta):
        d["momenta"] = momenta
    return d


def K(name, **kwargs):
    return {"name": name, "kwargs": kwargs}


def chain(*parts):
    return {"name": "ChainedScheduler", "parts": list(parts)}


def sequence(milestones, *parts):
    return {"name": "SequentialLR", "milestones": milestones, "parts": list(parts)}


SCHEDULES = [
    K("StepLR", step_size=1), K("StepLR", step_size=11, gamma=2.0), K("MultiStepLR", milestones=[3, 3, 9], gamma=0.7),
    K("MultiStepLR", milestones=[]), K("ExponentialLR", gamma=1.02), K("CosineAnnealingLR", T_max=7),
    K("CosineAnnealingLR", T_max=1, eta_min=0.01), K("CosineAnnealingLR", T_max=60, eta_min=0.3), K("CosineAnnealingWarmRestarts", T_0=1),
    K("CosineAnnealingWarmRestarts", T_0=3, T_mult=3, eta_min=0.01),
    K("OneCycleLR", max_lr=[0.3, 1.0], total_steps=60, cycle_momentum=False),
    K("OneCycleLR", max_lr=0.3, total_steps=61, pct_start=0.5, base_momentum=[0.7, 0.8], max_momentum=[0.9, 0.95],
      anneal_strategy="linear"),
    K("OneCycleLR", max_lr=0.3, epochs=7, steps_per_epoch=9, pct_start=0.25, three_phase=True),
    K("LinearLR"), K("LinearLR", start_factor=1.0, end_factor=0.0, total_iters=20), K("ConstantLR"),
    K("ConstantLR", factor=1.0, total_iters=3), K("PolynomialLR"), K("PolynomialLR", total_iters=59, power=0.5),
    K("LambdaLR", lr_lambda="min(1.0, (epoch+1)/10)"), K("LambdaLR", lr_lambda="0.5**(epoch//7)"),
    K("LambdaLR", lr_lambda=["0.5*(1+math.cos(math.pi*epoch/60))", "1.0 if epoch<10 else 0.1 if epoch<30 else 0.01"]),
    K("MultiplicativeLR", lr_lambda=["0.95", "1-1e-2"]),
    K("CyclicLR", base_lr=[0.01, 0.02], max_lr=[0.1, 0.3], step_size_up=4, step_size_down=7, mode="triangular2"),
    K("CyclicLR", base_lr=0.01, max_lr=0.3, step_size_up=5, mode="exp_range", gamma=0.9, base_momentum=0.5, max_momentum=0.99),
    K("ReduceLROnPlateau", mode="max", patience=0, factor=0.9),
    K("ReduceLROnPlateau", patience=3, cooldown=5, threshold=0.2, threshold_mode="abs", min_lr=[0.1, 0.001]),
    K("ReduceLROnPlateau", mode="max", threshold_mode="rel", threshold=0.3, patience=1, eps=1e-3),
    K("SWALR", swa_lr=0.03), K("SWALR", swa_lr=[0.5, 0.01], anneal_epochs=25, anneal_strategy="linear"),
    K("SWALR", swa_lr=0.03, anneal_epochs=0),
    sequence([10, 30], K("LinearLR", start_factor=0.2, total_iters=10), K("CosineAnnealingWarmRestarts", T_0=5),
             K("PolynomialLR", total_iters=30)),
    sequence([8], K("LambdaLR", lr_lambda="(epoch+1)/8"), K("OneCycleLR", max_lr=0.3, total_steps=70)),
    sequence([8, 9, 20], K("ExponentialLR", gamma=0.9), K("StepLR", step_size=3), K("MultiStepLR", milestones=[4, 5]),
             K("CosineAnnealingLR", T_max=9)),
    sequence([20], chain(K("ConstantLR", factor=0.5, total_iters=3), K("ExponentialLR", gamma=0.95)), K("ExponentialLR", gamma=0.9)),
    chain(K("StepLR", step_size=9), K("CosineAnnealingLR", T_max=20), K("MultiplicativeLR", lr_lambda="0.99")),
    chain(sequence([5], K("ConstantLR", factor=0.1, total_iters=5), K("ExponentialLR", gamma=0.97)), K("StepLR", step_size=10)),
]

path = sys.argv[1] if len(sys.argv) > 1 else "tests/Nabla.Conformance/data/optim-options.zip"
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
    for name, value in (("index.json", {"format": 1, "ops": [], "skipped": []}), ("optim/optimizers.json", optimizers()),
                        ("optim/schedulers.json", {"steps": EPOCHS, "runs": [schedule(d) for d in SCHEDULES]})):
        z.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), json.dumps(value), zipfile.ZIP_DEFLATED)
