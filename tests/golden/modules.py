"""
How PyTorch 2.6.0 prints modules and what it fills them with after a seed. Redirect to ../Nabla.Tests/Data/modules.json.
"""
import hashlib
import json
import warnings
import torch
from torch import nn
from torch.nn.utils import parametrizations as P

warnings.simplefilter("ignore")
torch.set_num_threads(1)

def typed(v):
    if v is None or isinstance(v, (bool, str)): return v
    if isinstance(v, int): return v
    if isinstance(v, float): return {"f": v}
    if isinstance(v, tuple): return [typed(a) for a in v]
    return {"list": [typed(a) for a in v]}

def digest(t):
    return hashlib.sha256(t.detach().contiguous().numpy().tobytes()).hexdigest()[:16]

modules = []

def add(name, *args, **kwargs):
    torch.manual_seed(1234)
    m = getattr(nn, name)(*args, **kwargs)
    modules.append({"name": name, "args": [typed(a) for a in args], "kwargs": {k: typed(v) for k, v in kwargs.items()}, "repr": repr(m),
                    "state": {k: [list(v.shape), digest(v)] for k, v in m.state_dict().items()}, "next": torch.rand(1).item()})

for bias in (True, False): add("Linear", 7, 5, bias=bias)
add("Linear", 0, 3)
add("Linear", 64, 64)
add("Bilinear", 3, 4, 5)
add("Bilinear", 3, 4, 5, bias=False)
add("Identity")
for n in (1, 2, 3):
    add(f"Conv{n}d", 4, 6, 3)
    add(f"Conv{n}d", 4, 6, tuple(range(2, 2 + n)), stride=2, padding=1, dilation=2, groups=2, bias=False, padding_mode="reflect")
    add(f"Conv{n}d", 4, 6, 3, padding="same")
    add(f"Conv{n}d", 4, 6, 3, padding="valid", padding_mode="circular")
    add(f"ConvTranspose{n}d", 4, 6, 3)
    add(f"ConvTranspose{n}d", 4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, dilation=3)
    add(f"MaxPool{n}d", 2)
    add(f"MaxPool{n}d", 2 if n == 1 else (2,) * n, 1, 1, 1, ceil_mode=True)
    add(f"MaxUnpool{n}d", 2)
    add(f"MaxUnpool{n}d", 3, stride=2, padding=1)
    add(f"AvgPool{n}d", 2)
    add(f"AvgPool{n}d", (3,) * n, stride=1, padding=1)
    add(f"LPPool{n}d", 2.0, 3)
    add(f"LPPool{n}d", 1.5, 3, stride=2, ceil_mode=True)
    add(f"AdaptiveAvgPool{n}d", 3)
    add(f"AdaptiveMaxPool{n}d", 3)
    if n > 1:
        add(f"AdaptiveAvgPool{n}d", (None,) + (3,) * (n - 1))
        add(f"FractionalMaxPool{n}d", 2, output_ratio=0.5)
    for k in ("Circular", "Reflection", "Replication", "Zero"):
        add(f"{k}Pad{n}d", 1)
        add(f"{k}Pad{n}d", tuple(range(1, 2 * n + 1)))
    add(f"ConstantPad{n}d", 1, 3.5)
    add(f"ConstantPad{n}d", 2, 3)
    add(f"BatchNorm{n}d", 5)
    add(f"BatchNorm{n}d", 5, eps=0.001, momentum=None, affine=False, track_running_stats=False)
    add(f"InstanceNorm{n}d", 5)
    add(f"InstanceNorm{n}d", 5, affine=True, track_running_stats=True)
    add(f"Dropout{n}d", 0.25, inplace=True)
add("Dropout")
add("AlphaDropout", 0.1)
add("FeatureAlphaDropout")
add("LayerNorm", 4)
add("LayerNorm", (2, 3), eps=1e-12, elementwise_affine=False)
add("LayerNorm", (2, 3), bias=False)
add("RMSNorm", (2, 3))
add("RMSNorm", 4, eps=1e-6, elementwise_affine=False)
add("GroupNorm", 2, 6)
add("GroupNorm", 2, 6, affine=False)
add("LocalResponseNorm", 3)
add("CrossMapLRN2d", 3, 0.5, 0.25, 2.0)
add("Embedding", 5, 3)
add("Embedding", 20, 8, padding_idx=-1)
add("Embedding", 5, 3, padding_idx=2, max_norm=1.5, norm_type=3.0, scale_grad_by_freq=True)
add("EmbeddingBag", 5, 3)
add("EmbeddingBag", 10, 4, mode="max", padding_idx=2, max_norm=1.0)
for name in ("ReLU", "ReLU6", "RReLU", "SELU", "CELU", "ELU", "SiLU", "Mish", "Hardswish", "Hardsigmoid", "LeakyReLU", "Hardtanh"):
    add(name)
    add(name, inplace=True)
for name in ("Sigmoid", "LogSigmoid", "Tanh", "Softplus", "Softshrink", "Hardshrink", "Softsign", "Tanhshrink", "GLU", "GELU", "PReLU",
             "Softmax", "Softmin", "LogSoftmax", "Softmax2d"): add(name)
add("PReLU", 4, init=0.5)
add("GELU", approximate="tanh")
add("Softmax", dim=1)
add("LogSoftmax", dim=-1)
add("Threshold", 0.1, 20.0)
add("Threshold", 1, 2, True)
add("Hardtanh", -2.0, 3.5)
for name in ("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "SoftMarginLoss", "NLLLoss", "KLDivLoss",
             "CrossEntropyLoss", "PoissonNLLLoss", "GaussianNLLLoss", "CTCLoss", "HingeEmbeddingLoss", "MarginRankingLoss",
             "CosineEmbeddingLoss", "MultiMarginLoss", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "TripletMarginLoss",
             "TripletMarginWithDistanceLoss"): add(name)
add("AdaptiveLogSoftmaxWithLoss", 16, 20, [4, 10], head_bias=True)
add("Flatten")
add("Flatten", 0, 2)
add("Unflatten", 1, (2, 3))
add("Unflatten", 1, (6,))
add("Fold", (4, 5), 2)
add("Fold", 4, (2, 3), dilation=2, padding=(1, 0), stride=2)
add("Unfold", 2)
add("Unfold", (2, 3), stride=(1, 2))
add("PixelShuffle", 2)
add("PixelUnshuffle", 2)
add("ChannelShuffle", 2)
add("Upsample", 4)
add("Upsample", (4, 5), mode="bilinear", align_corners=True)
add("Upsample", scale_factor=2)
add("Upsample", scale_factor=(1.5, 2.0), mode="bicubic")
add("UpsamplingNearest2d", scale_factor=2)
add("UpsamplingBilinear2d", size=(3, 4))
add("CosineSimilarity")
add("PairwiseDistance")

torch.manual_seed(1234)
nested = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(nn.ReLU(), nn.Flatten()), nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)]))

inits = []

def init(name, shape, seed=7, **kwargs):
    torch.manual_seed(seed)
    t = torch.full(shape, 0.5)
    getattr(nn.init, name)(t, **kwargs)
    inits.append({"name": name, "shape": list(shape), "kwargs": {k: typed(v) for k, v in kwargs.items()}, "values": t.flatten().tolist(),
                  "next": torch.rand(1).item()})

init("uniform_", (3, 4), a=-1.5, b=2.0)
init("normal_", (3, 4), mean=1.0, std=2.0)
init("normal_", (5, 4), mean=1.0, std=2.0)
init("trunc_normal_", (6, 5), mean=0.5, std=1.5, a=-1.0, b=1.75)
init("constant_", (2, 2), val=0.25)
init("ones_", (2, 2))
init("zeros_", (2, 2))
init("eye_", (3, 5))
init("dirac_", (4, 3, 3))
init("dirac_", (4, 2, 3, 2), groups=2)
init("dirac_", (2, 3, 1, 2, 3))
for gain in (1.0, 1.5):
    init("xavier_uniform_", (4, 3, 2), gain=gain)
    init("xavier_normal_", (4, 6), gain=gain)
for mode in ("fan_in", "fan_out"):
    for nonlinearity in ("relu", "leaky_relu", "tanh", "selu", "linear", "sigmoid", "conv2d"):
        init("kaiming_uniform_", (4, 3, 2), a=0.3, mode=mode, nonlinearity=nonlinearity)
        init("kaiming_normal_", (4, 6), a=0.3, mode=mode, nonlinearity=nonlinearity)
init("orthogonal_", (4, 6), gain=1.5)
init("orthogonal_", (6, 2, 2))
init("orthogonal_", (3, 3))
init("sparse_", (7, 5), sparsity=0.3, std=0.5)

parametrized = []

def parametrize(kind, make, shape, steps=3, **kwargs):
    torch.manual_seed(99)
    m = make().double()
    getattr(P, kind)(m, **kwargs)
    before = {k: [list(v.shape), v.flatten().tolist()] for k, v in m.state_dict().items()}
    x = torch.linspace(-1, 1, torch.tensor(shape).prod().item(), dtype=torch.float64).view(shape)
    optimizer = torch.optim.SGD(m.parameters(), lr=0.1)
    results = []
    for _ in range(steps):
        optimizer.zero_grad()
        y = m(x)
        results.append(y.flatten().tolist())
        (y * y).sum().backward()
        optimizer.step()
    m.eval()
    after = {k: v.flatten().tolist() for k, v in m.state_dict().items()}
    entry = {"kind": kind, "module": type(m).__mro__[1].__name__, "kwargs": {k: typed(v) for k, v in kwargs.items()}, "shape": list(shape),
             "repr": repr(m), "parameters": [n for n, _ in m.named_parameters()], "before": before, "results": results, "after": after}
    torch.nn.utils.parametrize.remove_parametrizations(m, "weight")
    entry["removed"] = {k: v.flatten().tolist() for k, v in m.state_dict().items()}
    entry["removed_repr"] = repr(m)
    parametrized.append(entry)

linear, wide, tall = (lambda: nn.Linear(4, 4)), (lambda: nn.Linear(5, 3)), (lambda: nn.Linear(3, 5))
conv, deconv = (lambda: nn.Conv1d(2, 3, 2)), (lambda: nn.ConvTranspose1d(2, 3, 2))
for dim in (0, 1, None): parametrize("weight_norm", wide, (2, 5), dim=dim)
parametrize("weight_norm", conv, (1, 2, 4))
parametrize("spectral_norm", wide, (2, 5))
parametrize("spectral_norm", conv, (1, 2, 4), n_power_iterations=2)
parametrize("spectral_norm", deconv, (1, 2, 4))
for trivial in (True, False):
    for map in ("matrix_exp", "cayley", "householder"):
        parametrize("orthogonal", linear, (2, 4), orthogonal_map=map, use_trivialization=trivial)
    parametrize("orthogonal", wide, (2, 5), use_trivialization=trivial)
    parametrize("orthogonal", tall, (2, 3), use_trivialization=trivial)
parametrize("orthogonal", tall, (2, 3), orthogonal_map="cayley")

torch.manual_seed(5)
rrelu = nn.RReLU(0.1, 0.4)
slopes = rrelu(torch.linspace(-2, 1, 12, dtype=torch.float64))

print(json.dumps({"torch": "2.6.0", "modules": modules, "nested": repr(nested), "inits": inits, "parametrized": parametrized,
                  "rrelu": slopes.tolist(), "rrelu_next": torch.rand(1).item()}, indent=1))
