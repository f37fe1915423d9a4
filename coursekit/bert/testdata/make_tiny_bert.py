"""Makes a tiny BERT with Hugging Face's transformers, randomly initialised, and writes what it computes.

    pip install transformers==5.24.0 torch && python make_tiny_bert.py

tiny/ is the checkpoint, BertForPreTraining with the tokenizer of ../../text/testdata/wordpiece; golden_tiny.json holds its
hidden states, pooled vectors, next-sentence logits and masked-LM logits for two padded pairs of sentences.
"""
import json
import os
import shutil

import torch
from transformers import BertConfig, BertForPreTraining, PreTrainedTokenizerFast

HERE = os.path.dirname(os.path.abspath(__file__))


def rounded(x):
    return [rounded(y) for y in x] if isinstance(x, list) else float(f"{x:.7g}")


def main():
    torch.manual_seed(7)
    source = os.path.join(HERE, "..", "..", "text", "testdata", "wordpiece", "tokenizer.json")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=source, pad_token="[PAD]")
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
        max_position_embeddings=40, type_vocab_size=2, layer_norm_eps=1e-12, attn_implementation="eager")
    model = BertForPreTraining(config).eval()
    with torch.no_grad():  # biases and gains count, too; attention is not uniform
        for parameter in model.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    model.save_pretrained(os.path.join(HERE, "tiny"))
    shutil.copy(source, os.path.join(HERE, "tiny", "tokenizer.json"))
    for extra in ("generation_config.json",):
        path = os.path.join(HERE, "tiny", extra)
        if os.path.exists(path):
            os.remove(path)

    pairs = [("The bass sings.", "he plays [MASK]"), ("a weighted sum", "of the values of the query")]
    inputs = tokenizer([a for a, _ in pairs], [b for _, b in pairs], padding=True, return_token_type_ids=True, return_tensors="pt")
    with torch.no_grad():
        out = model(**inputs, output_hidden_states=True)
        pooled = model.bert(**inputs).pooler_output
    positions = [[0, 3, 9], [1, 2, 7]]
    rows = torch.arange(2)[:, None]
    json.dump(dict(
        pairs=pairs, ids=inputs.input_ids.tolist(), segments=inputs.token_type_ids.tolist(), mask=inputs.attention_mask.tolist(),
        hidden=rounded([h.flatten().tolist() for h in out.hidden_states]), pooled=rounded(pooled.flatten().tolist()),
        next_sentence=rounded(out.seq_relationship_logits.flatten().tolist()), positions=positions,
        masked=rounded(out.prediction_logits[rows, torch.tensor(positions)].flatten().tolist()),
    ), open(os.path.join(HERE, "golden_tiny.json"), "w"), separators=(",", ":"))


main()
