"""Prints what samples/tour.cs prints, computed with PyTorch 2.6.0. Redirect to ../Nabla.Tests/Data/tour.txt."""
import torch

def title(n, text):
    print(f"{n}. {text}")

title(1, "A tensor that wants a gradient")
x = torch.tensor([3.0], requires_grad=True)
print(f"x = {x}")
print(f"x.requires_grad = {x.requires_grad}, x.is_leaf = {x.is_leaf}, x.grad = {x.grad or 'null'}")

title(2, "The graph and the chain rule")
y = x.pow(2)
z = 2 * y + 3
print(f"z = 2x² + 3 = {z.item():.1f}")
print(f"y.grad_fn = <{type(y.grad_fn).__name__}>, z.grad_fn = <{type(z.grad_fn).__name__}>")
z.backward()
print(f"dz/dx = 4x = {x.grad.item():.0f}, x.grad = {x.grad}")

title(3, "Several variables")
a = torch.tensor(2.0, requires_grad=True)
b = torch.tensor(3.0, requires_grad=True)
f = a * b + a ** 2
f.backward()
print(f"f = ab + a² = {f.item():.0f}")
print(f"df/da = b + 2a = {a.grad.item():.0f}, df/db = a = {b.grad.item():.0f}")

title(4, "Gradients accumulate")
x = torch.tensor(2.0, requires_grad=True)
(x ** 2).backward()
print(f"after one backward: {x.grad.item():.0f}")
(x ** 2).backward()
print(f"after two: {x.grad.item():.0f}")
x.grad.zero_()
(x ** 2).backward()
print(f"zeroed, then one more: {x.grad.item():.0f}")

title(5, "With and without recording")
y = x * 2
print(f"recorded: requires_grad = {y.requires_grad}, grad_fn = <{type(y.grad_fn).__name__}>")
with torch.no_grad():
    y = x * 2
print(f"in no_grad: requires_grad = {y.requires_grad}, grad_fn = {y.grad_fn or 'null'}")

title(6, "Learning y = 2x + 1 by hand")
X = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
Y = torch.tensor([[3.0], [5.0], [7.0], [9.0]])
w = torch.zeros(1, 1, requires_grad=True)
b = torch.zeros(1, 1, requires_grad=True)
for epoch in range(100):
    loss = (X.matmul(w) + b - Y).pow(2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        b -= 0.1 * b.grad
    w.grad.zero_()
    b.grad.zero_()
    if epoch % 20 == 0:
        print(f"Epoch {epoch:3d}: loss={loss.item():.4f}, w={w.item():.3f}, b={b.item():.3f}")
print(f"Final: w={w.item():.3f}, b={b.item():.3f}")

title(7, "The gradient of a matrix")
torch.manual_seed(42)
W = torch.randn(2, 3, requires_grad=True)
v = torch.randn(3, 2)
out = W @ v
loss = (out ** 2).sum()
loss.backward()
print(f"W = {W}")
print(f"out = {out}")
print(f"loss = {loss.item():.4f}")
print(f"W.grad = {W.grad}")

title(8, "Detaching")
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * 2
d = y.detach()
print(f"y = {y}")
print(f"y.detach() = {d}, requires_grad = {d.requires_grad}")
(y * d).sum().backward()
print(f"x.grad with one factor detached = {x.grad}")
