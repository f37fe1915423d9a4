"""Trains two small tokenizers with Hugging Face's library and writes how they encode some sentences.

    pip install tokenizers==0.23.3 && python make_tokenizers.py

wordpiece/tokenizer.json and vocab.txt are BERT's WordPiece, bpe/tokenizer.json is GPT-2's byte-level BPE; golden.json
holds ids, tokens and byte offsets.
"""
import json
import os

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXT = """
The attention function maps a query and a set of key-value pairs to an output. The output is a weighted sum of the values,
where the weight assigned to each value is computed by a compatibility function of the query with the corresponding key.
She sings bass in the choir, and he plays the bass guitar; the fisherman caught a bass of ten pounds in the lake.
We're learning that words don't carry their meaning alone: they'll take it from what stands around them. It's 1998 or 2024!
Unbelievable, unattended, attending, attended, learner, learned, relearning. A cafe, naive, resume, Zurich and Sao Paulo.
""".strip().split("\n")

SENTENCES = [
    "The bass sings.", "unbelievably attended learners", "We're learning, don't they'll see?", "[CLS] a [MASK] of values [SEP]",
    "Café naïve RÉSUMÉ Zürich", "  spaces   and\ttabs\nand lines ", "1998-2024: 12.5%", "漢字 kanji", "qqqqzzzz xylophone",
    "", "'see it's'", "a" * 101, "hello 🤖 robot", "e\u0301tude co\u00adoperate zero\u200bwidth",
]


def golden(tokenizer):
    out = []
    for text in SENTENCES:
        e = tokenizer.encode(text)
        spans = [[len(text[:a].encode()), len(text[:b].encode())] for a, b in e.offsets]
        out.append(dict(text=text, ids=e.ids, tokens=e.tokens, spans=spans))
    a, b = "The bass sings.", "A weighted sum"
    e = tokenizer.encode(a, b)
    return dict(single=out, pair=dict(first=a, second=b, ids=e.ids, segments=e.type_ids))


def main():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    wordpiece = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    wordpiece.normalizer = normalizers.BertNormalizer(lowercase=True)
    wordpiece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    wordpiece.decoder = decoders.WordPiece()
    wordpiece.train_from_iterator(TEXT, trainers.WordPieceTrainer(vocab_size=220, special_tokens=special, show_progress=False))
    wordpiece.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", wordpiece.token_to_id("[CLS]")), ("[SEP]", wordpiece.token_to_id("[SEP]"))])

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(TEXT, trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))

    for name, tokenizer in (("wordpiece", wordpiece), ("bpe", bpe)):
        os.makedirs(name, exist_ok=True)
        tokenizer.save(f"{name}/tokenizer.json", pretty=False)
    vocab = wordpiece.get_vocab()
    with open("wordpiece/vocab.txt", "w", encoding="utf-8") as f:
        f.writelines(token + "\n" for token in sorted(vocab, key=vocab.get))
    with open("golden.json", "w", encoding="utf-8") as f:
        json.dump(dict(wordpiece=golden(wordpiece), bpe=golden(bpe)), f, ensure_ascii=True, separators=(",", ":"))


main()
