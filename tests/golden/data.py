"""
Orders in which PyTorch 2.6.0 reads data: samplers, splits, loaders over several epochs, with the default generator and with others, and the
draws that follow. Redirect to ../Nabla.Tests/Data/data.json.
"""
import json
import warnings
import torch
from torch.utils.data import (BatchSampler, DataLoader, Dataset, DistributedSampler, IterableDataset, RandomSampler, SequentialSampler,
                              Subset, SubsetRandomSampler, WeightedRandomSampler, default_collate, get_worker_info, random_split)

warnings.simplefilter("ignore")
torch.set_num_threads(1)

class Range(Dataset):
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
    def __getitem__(self, i): return i

class Drawing(Dataset):
    """A sample that draws from the default generator."""
    def __len__(self): return 10
    def __getitem__(self, i): return i + torch.rand(())

class Stream(IterableDataset):
    """The numbers up to n, every worker those that are its own."""
    def __init__(self, n): self.n = n
    def __iter__(self):
        info = get_worker_info()
        return iter(range(self.n)) if info is None else iter(range(info.id, self.n, info.num_workers))

def batches(loader): return [b.tolist() for b in loader]

def after(generator=None): return torch.randint(0, 1 << 30, (2,), generator=generator).tolist()

loaders = []
for n, size, seed in [(10, 3, 0), (10, 5, 42), (1, 4, 7), (64, 16, 123), (700, 256, -5)]:
    for workers in [0, 2]:
        for persistent in [False, True]:
            for replacement, samples in [(False, None), (True, None), (True, 40), (False, 25), (False, n), (True, 64)]:
                for own in ["none", "loader", "sampler", "both"]:
                    if persistent and (workers == 0 or n > 20): continue
                    if workers and n > 100: continue
                    torch.manual_seed(seed)
                    g = torch.Generator().manual_seed(seed + 1000)
                    sampler = RandomSampler(Range(n), replacement, samples, g if own in ["sampler", "both"] else None)
                    loader = DataLoader(Range(n), size, sampler=sampler, num_workers=workers, persistent_workers=persistent,
                                        generator=g if own in ["loader", "both"] else None)
                    epochs = [batches(loader) for _ in range(3)]
                    loaders.append({"n": n, "size": size, "seed": seed, "workers": workers, "persistent": persistent,
                                    "replacement": replacement, "samples": samples, "own": own,
                                    "epochs": epochs if n < 100 else [[b[:2] for b in e] for e in epochs],
                                    "after": after(), "after_own": after(g)})

shuffles = []
for seed in [0, 1, 2147483647]:
    for own in [False, True]:
        for drop in [False, True]:
            torch.manual_seed(seed)
            g = torch.Generator().manual_seed(seed) if own else None
            loader = DataLoader(Range(11), 4, shuffle=True, drop_last=drop, generator=g)
            first = batches(loader)
            rand = torch.rand(2).tolist()
            second, broken = batches(loader), []
            for b in loader:
                broken.append(b.tolist())
                if len(broken) == 2: break
            shuffles.append({"seed": seed, "own": own, "drop": drop, "length": len(loader), "rand": rand,
                             "epochs": [first, second, broken, batches(loader)], "after": after()})

drawing = []
for workers in [0, 1, 2, 3]:
    torch.manual_seed(3)
    loader = DataLoader(Drawing(), 2, shuffle=True, num_workers=workers)
    drawing.append({"workers": workers, "epochs": [batches(loader), batches(loader)]})

streams = []
for workers in [0, 1, 2, 3]:
    for n in [0, 7, 12, 13]:
        for drop in [False, True]:
            loader = DataLoader(Stream(n), 2, num_workers=workers, drop_last=drop)
            streams.append({"workers": workers, "n": n, "drop": drop, "batches": batches(loader)})

samplers = []
for seed in [0, 9]:
    def run(name, make, **args):
        torch.manual_seed(seed)
        s = make(None)
        row = {"name": name, "seed": seed, **args, "default": [list(map(int, s)), list(map(int, s))], "after": after()}
        g = torch.Generator().manual_seed(seed + 5)
        s = make(g)
        samplers.append({**row, "own": [list(map(int, s)), list(map(int, s))], "after_own": after(g), "length": len(s)})
    run("subset", lambda g: SubsetRandomSampler([5, 3, 8, 1, 9], g), indices=[5, 3, 8, 1, 9])
    weights = [0.1, 0.9, 0.4, 0.7, 3.0, 0.6]
    run("weighted", lambda g: WeightedRandomSampler(weights, 20, True, g), weights=weights, samples=20, replacement=True)
    run("weighted", lambda g: WeightedRandomSampler(weights, 4, False, g), weights=weights, samples=4, replacement=False)
    run("random", lambda g: RandomSampler(Range(6), generator=g), n=6, samples=None, replacement=False)
    run("random", lambda g: RandomSampler(Range(6), True, 70, g), n=6, samples=70, replacement=True)
    run("random", lambda g: RandomSampler(Range(6), False, 15, g), n=6, samples=15, replacement=False)

distributed = []
for n in [1, 10, 11, 13]:
    for replicas in [1, 3, 4]:
        for rank in range(replicas):
            for shuffle in [False, True]:
                for drop in [False, True]:
                    s = DistributedSampler(Range(n), replicas, rank, shuffle, 17, drop)
                    first = list(s)
                    s.set_epoch(2)
                    distributed.append({"n": n, "replicas": replicas, "rank": rank, "shuffle": shuffle, "drop": drop, "length": len(s),
                                        "epochs": [first, list(s)]})

splits = []
for n, parts in [(10, [3, 7]), (10, [10, 0]), (7, [2, 2, 3]), (30, [0.3, 0.3, 0.4]), (11, [0.5, 0.5]), (13, [0.7, 0.2, 0.1]),
                 (10, [0.1] * 10), (3, [0.25] * 4), (29, [1 / 3, 1 / 3, 1 / 3])]:
    g = torch.Generator().manual_seed(42)
    splits.append({"n": n, "parts": parts, "indices": [list(s.indices) for s in random_split(range(n), parts, g)], "after": after(g)})

def described(x):
    if isinstance(x, torch.Tensor):
        return {"dtype": str(x.dtype).removeprefix("torch."), "shape": list(x.shape), "values": x.flatten().tolist()}
    if isinstance(x, dict): return {"keys": {k: described(v) for k, v in x.items()}}
    if isinstance(x, (list, tuple)): return [described(v) for v in x]
    return x

collated = {
    "ints": described(default_collate([0, 1, 2])),
    "floats": described(default_collate([0.5, 1.5])),
    "bools": described(default_collate([True, False])),
    "strings": described(default_collate(["a", "b"])),
    "pairs": described(default_collate([(torch.tensor([1.0, 2.0]), 3), (torch.tensor([4.0, 5.0]), 6)])),
    "dicts": described(default_collate([{"x": torch.tensor(1.0), "y": 0}, {"x": torch.tensor(2.0), "y": 1}])),
    "lists": described(default_collate([[1, 2.0], [3, 4.0]])),
    "nested": described(default_collate([{"x": (torch.ones(1), [1, 2])}, {"x": (torch.zeros(1), [3, 4])}])),
}

print(json.dumps({"torch": "2.6.0", "loaders": loaders, "shuffles": shuffles, "drawing": drawing, "streams": streams, "samplers": samplers,
                  "distributed": distributed, "splits": splits, "collated": collated}, separators=(",", ":")).replace("},{", "},\n{"))
