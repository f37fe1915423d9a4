// Package hidden holds the checks of lab 0 that students do not see: the same functions, asked with drawn inputs of other sizes.
package hidden

import "courselab/autograde/check"

// Suite is the hidden checks, in the order of the tasks.
var Suite = check.Suite{Lab: "lab0-warmup", Checks: []check.Check{
	{ID: "linear-flatten-drawn", Task: "linear", Points: 2, Hidden: true, Title: "images of every shape, and an empty one",
		Hint: "Try an image that is not square, one of a single row, one of a single column, and one without rows.", Run: linearFlatten},
	{ID: "linear-scores-drawn", Task: "linear", Points: 4, Hidden: true, Title: "drawn classifiers",
		Hint: "Try more classes than pixels, more pixels than classes, one class alone.", Run: linearScores},
	{ID: "linear-scores-errors", Task: "linear", Points: 2, Hidden: true, Title: "sizes that do not fit",
		Hint: "How many biases, how many weights in each row? Any row may be the one that does not fit.", Run: linearErrors},
	{ID: "linear-predict-drawn", Task: "linear", Points: 3, Hidden: true, Title: "the highest score anywhere; of equal ones the first",
		Hint: "Scores may all be negative, and two of them may be equal.", Run: linearPredict},

	{ID: "batch-drawn", Task: "batch", Points: 4, Hidden: true, Title: "drawn batches of images that are not square",
		Hint: "Write the shape behind each line. The bias belongs to the classes, not to the images.", Run: batchDrawn},
	{ID: "batch-edges", Task: "batch", Points: 2, Hidden: true, Title: "axes of one, Float64, as many classes as images",
		Hint: "Does one image work, one class, one pixel? Does the dtype stay?", Run: batchEdges},
	{ID: "batch-gradient", Task: "batch", Points: 1, Hidden: true, Title: "gradients with respect to weights and bias",
		Hint: "Each weight's gradient is the pixel that it meets, added over the batch.", Run: batchGradient},

	{ID: "softmax-drawn", Task: "softmax", Points: 3, Hidden: true, Title: "drawn scores; they sum to one; adding a constant changes nothing",
		Hint: "Only differences of scores count.", Run: softmaxDrawn},
	{ID: "softmax-large", Task: "softmax", Points: 3, Hidden: true, Title: "scores of thousands, of both signs",
		Hint: "What is the largest number that exp may be asked for?", Run: softmaxLarge},
	{ID: "softmax-loss-drawn", Task: "softmax", Points: 3, Hidden: true, Title: "the loss of every class",
		Hint: "Is it in nats, and of the class that is the truth?", Run: lossDrawn},
	{ID: "softmax-loss-large", Task: "softmax", Points: 3, Hidden: true, Title: "the loss where a probability is too small for a float64",
		Hint: "The logarithm of 0 is infinite. Take the logarithm of the quotient apart before you compute anything.", Run: lossLarge},

	{ID: "dropout-drawn", Task: "dropout", Points: 4, Hidden: true, Title: "drawn values and rates",
		Hint: "Is it the draw below the rate that drops? What are the others divided by?", Run: dropoutDrawn},
	{ID: "dropout-edges", Task: "dropout", Points: 2, Hidden: true, Title: "a draw equal to the rate, a rate of 0, no values",
		Hint: "Which side does a draw that equals the rate belong to?", Run: dropoutEdges},
	{ID: "dropout-use", Task: "dropout", Points: 2, Hidden: true, Title: "in use, whatever the draws; sizes that do not fit",
		Hint: "In use there need be no draws at all.", Run: dropoutUse},

	{ID: "perplexity-drawn", Task: "perplexity", Points: 3, Hidden: true, Title: "drawn probabilities",
		Hint: "The mean is over the words, and exp comes last.", Run: perplexityDrawn},
	{ID: "perplexity-long", Task: "perplexity", Points: 2, Hidden: true, Title: "a long text",
		Hint: "The product of thousands of probabilities is 0 in a float64; a sum of logarithms is not.", Run: perplexityLong},
	{ID: "perplexity-edges", Task: "perplexity", Points: 3, Hidden: true, Title: "probability 0, none at all, and what is none",
		Hint: "What is the perplexity of a text that was held impossible? Which numbers are no probabilities?", Run: perplexityEdges},
}}
