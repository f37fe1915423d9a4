// Package public holds the checks of lab 1 that students see and run themselves: the lecture's own numbers and small
// tables, with messages that say which step went wrong. The hidden checks draw fresh inputs of other sizes.
package public

import "courselab/autograde/check"

// Suite is the public checks, in the order of the tasks.
var Suite = check.Suite{Lab: "lab1-attention", Checks: []check.Check{
	{ID: "attention-lecture", Task: "attention", Points: 2,
		Title: "Thinking, Machines: 112/96 -> 14/12 -> 0.88/0.12",
		Hint:  "The slide has three steps: score, divide, softmax. Print what each of them gives.",
		Run:   thinkingMachines},
	{ID: "attention-steps", Task: "attention", Points: 1,
		Title: "shapes, axes and the average of the values, with every size different",
		Hint:  "Write the shape behind every line, in the letters B, H, Lq, Lk, K, V.",
		Run:   attentionSteps},

	{ID: "masks-causal-table", Task: "masks", Points: 1,
		Title: "causal mask of 4 positions",
		Hint:  "Row = query, column = key, true = may attend.",
		Run:   causalTable},
	{ID: "masks-padding-batch", Task: "masks", Points: 1,
		Title: "padding mask of the lecture's batch (PAD = 999)",
		Hint:  "UNK and END are tokens: only PAD is hidden.",
		Run:   paddingOfTheBatch},
	{ID: "masks-combine", Task: "masks", Points: 1,
		Title: "padding and causal mask together, and nil",
		Hint:  "A key may be attended only if both masks say so. nil is no mask.",
		Run:   combineTables},
	{ID: "masks-lecture", Task: "masks", Points: 1,
		Title: "a third word that is hidden changes nothing",
		Hint:  "What must the score of a hidden key be, so that the softmax gives it nothing?",
		Run:   hiddenWord},

	{ID: "heads-split-table", Task: "heads", Points: 1,
		Title: "split 2 tokens of 6 features into 3 heads",
		Hint:  "Follow one token: its features 0 and 1 belong to head 0, 2 and 3 to head 1, 4 and 5 to head 2.",
		Run:   splitTable},
	{ID: "heads-merge-table", Task: "heads", Points: 1,
		Title: "merge 3 heads back to 2 tokens of 6 features",
		Hint:  "Merging goes the same steps backwards.",
		Run:   mergeTable},
	{ID: "heads-project-table", Task: "heads", Points: 1,
		Title: "project 2 heads with their own rows of W_O",
		Hint:  "Either concatenate and multiply once, or multiply each head with its rows and add.",
		Run:   projectTable},

	{ID: "positions-robot", Task: "positions", Points: 2,
		Title: "the lecture's table \"I am a Robot\" (d = 4, n = 100)",
		Hint:  "Columns 2i and 2i+1 share the i of the formula.",
		Run:   robotTable},

	{ID: "layer-one-head", Task: "layer", Points: 1,
		Title: "one head and identity weights are plain attention",
		Hint:  "If task attention still fails, begin there. Else: project, split, attend, merge, project: which of them is missing?",
		Run:   layerOneHead},
	{ID: "layer-shapes", Task: "layer", Points: 1,
		Title: "three heads: a change of W_O scales the output, a mask reaches the weights",
		Hint:  "If task attention, masks or heads still fails, begin there. Else follow the mask and W_O to the lines that use them.",
		Run:   layerShapes},
}}
