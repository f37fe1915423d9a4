// Package public holds the checks of lab 2 that students see and run themselves: the lecture's own numbers and small
// tables, with messages that say which step went wrong. The hidden checks draw fresh inputs of other sizes.
package public

import "courselab/autograde/check"

// Suite is the public checks, in the order of the tasks.
var Suite = check.Suite{Lab: "lab2-transformer", Checks: []check.Check{
	{ID: "norm-table", Task: "norm", Points: 2,
		Title: "LayerNorm of 1 2 3 4, then with gain and offset",
		Hint:  "Mean 2.5, squared distances 2.25 0.25 0.25 2.25: their mean is the variance.",
		Run:   normTable},

	{ID: "block-feed-forward", Task: "block", Points: 1,
		Title: "feed-forward layer of two tokens",
		Hint:  "Multiply, add b_1, cut off below zero, multiply, add b_2: do the first token on paper.",
		Run:   feedForwardTable},
	{ID: "block-stream", Task: "block", Points: 1,
		Title: "a block whose sub-layers give zero, but for the last bias, hands x on",
		Hint:  "Pre-LN: what is added to x is normalized before, x itself never is.",
		Run:   blockStream},

	{ID: "teacher-batch", Task: "teacher", Points: 1,
		Title: "inputs, targets and mask of the lecture's batch (PAD = 999)",
		Hint:  "Row 1 reads START a small white fox . END and is to say a small white fox . END and then nothing.",
		Run:   forcedBatch},
	{ID: "teacher-uniform", Task: "teacher", Points: 1,
		Title: "a model that knows nothing loses ln V a token",
		Hint:  "Equal logits give every token the probability 1/V. Divide by the number of tokens that count.",
		Run:   uniformLoss},

	{ID: "sampling-temperature", Task: "sampling", Points: 1,
		Title: "three logits at temperature 1, 1/2 and 0",
		Hint:  "t divides the logits, before the softmax.",
		Run:   temperatureTable},
	{ID: "sampling-sets", Task: "sampling", Points: 1,
		Title: "top-k and nucleus of 1/2 1/4 1/8 1/8",
		Hint:  "What is kept sums to 1 again. The nucleus is the smallest set that reaches p.",
		Run:   setsTable},
	{ID: "sampling-draw", Task: "sampling", Points: 1,
		Title: "uniform draws become tokens",
		Hint:  "Lay the probabilities end to end on [0, 1): in whose stretch does u fall?",
		Run:   drawTable},

	{ID: "beam-penalty", Task: "beam", Points: 1,
		Title: "length penalty of one, seven and thirteen tokens",
		Hint:  "One token has penalty 1, whatever alpha is.",
		Run:   penaltyTable},
	{ID: "beam-greedy", Task: "beam", Points: 1,
		Title: "greedy decoding finds A B C end, 0.048",
		Hint:  "Row next[t][a] is the distribution at step t after token a.",
		Run:   greedyTable},
	{ID: "beam-two", Task: "beam", Points: 1,
		Title: "two beams find A C B end, 0.054",
		Hint:  "After two steps A B and A C are kept; after three, which of their extensions?",
		Run:   beamTable},
}}
