// Package public holds the checks of lab 4 that students see and run themselves: numbers that can be worked out on paper,
// with messages that say which step went wrong. The hidden checks draw fresh inputs of other sizes.
package public

import "courselab/autograde/check"

// Suite is the public checks, in the order of the tasks.
var Suite = check.Suite{Lab: "lab4-vae", Checks: []check.Check{
	{ID: "sample-table", Task: "sample", Points: 1,
		Title: "three draws with σ = 1, 3 and 1/2",
		Hint:  "logVar is log σ². What must be done to it before exp, so that σ comes out and not σ²?",
		Run:   sampleTable},
	{ID: "sample-slopes", Task: "sample", Points: 1,
		Title: "how the draw moves with mu and with logVar",
		Hint:  "The gradient goes through every step, or the encoder never learns its variance.",
		Run:   sampleSlopes},

	{ID: "kl-table", Task: "kl", Points: 2,
		Title: "N(0, 1), N(1, 1), N(0, ½²) and N(2, 0.1²) against the prior",
		Hint:  "Four terms: mu², σ², -1 and -log σ². Which of them is off?",
		Run:   klTable},

	{ID: "likelihood-coins", Task: "likelihood", Points: 1,
		Title: "three coins: an even one and two that show 1 three times in four",
		Hint:  "log(1/2) = -0.6931, log(3/4) = -0.2877, log(1/4) = -1.3863: which of them do you add up, and over what?",
		Run:   likelihoodCoins},
	{ID: "likelihood-bells", Task: "likelihood", Points: 1,
		Title: "a Gaussian at its peak, and two σ away from it",
		Hint:  "At the peak the density is 1/(σ·√(2π)). What is its log, and what does the distance add to it?",
		Run:   likelihoodBells},

	{ID: "elbo-batch", Task: "elbo", Points: 2,
		Title: "two examples with three latent dimensions, beta 0, 1 and 2",
		Hint:  "One number for each example first: its likelihood, less beta times the sum of its divergences. Then the mean, then the sign.",
		Run:   elboBatch},

	{ID: "latent-active", Task: "latent", Points: 1,
		Title: "a collapsed dimension, a faint one and an active one",
		Hint:  "A mean that is far from 0 but the same for all examples has no variance.",
		Run:   latentActive},
	{ID: "latent-line", Task: "latent", Points: 1,
		Title: "five points from one vector to another",
		Hint:  "Five points have four gaps between them.",
		Run:   latentLine},

	{ID: "colour-bird", Task: "colour", Points: 1,
		Title: "a bird that is blue, red or gold",
		Hint:  "What minimises a sum of squared distances? It need not be any of the colours themselves.",
		Run:   colourBird},
	{ID: "colour-bins", Task: "colour", Points: 1,
		Title: "bins with the probabilities 0.5, 0.3 and 0.2",
		Hint:  "The cross-entropy of a pixel is -log of the probability that its true bin got.",
		Run:   colourBins},
	{ID: "colour-decoded", Task: "colour", Points: 1,
		Title: "the most probable colour and the expected one of the same pixel",
		Hint:  "The one is a colour of the palette, the other a mixture of all of them.",
		Run:   colourDecoded},
}}
