"""Files that PyTorch 2.6.0 and NumPy 2.2.4 write. Run it in ../Nabla.Tests/Data/files."""
import collections
import io
import json
import struct
import zipfile

import numpy as np
import torch

dtypes = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]


def values(name):
    """2 x 3 values that every dtype holds: 0, 1, 1, 0, 1, 2 and their like."""
    dtype = getattr(torch, name)
    base = torch.tensor([[0, 1, 1], [0, 1, 2]]) if name != "bool" else torch.tensor([[0, 1, 1], [0, 1, 0]])
    if name not in ("bool", "uint8"):
        base = -base
    t = base.to(dtype)
    if t.is_floating_point():
        t = t / 4
        t[0, 0] = float("nan")
        t[0, 1] = float("-inf")
        t[1, 0] = -0.0
    if t.is_complex():
        t = t + 0.5j * torch.arange(6).reshape(2, 3)
    return t.to(dtype)


def state_dict():
    memory = torch.arange(12.0)
    d = collections.OrderedDict((name, values(name)) for name in dtypes)
    d["memory"] = memory
    d["row"] = memory[4:8]
    d["transposed"] = memory.view(3, 4).t()
    d["expanded"] = memory[:1].expand(2, 3)
    d["scalar"] = torch.tensor(3)
    d["empty"] = torch.zeros(0, 3)
    d["größe.重"] = torch.tensor([1.5])
    return d


torch.save(state_dict(), "state.pt")

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
adam = torch.optim.Adam([{"params": model[0].parameters(), "lr": 0.5}, {"params": model[1].parameters()}], lr=0.25)
model(torch.ones(3, 2)).sum().backward()
adam.step()
checkpoint = {"model": model.state_dict(), "optimizer": adam.state_dict(), "epoch": 3, "rng": torch.get_rng_state()[:16].clone()}
torch.save(checkpoint, "checkpoint.pt")

torch.save({
    "none": None, "bools": [True, False], "ints": [0, 255, 256, 65535, 65536, -1, -2**31, 2**31, -2**63, 2**63 - 1, 128, 32768],
    "floats": [0.1, -0.0, float("inf")], "text": "a\nb ü 重 \U0001f600",
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)], "empty": [[], {}],
    "size": torch.zeros(2, 3).shape, "dtype": torch.bfloat16, "device": [torch.device("cpu"), torch.device("cuda", 1)], 7: "seven",
    "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])), "frozen": torch.nn.Parameter(torch.tensor([3.0]), requires_grad=False),
    "leaf": torch.tensor([4.0], requires_grad=True), "many": list(range(1100)),
}, "values.pt")

torch.save([torch.tensor([1.5, -2.5])], "small.pt")
torch.save(torch.tensor([1.0]), "legacy.pt", _use_new_zipfile_serialization=False)
torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), "script.pt")
torch.save({"x": torch.eye(2).to_sparse()}, "sparse.pt")
torch.save({"x": torch.ones(1, dtype=torch.uint16)}, "uint16.pt")
torch.save({"x": np.float64(1.5)}, "numpy_scalar.pt")
torch.save(torch.nn.Linear(1, 1), "module.pt")
torch.save({"x": torch.ones(1, dtype=torch.complex64).conj()}, "conj.pt")
torch.save({"x": {1, 2}}, "set.pt")


def swapped(source, target):
    """As a big-endian machine writes the file."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename.endswith("byteorder"):
                data = b"big"
            if "/data/" in info.filename:
                data = np.frombuffer(data, "<f4").astype(">f4").tobytes()
            new.writestr(zipfile.ZipInfo(info.filename), data)


swapped("small.pt", "big_endian.pt")

arrays = {name: values(name).numpy() for name in dtypes if name != "bfloat16"}
arrays["scalar"] = np.array(2.5)
arrays["vector"] = np.arange(4, dtype=np.int32)
arrays["empty"] = np.zeros((0, 3), np.float32)
arrays["fortran"] = np.asfortranarray(np.arange(6.0).reshape(2, 3))
arrays["deep"] = np.arange(24.0).reshape(1, 2, 3, 4)
np.savez("arrays.npz", **arrays)
np.savez_compressed("compressed.npz", **arrays, zeros=np.zeros(100_000))
for name in ["float32", "int64", "bool", "complex128", "scalar", "empty", "fortran", "vector"]:
    np.save(f"{name}.npy", arrays[name])
np.save("big_endian.npy", np.arange(6.0).reshape(2, 3).astype(">f8"))
np.save("strings.npy", np.array(["a", "b"]))
np.save("structured.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
np.save("uint16.npy", np.zeros(2, np.uint16))
np.save("objects.npy", np.array([None, 1], object), allow_pickle=True)
for version in [(2, 0), (3, 0)]:
    with open(f"version{version[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, np.arange(3.0), version=version)
with open("two.npy", "wb") as f:
    np.save(f, np.arange(2.0))
    np.save(f, np.arange(3))


def safetensors(path, tensors, metadata=None):
    """The format, written as its description says."""
    codes = dict(zip(dtypes, ["BOOL", "U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64", "C64", "C128"]))
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, t in tensors.items():
        raw = t.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if t.numel() else b""
        code = codes[str(t.dtype).removeprefix("torch.")]
        header[name] = {"dtype": code, "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


safetensors("state.safetensors", state_dict(), {"format": "pt", "note": "größe"})
