// Package public holds the checks of lab 5 that students see and run themselves: numbers that can be worked out on paper,
// with messages that say which step went wrong. The hidden checks draw fresh inputs of other sizes.
package public

import "courselab/autograde/check"

// Suite is the public checks, in the order of the tasks.
var Suite = check.Suite{Lab: "lab5-gan", Checks: []check.Check{
	{ID: "losses-game", Task: "losses", Points: 2,
		Title: "the lecture's game, with D = 1/2 and with D = 3/4 for real, 1/4 for generated examples",
		Hint:  "A logit of 0 is D = 1/2, one of log 3 is D = 3/4. log 2 = 0.6931, log 4 = 1.3863, log(4/3) = 0.2877.",
		Run:   lossesGame},
	{ID: "losses-critics", Task: "losses", Points: 1,
		Title: "hinge and Wasserstein, for scores on either side of the margin",
		Hint:  "A real score of 3 is far enough, one of 0.5 lacks 0.5. Which of the two counts for the hinge, which for Wasserstein?",
		Run:   lossesCritics},

	{ID: "penalty-slope", Task: "penalty", Points: 1,
		Title: "a critic whose slope is 3 where it is asked",
		Hint:  "The slope is 3, so the penalty is (3-1)² = 4. At which points is the critic asked, and by what is its slope measured?",
		Run:   penaltySlope},

	{ID: "steps-discriminator", Task: "steps", Points: 1,
		Title: "one step of the discriminator, on paper",
		Hint:  "D is 3/4 everywhere: each real logit pulls by -(1-3/4)/2, each fake one by (3/4)/2.",
		Run:   stepsDiscriminator},
	{ID: "steps-generator", Task: "steps", Points: 1,
		Title: "one step of the generator, on paper",
		Hint:  "The logits are -2 and 2, D is 0.12 and 0.88: the example that was found out pulls harder.",
		Run:   stepsGenerator},
	{ID: "steps-round", Task: "steps", Points: 1,
		Title: "a round: first the discriminator, then the generator against the new one",
		Hint:  "If the two steps alone are right: which phi does the generator's step get, and is it a constant there?",
		Run:   stepsRound},

	{ID: "pack-table", Task: "pack", Points: 2,
		Title: "four rows, and four pictures of 1 by 2 pixels, in packs of two",
		Hint:  "Number every value, and write down where each of pack 0 must land.",
		Run:   packTable},

	{ID: "modes-ring", Task: "modes", Points: 1,
		Title: "four modes on a circle of radius 2",
		Hint:  "East, north, west, south: four different points.",
		Run:   modesRing},
	{ID: "modes-counted", Task: "modes", Points: 2,
		Title: "eight samples, of which seven are good, in three of four modes",
		Hint:  "Nearest centre first, then the distance to it, then the counts.",
		Run:   modesCounted},
}}
