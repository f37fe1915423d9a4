// Package public holds the checks of lab 3 that students see and run themselves: small tables, with messages that say which
// step went wrong. The hidden checks draw fresh inputs of other sizes.
package public

import "courselab/autograde/check"

// Suite is the public checks, in the order of the tasks.
var Suite = check.Suite{Lab: "lab3-bert", Checks: []check.Check{
	{ID: "corruption-words", Task: "corruption", Points: 1,
		Title: "word pieces of a sentence of the lecture's batch",
		Hint:  "A piece with ## belongs to the word before it; [CLS], [SEP] and [UNK] belong to none.",
		Run:   wordsTable},
	{ID: "corruption-choose", Task: "corruption", Points: 1,
		Title: "15 % of 20 tokens, whole words",
		Hint:  "0.15·20 = 3 positions. What if the next word has two pieces and only one position is left?",
		Run:   chooseTable},
	{ID: "corruption-fates", Task: "corruption", Points: 1,
		Title: "80 % masked, 10 % random, 10 % as they were",
		Hint:  "One draw decides between the three. The label is always what stood there.",
		Run:   fatesTable},

	{ID: "pairs-truncate", Task: "pairs", Points: 1,
		Title: "two sentences cut to five tokens",
		Hint:  "One token at a time, always of the one that is longer at that moment.",
		Run:   truncateTable},
	{ID: "pairs-encode", Task: "pairs", Points: 1,
		Title: "a pair and a single sentence in rows of ten",
		Hint:  "[CLS] first [SEP] second [SEP] [PAD] ...: the second [SEP] still belongs to the second sentence.",
		Run:   encodeTable},

	{ID: "masked-positions", Task: "masked", Points: 1,
		Title: "states of two chosen positions, and their scores",
		Hint:  "Row p of the result is the state at positions[p]; a token's score is its embedding times that state.",
		Run:   positionsTable},
	{ID: "masked-loss", Task: "masked", Points: 1,
		Title: "a model that knows nothing loses ln V a chosen token",
		Hint:  "Divide by the number of places where chosen is true, not by all places.",
		Run:   uniformLoss},

	{ID: "finetune-pool", Task: "finetune", Points: 1,
		Title: "the pooler reads [CLS]",
		Hint:  "Only the first token's state counts; then a matrix, an offset and tanh.",
		Run:   poolTable},
	{ID: "finetune-step", Task: "finetune", Points: 1,
		Title: "loss and one step of a classifier that knows nothing",
		Hint:  "At equal logits the gradient of b is 1/C less the share of each class in the batch. A step goes against it.",
		Run:   stepTable},

	{ID: "score-table", Task: "score", Points: 1,
		Title: "ten examples: accuracy and Matthews correlation",
		Hint:  "Count the four cases of prediction and label first.",
		Run:   scoreTable},
}}
