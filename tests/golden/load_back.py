"""Reads with PyTorch 2.6.0 and NumPy 2.2.4 what Nabla writes. Run it in ../Nabla.Tests/Data/files; it prints what it has checked."""
import glob
import json
import struct

import numpy as np
import torch

dtypes = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128"]


def raw(t):
    return t.contiguous().reshape(-1).view(torch.uint8).tolist() if t.numel() else []


def same(name, a, b):
    assert a.dtype == b.dtype and a.shape == b.shape and raw(a) == raw(b), (name, a, b)


def check_state(state, expected, strides=False):
    assert list(state) == list(expected), list(state)
    for name, t in expected.items():
        same(name, state[name], t)
        assert not strides or state[name].stride() == t.stride(), (name, state[name].stride())


expected = torch.load("state.pt", weights_only=True)
for mmap in (False, True):
    values = torch.load("nabla.pt", weights_only=True, mmap=mmap)
    state = values["state"]
    check_state(state, expected, strides=True)
    assert state["memory"].data_ptr() + 16 == state["row"].data_ptr() and state["memory"].data_ptr() == state["transposed"].data_ptr()
    assert values["none"] is None and values["bools"] == [True, False] and values["text"] == "a\nb ü 重 \U0001f600"
    assert values["ints"] == [0, 255, 256, 65535, 65536, -1, -2**31, 2**31, -2**63, 2**63 - 1, 128, 32768]
    assert str(values["floats"]) == "[0.1, -0.0, inf]" and values["first"] == [1, 2.5] and values["first"] is values["second"]
    assert values["tuples"] == [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]
    assert values["shape"] == torch.Size([2, 3]) and type(values["shape"]) is torch.Size and values["dtype"] is torch.bfloat16
    assert values["numbers"] == {0: "zero", -7: "seven"} and values["many"] == [str(i) for i in range(1100)]
    assert values["leaf"].requires_grad and values["leaf"].item() == 4
    assert type(values["parameter"]) is torch.nn.Parameter and values["parameter"].requires_grad and values["parameter"].item() == 5
    assert type(values["frozen"]) is torch.nn.Parameter and not values["frozen"].requires_grad and type(values["leaf"]) is torch.Tensor
    assert values["part"].tolist() == [5, 6] and values["part of it"].tolist() == [6]
    assert values["part"].data_ptr() + 4 == values["part of it"].data_ptr() and values["part"].untyped_storage().nbytes() == 8
print("nabla.pt: torch.load(weights_only=True), mapped to memory too")

arrays = np.load("arrays.npz")
for path in ["nabla.npz"] + glob.glob("nabla_compressed.npz"):
    loaded = np.load(path)
    assert loaded.files == arrays.files
    for name in arrays.files:
        a, b = loaded[name], arrays[name]
        assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes(), name
        assert a.flags.f_contiguous == b.flags.f_contiguous, name
    print(f"{path}: numpy.load")

with open("nabla.safetensors", "rb") as f:
    length, = struct.unpack("<Q", f.read(8))
    header, data = json.loads(f.read(length)), f.read()
assert length % 8 == 0
metadata = header.pop("__metadata__")
assert metadata["format"] == "pt" and metadata["note"] == "größe"
codes = dict(zip(["BOOL", "U8", "I8", "I16", "I32", "I64", "F16", "BF16", "F32", "F64", "C64", "C128"], dtypes))
state, end = {}, 0
for name, entry in sorted(header.items(), key=lambda e: e[1]["data_offsets"]):
    begin, stop = entry["data_offsets"]
    assert begin == end
    end = stop
    dtype = getattr(torch, codes[entry["dtype"]])
    values = torch.frombuffer(bytearray(data[begin:stop]), dtype=dtype) if stop > begin else torch.zeros(0, dtype=dtype)
    state[name] = values.reshape(entry["shape"])
assert end == len(data)
check_state({name: state[name] for name in header}, expected)
print("nabla.safetensors: every rule of the format")
