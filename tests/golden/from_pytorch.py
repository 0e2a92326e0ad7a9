"""Runs the Python of docs/from-pytorch.md and compares what it gives with what the page shows: python from_pytorch.py PAGE."""
import contextlib
import io
import re
import sys
import tempfile

import torch

FOLLOW, END = "<!-- The second cell of every row below is part of the program. -->", "<!-- The rows end here. -->"


def shown(value):
    """As the page writes it: a size as a list, a dtype by its name here, tuples and lists alike."""
    if isinstance(value, torch.Size):
        return str(list(value))
    if isinstance(value, torch.dtype):
        names = {"bfloat16": "BFloat16", "complex64": "Complex64", "complex128": "Complex128"}
        name = str(value).removeprefix("torch.")
        return names.get(name, name.capitalize())
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    if hasattr(value, "tolist") and not isinstance(value, torch.Tensor):
        return shown(value.tolist())
    return str(value)


def plain(text):
    text = re.sub(r" object at 0x[0-9a-f]+", "", text)
    return re.sub(r"\s+", " ", text).strip().translate(str.maketrans("()", "[]")).replace("[ ", "[")


def same(expected, actual):
    expected, actual = plain(expected), plain(actual)
    if expected == actual:
        return True
    pattern = r"-?\d+\.?\d*(?:e-?\d+)?"
    if re.sub(pattern, "#", expected) != re.sub(pattern, "#", actual):
        return False
    return all(abs(float(a) - float(b)) <= 1.01e-4 * max(1, abs(float(b)))
               for a, b in zip(re.findall(pattern, expected), re.findall(pattern, actual)))


def run(code, names):
    """Statements, and what the last one is worth if it is an expression."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        head, _, last = code.rpartition("; ")
        try:
            value = compile(last, "row", "eval")
        except SyntaxError:
            exec(code, names)
            return printed.getvalue()
        exec(head, names)
        value = eval(value, names)
    return printed.getvalue() + ("" if value is None and printed.getvalue() else shown(value))


page = open(sys.argv[1] if len(sys.argv) > 1 else "docs/from-pytorch.md", encoding="utf-8").read().split("\n")
names = {"path": tempfile.mkdtemp() + "/file"}
try:
    import safetensors.torch
    names["safetensors"] = safetensors
except ImportError:
    print("safetensors is not installed: its row is not run")
rows = compared = wrong = 0
inside, block, printed = False, None, ""
for number, line in enumerate(page, 1):
    if block is not None:
        if line != "```":
            block.append(line)
            continue
        text, kind, block = "\n".join(block), block[0], None
        if kind == "python":
            with contextlib.redirect_stdout(io.StringIO()) as out:
                exec(text[len(kind):], names)
            printed = out.getvalue()
        elif kind == "text" and printed:
            compared += 1
            if not same(text[len(kind):], printed):
                wrong += 1
                print(f"before line {number}: the page: {text[len(kind):]}\n  PyTorch: {printed}")
            printed = ""
    elif line.startswith("```"):
        block = [line[3:]]
    inside = line == FOLLOW or inside and line != END
    if not inside or not line.startswith("| `"):
        continue
    python, _, expected = (c.strip().strip("`").replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:4])
    rows += 1
    try:
        actual = run(python, names)
    except Exception as e:
        actual = f"{type(e).__name__}: {e}"
    if expected:
        compared += 1
        if not same(expected, actual):
            wrong += 1
            print(f"line {number}: {python}\n  the page: {expected}\n  PyTorch:  {plain(actual)}")
    elif "Error" in actual and not ("safetensors" in actual and "safetensors" not in names):
        wrong += 1
        print(f"line {number}: {python}\n  {actual}")
print(f"{rows} rows, {compared} compared, {wrong} different; PyTorch {torch.__version__}")
sys.exit(wrong > 0)
