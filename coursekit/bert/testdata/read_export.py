"""Checks that transformers reads what bert.Save wrote and computes the same as from the original.

    python read_export.py tiny EXPORT
"""
import sys

import torch
from transformers import BertForMaskedLM, BertForPreTraining, BertModel

ids = torch.tensor([[2, 7, 11, 3, 13, 17, 3]])
for kind in (BertModel, BertForMaskedLM, BertForPreTraining):
    outputs = []
    for folder in sys.argv[1:3]:
        model, info = kind.from_pretrained(folder, output_loading_info=True)
        assert not info["missing_keys"], (kind.__name__, folder, info["missing_keys"])
        with torch.no_grad():
            outputs.append(model.eval()(ids)[0])
    assert torch.equal(*outputs), kind.__name__
    print(kind.__name__, "reads it, and computes the same")
