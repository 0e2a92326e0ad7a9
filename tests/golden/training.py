"""Runs of PyTorch 2.6.0 that Nabla goes on with, and the other way round. Run it in ../Nabla.Tests/Data/training: `training.py NAME...`
writes NAME.pt and `training.py check` goes on with each nabla_NAME.pt, which Nabla wrote. A file holds the state dicts of a model and an optimizer
after some steps, the data, and the losses of the steps that follow."""
import glob
import sys

import torch
from torch import nn

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1, amsgrad=True),
    "nadam": lambda p: torch.optim.NAdam(p, lr=0.01, weight_decay=0.1, decoupled_weight_decay=True),
    "radam": lambda p: torch.optim.RAdam(p, lr=0.01),
    "adamax": lambda p: torch.optim.Adamax(p, lr=0.01),
    "adadelta": lambda p: torch.optim.Adadelta(p, lr=0.5),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.05, lr_decay=0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.005, momentum=0.5, centered=True),
    "rprop": lambda p: torch.optim.Rprop(p, lr=0.01),
    "asgd": lambda p: torch.optim.ASGD(p, lr=0.05, t0=5),
    "lbfgs": lambda p: torch.optim.LBFGS(p, lr=0.5, max_iter=4, line_search_fn="strong_wolfe"),
    "adafactor": lambda p: torch.optim.Adafactor(p, lr=0.05),
}
SCHEDULE = dict(step_size=4, gamma=0.5)


def parts(name):
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 2)).double()
    optimizer = OPTIMIZERS[name](model.parameters())
    return model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, **SCHEDULE)


def train(model, optimizer, scheduler, x, y, steps):
    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    losses = []
    for _ in range(steps):
        losses.append(float(optimizer.step(closure)))
        scheduler.step()
    return losses


def write(names):
    for name in names:
        torch.manual_seed(3)
        x, y = torch.randn(16, 3).double(), torch.randn(16, 2).double()
        run = parts(name)
        train(*run, x, y, 10)
        state = {"model": run[0].state_dict(), "optimizer": run[1].state_dict(), "scheduler": run[2].state_dict()}
        state["rng"], state["epoch"], state["step"] = torch.get_rng_state(), 1, 10
        state["extra"] = {"x": x, "y": y}
        torch.save(state, name + ".pt")
        state["extra"]["losses"] = train(*run, x, y, 10)
        saved = torch.load(name + ".pt", weights_only=True)
        saved["extra"]["losses"] = state["extra"]["losses"]
        torch.save(saved, name + ".pt")


def check():
    for path in sorted(glob.glob("nabla_*.pt")):
        state = torch.load(path, weights_only=True)
        run = parts(path[6:-3])
        for part, name in zip(run, ("model", "optimizer", "scheduler")):
            print(path, name, part.load_state_dict(state[name]))
        torch.set_rng_state(state["rng"])
        extra = state["extra"]
        losses = train(*run, extra["x"], extra["y"], len(extra["losses"]))
        worst = max(abs(a - b) / abs(b) for a, b in zip(losses, extra["losses"]))
        assert worst < 1e-12, (path, losses, extra["losses"])
        print(f"{path}: {len(losses)} losses, at most {worst:.1e} apart")


check() if sys.argv[1:] == ["check"] else write(sys.argv[1:])
