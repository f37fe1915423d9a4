"""Makes golden.json: torch.nn.RNN, LSTM and GRU, forward, last states and gradients, in float64.

    python golden.py > golden.json          (torch 2.15.0)

The weights are transposed to coursekit's layout, and the second bias is zero but for the GRU's b_hn. Padded sequences are
packed; past their ends torch's outputs are zero. The gradients are of sum(outputs * weight) + sum(last state * weight),
with the weight of the entry of flat index i sin(i + 1).
"""
import json
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
B, L, D, H = 3, 5, 2, 7
LENGTHS = [2, 5, 1]


def flat(x):
    return [round(v, 15) for v in x.detach().contiguous().flatten().tolist()]


def weighted(x):
    return (x * torch.sin(torch.arange(x.numel()) + 1.0).reshape(x.shape)).sum()


result = {"batch": B, "length": L, "width": D, "hidden": H, "lengths": LENGTHS, "cases": []}
for name, cls, gates in [("vanilla RNN", torch.nn.RNN, 1), ("LSTM", torch.nn.LSTM, 4), ("GRU", torch.nn.GRU, 3)]:
    for lengths in (None, LENGTHS):
        m = cls(D, H, batch_first=True)
        with torch.no_grad():
            for p in m.parameters():
                p.normal_(0, 0.7)
            m.bias_hh_l0[: 2 * H if name == "GRU" else gates * H] = 0
        x, h, c = (torch.randn(s, requires_grad=True) for s in ((B, L, D), (B, H), (B, H)))
        first = (h[None], c[None]) if name == "LSTM" else h[None]
        if lengths is None:
            y, last = m(x, first)
        else:
            packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(lengths), batch_first=True, enforce_sorted=False)
            y, last = m(packed, first)
            y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=L)
        states = [s[0] for s in (last if name == "LSTM" else (last,))]
        (weighted(y) + sum(weighted(s) for s in states)).backward()
        variables = {"input_weights": m.weight_ih_l0.T, "hidden_weights": m.weight_hh_l0.T, "biases": m.bias_ih_l0}
        gradients = {"input_weights": m.weight_ih_l0.grad.T, "hidden_weights": m.weight_hh_l0.grad.T, "biases": m.bias_ih_l0.grad}
        if name == "GRU":
            variables["hidden_biases"] = m.bias_hh_l0[2 * H:]
            gradients["hidden_biases"] = m.bias_hh_l0.grad[2 * H:]
        inputs = [x, h] + ([c] if name == "LSTM" else [])
        result["cases"].append({
            "kind": name, "masked": lengths is not None,
            "variables": {k: flat(v) for k, v in variables.items()},
            "inputs": [flat(v) for v in inputs],
            "outputs": flat(y), "last": [flat(s) for s in states],
            "variable_gradients": {k: flat(v) for k, v in gradients.items()},
            "input_gradients": [flat(v.grad) for v in inputs],
        })
print(json.dumps(result))
