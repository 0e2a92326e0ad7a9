"""
Losses of a character model with one hidden layer, computed with PyTorch 2.6.0 from a seed: embedding table, two matrix products, tanh,
cross-entropy, gradient descent by hand. Redirect to ../Nabla.Tests/Data/two_layer.json.
"""
import json
import torch

torch.set_num_threads(1)
ONES = ["", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

def spell(n):
    if n < 20: return ONES[n]
    return TENS[n // 10] + ("-" + ONES[n % 10] if n % 10 else "")

text = " ".join(spell(n) for n in range(1, 100)) + "\n"
vocabulary = "".join(sorted(set(text)))
ids = torch.tensor([vocabulary.index(c) for c in text])
V, context, width, hidden, batch, steps, lr, seed = len(vocabulary), 4, 8, 64, 32, 200, 0.2, 2147483647

windows = torch.stack([ids[i:len(ids) - context + i] for i in range(context)], dim=1)
targets = ids[context:]

torch.manual_seed(seed)
C = torch.randn(V, width)
W1 = torch.randn(context * width, hidden) * (5 / 3) / (context * width) ** 0.5
b1 = torch.randn(hidden) * 0.01
W2 = torch.randn(hidden, V) * 0.01
b2 = torch.zeros(V)
parameters = [C, W1, b1, W2, b2]
for p in parameters: p.requires_grad_()

losses = []
for step in range(steps):
    rows = torch.randint(0, len(targets), (batch,))
    h = torch.tanh(C[windows[rows]].view(-1, context * width) @ W1 + b1)
    loss = torch.nn.functional.cross_entropy(h @ W2 + b2, targets[rows])
    for p in parameters: p.grad = None
    loss.backward()
    with torch.no_grad():
        for p in parameters: p -= lr * p.grad
    losses.append(loss.item())

print(json.dumps({"torch": "2.6.0", "seed": seed, "text": text, "context": context, "width": width, "hidden": hidden, "batch": batch,
                  "learning_rate": lr, "losses": losses, "w2_sum": W2.double().sum().item(), "c_first_row": C[0].tolist()}, indent=1))
