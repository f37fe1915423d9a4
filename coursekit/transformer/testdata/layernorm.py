"""Makes layernorm.json: torch.nn.LayerNorm, forward and gradients, in float64.

    python layernorm.py > layernorm.json          (torch 2.15.0)

The gradients are of sum(output * weight), with the weight of the entry of flat index i sin(i + 1).
"""
import json
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
SHAPE = (2, 3, 5)


def flat(x):
    return [round(v, 15) for v in x.detach().flatten().tolist()]


m = torch.nn.LayerNorm(SHAPE[-1], eps=1e-5)
with torch.no_grad():
    m.weight.normal_(); m.bias.normal_()
x = torch.randn(SHAPE, requires_grad=True)
y = m(x)
(y * torch.sin(torch.arange(y.numel()) + 1.0).reshape(y.shape)).sum().backward()
print(json.dumps({
    "shape": SHAPE, "epsilon": m.eps, "gain": flat(m.weight), "offset": flat(m.bias), "input": flat(x), "output": flat(y),
    "gain_gradient": flat(m.weight.grad), "offset_gradient": flat(m.bias.grad), "input_gradient": flat(x.grad),
}))
