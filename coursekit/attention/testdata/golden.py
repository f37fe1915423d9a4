"""Makes golden.json: torch.nn.MultiheadAttention with padded keys, forward, weights and gradients, in float64.

    python golden.py > golden.json          (torch 2.15.0)

The weights are transposed to [in, out]; True in "allowed" means "may attend". The gradients are of
sum(output * weight), with the weight of the entry of flat index i sin(i + 1).
"""
import json
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
B, LQ, LK, D, H = 2, 3, 5, 6, 2


def flat(x):
    return [round(v, 15) for v in x.detach().contiguous().flatten().tolist()]


m = torch.nn.MultiheadAttention(D, H, batch_first=True)
with torch.no_grad():
    for p in m.parameters():
        p.normal_(0, 0.7)
q, k, v = (torch.randn(B, n, D, requires_grad=True) for n in (LQ, LK, LK))
allowed = torch.tensor([[True] * 5, [True, True, False, True, False]])
y, weights = m(q, k, v, key_padding_mask=~allowed, average_attn_weights=False)
(y * torch.sin(torch.arange(y.numel()) + 1.0).reshape(y.shape)).sum().backward()
names = ["query", "key", "value"]
variables, gradients = {}, {}
for i, name in enumerate(names):
    rows = slice(i * D, (i + 1) * D)
    variables[f"{name}/dense/weights"], variables[f"{name}/dense/biases"] = m.in_proj_weight[rows].T, m.in_proj_bias[rows]
    gradients[f"{name}/dense/weights"], gradients[f"{name}/dense/biases"] = m.in_proj_weight.grad[rows].T, m.in_proj_bias.grad[rows]
variables["output/dense/weights"], variables["output/dense/biases"] = m.out_proj.weight.T, m.out_proj.bias
gradients["output/dense/weights"], gradients["output/dense/biases"] = m.out_proj.weight.grad.T, m.out_proj.bias.grad
print(json.dumps({
    "batch": B, "queries": LQ, "keys": LK, "width": D, "heads": H, "allowed": allowed.tolist(),
    "variables": {n: flat(x) for n, x in variables.items()}, "inputs": [flat(x) for x in (q, k, v)],
    "output": flat(y), "weights": flat(weights),
    "variable_gradients": {n: flat(x) for n, x in gradients.items()}, "input_gradients": [flat(x.grad) for x in (q, k, v)],
}))
