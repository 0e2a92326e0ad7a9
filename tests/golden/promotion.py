"""PyTorch 2.6.0's promotion of two operands. Redirect to ../Nabla.Tests/Data/promotion.json."""
import json
import torch

names = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"]
numbers = {"True": True, "3": 3, "2.5": 2.5}

def operand(kind, name):
    if kind == "number": return numbers[name]
    return torch.ones([2] if kind == "tensor" else [], dtype=getattr(torch, name))

rows = []
for a in names:
    for ka in ["tensor", "0-d"]:
        for kb, choices in [("tensor", names), ("0-d", names), ("number", numbers)]:
            for b in choices:
                rows.append([ka, a, kb, b, str(torch.result_type(operand(ka, a), operand(kb, b))).removeprefix("torch.")])
print(json.dumps(rows).replace("], [", "],\n["))
