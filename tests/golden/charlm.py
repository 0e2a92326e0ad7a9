"""samples/charlm.cs in PyTorch 2.6.0: the same models, weights for a seed, batches, dropout and schedule. DIR is the folder of a run.

    charlm.py losses DIR FILE         trains from the beginning what DIR's settings say and compares the losses of all steps
    charlm.py continue DIR STEP FILE  goes on from the checkpoint of a step for one epoch and compares the losses
    charlm.py weights DIR             loads weights.pt into the same model and compares the validation loss

PyTorch's losses go to FILE. Those of ../Nabla.Tests/Data/charlm are of `train --text text.txt.gz --size tiny --model MODEL --steps 40
--every 10`, continued after step 30; charlm-MODEL.json beside this file of `train --text text.txt.gz --model MODEL --steps 300`."""
import glob
import json
import os
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, RandomSampler

torch.set_num_threads(1)


class Attention(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.qkv = nn.Linear(s["Width"], 3 * s["Width"])
        self.proj = nn.Linear(s["Width"], s["Width"])
        self.dropout = nn.Dropout(s["Dropout"])
        self.heads = s["Heads"]

    def forward(self, x):
        q, k, v = [t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in self.qkv(x).chunk(3, -1)]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.dropout(self.proj(y.transpose(1, 2).flatten(2)))


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.norm1 = nn.LayerNorm(s["Width"])
        self.norm2 = nn.LayerNorm(s["Width"])
        self.attention = Attention(s)
        self.fc = nn.Linear(s["Width"], 4 * s["Width"])
        self.proj = nn.Linear(4 * s["Width"], s["Width"])
        self.dropout = nn.Dropout(s["Dropout"])

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.dropout(self.proj(F.gelu(self.fc(self.norm2(x)))))


class Gpt(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.tokens = nn.Embedding(len(s["Characters"]), s["Width"])
        self.places = nn.Embedding(s["Context"], s["Width"])
        self.dropout = nn.Dropout(s["Dropout"])
        self.blocks = nn.ModuleList([Block(s) for _ in range(s["Layers"])])
        self.norm = nn.LayerNorm(s["Width"])
        self.head = nn.Linear(s["Width"], len(s["Characters"]))

    def forward(self, ids):
        x = self.dropout(self.tokens(ids) + self.places(torch.arange(ids.size(1))))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class Recurrent(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.tokens = nn.Embedding(len(s["Characters"]), s["Width"])
        kind = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[s["Model"]]
        self.rnn = kind(s["Width"], s["Width"], s["Layers"], batch_first=True)
        self.dropout = nn.Dropout(s["Dropout"])
        self.head = nn.Linear(s["Width"], len(s["Characters"]))

    def forward(self, ids):
        return self.head(self.rnn(self.dropout(self.tokens(ids)))[0])


class Windows(Dataset):
    def __init__(self, text, length, stride=1):
        self.text, self.length, self.stride = text, length, stride

    def __len__(self):
        return (len(self.text) - self.length - 1) // self.stride + 1

    def __getitem__(self, i):
        i *= self.stride
        return self.text[i:i + self.length], self.text[i + 1:i + self.length + 1]


def loss_of(model, x, y):
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


class Run:
    def __init__(self, folder):
        self.folder = folder
        with open(folder + "/settings.json", encoding="utf-8") as file:
            s = self.settings = json.load(file)
        with open(folder + "/text.txt", encoding="utf-8", newline="") as file:
            numbers = {c: i for i, c in enumerate(s["Characters"])}
            text = torch.tensor([numbers[c] for c in file.read()])
        split = len(text) * 9 // 10
        torch.manual_seed(s["Seed"])
        known = Windows(text[:split], s["Context"])
        unseen = Windows(text[split:], s["Context"], s["Context"])
        self.batches = DataLoader(known, s["Batch"], sampler=RandomSampler(known, num_samples=s["Every"] * s["Batch"]))
        self.validation = list(DataLoader(unseen, s["Batch"], generator=torch.Generator().manual_seed(0)))[:20]
        self.model = Gpt(s) if s["Model"] == "gpt" else Recurrent(s)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), s["Rate"], betas=(0.9, 0.99), weight_decay=0.1)
        self.epochs = -(-s["Steps"] // s["Every"])
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimizer, s["Rate"], total_steps=self.epochs * s["Every"], pct_start=0.1,
                                                            cycle_momentum=False)

    def epoch(self):
        self.model.train()
        losses = []
        for x, y in self.batches:
            loss = loss_of(self.model, x, y)
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1)
            self.optimizer.step()
            self.schedule.step()
            losses.append(loss.item())
        return losses

    def validate(self):
        self.model.eval()
        with torch.no_grad():
            weights = [len(x) for x, _ in self.validation]
            return sum(loss_of(self.model, x, y).item() * n for (x, y), n in zip(self.validation, weights)) / sum(weights)

    def recorded(self):
        with open(self.folder + "/metrics.jsonl", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
        return ({r["step"]: r["loss"] for r in records if "loss" in r}, {r["step"]: r["val_loss"] for r in records if "val_loss" in r})


def write(path, **entries):
    """Adds entries to a JSON file."""
    known = json.load(open(path)) if os.path.exists(path) else {}
    with open(path, "w") as file:
        json.dump(known | {"torch": torch.__version__} | entries, file)
        file.write("\n")


def losses(folder, path):
    run = Run(folder)
    steps, validation = [], []
    for _ in range(run.epochs):
        steps += run.epoch()
        validation.append(run.validate())
    known, seen = run.recorded()
    print(f"{len(steps)} steps: losses at most {max(abs(a - known[i]) for i, a in enumerate(steps, 1)):.1e} apart, those of validation "
          f"{max(abs(a - b) for a, b in zip(validation, seen.values())):.1e}")
    write(path, loss=steps, validation=validation)


def go_on(folder, step, path):
    run = Run(folder)
    [checkpoint] = glob.glob(f"{folder}/checkpoints/checkpoint-{int(step):08}*.pt")
    state = torch.load(checkpoint, weights_only=True)
    print(run.model.load_state_dict(state["model"]))
    run.optimizer.load_state_dict(state["optimizer"])
    run.schedule.load_state_dict(state["scheduler"])
    torch.set_rng_state(state["rng"])
    known, _ = run.recorded()
    steps = run.epoch()
    worst = max(abs(a - known[i]) for i, a in enumerate(steps, int(step) + 1))
    print(f"{len(steps)} steps after step {step}: losses at most {worst:.1e} apart")
    write(path, **{"from": int(step), "continued": steps})


def weights(folder):
    run = Run(folder)
    print(run.model.load_state_dict(torch.load(folder + "/weights.pt", weights_only=True)))
    best = min(run.recorded()[1].values())
    print(f"validation loss {run.validate():.7f}, {abs(run.validate() - best):.1e} from the one recorded")


{"losses": losses, "continue": go_on, "weights": weights}[sys.argv[1]](*sys.argv[2:])
