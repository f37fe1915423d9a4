"""Writes golden.json: torch's convolutions and batch norm on small inputs, in float64.

    pip install torch==2.15.0
    python golden.py > golden.json
"""
import json

import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)


def normal(*dims):
    return (torch.randn(*dims) * 100).round() / 100  # two decimals, so that the file is small and exact


def entry(output, **tensors):
    """values and gradients of sum(cos(output)), which weighs all outputs differently"""
    output.cos().sum().backward()
    result = {"output": output, **tensors, **{"d_" + k: v.grad for k, v in tensors.items() if v.grad is not None}}
    return {k: {"shape": list(v.shape), "values": [float(f"{x:.12g}") for x in v.detach().flatten()]} for k, v in result.items()}


golden = {}
for name, transposed, k, s, p, rows, columns in [
    ("convolution k4 s2 p1", False, 4, 2, 1, 6, 4), ("convolution k3 s1 p1", False, 3, 1, 1, 3, 5), ("convolution k3 s2 p0", False, 3, 2, 0, 6, 7),
    ("transpose k4 s2 p1", True, 4, 2, 1, 3, 2), ("transpose k3 s2 p0", True, 3, 2, 0, 2, 3), ("transpose k5 s3 p2", True, 5, 3, 2, 2, 3),
]:
    x, w, b = normal(2, rows, columns, 3).requires_grad_(), normal(k, k, 3, 2).requires_grad_(), normal(2).requires_grad_()
    nchw = x.permute(0, 3, 1, 2)
    if transposed:
        y = torch.nn.functional.conv_transpose2d(nchw, w.permute(2, 3, 0, 1), b, s, p)
    else:
        y = torch.nn.functional.conv2d(nchw, w.permute(3, 2, 0, 1), b, s, p)
    golden[name] = entry(y.permute(0, 2, 3, 1), x=x, weights=w, biases=b)

norm = torch.nn.BatchNorm2d(3)
norm.weight.data, norm.bias.data = normal(3), normal(3)
x = normal(2, 2, 3, 3).requires_grad_()
y = norm(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
golden["batch norm"] = entry(y, x=x, gain=norm.weight, offset=norm.bias, running_mean=norm.running_mean, running_variance=norm.running_var)
norm.eval()
golden["batch norm, evaluated"] = entry(norm(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1))

for name, f in [("max pool", torch.nn.MaxPool2d(2)), ("mean pool", torch.nn.AvgPool2d(2)), ("upsample", torch.nn.Upsample(scale_factor=2))]:
    x = (torch.randperm(2 * 4 * 6 * 3).reshape(2, 4, 6, 3) / 10).requires_grad_()  # no ties
    golden[name] = entry(f(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1), x=x)

print("{" + ",\n".join(json.dumps(k) + ": " + json.dumps(v) for k, v in golden.items()) + "}")
