package bert

import (
	"math"
	"slices"
)

// Predict is the class of the largest logit of each example (task score), of equal ones the lowest class.
//
// logits is [N][C], with at least one class.
func Predict(logits [][]float64) []int {
	// BEGIN SOLUTION
	classes := make([]int, len(logits))
	for i, row := range logits {
		classes[i] = slices.Index(row, slices.Max(row))
	}
	return classes
	// END SOLUTION
}

// Accuracy is the share of examples whose prediction is their label (task score), in [0, 1]: the score of SST-2.
//
// predictions and labels are equally long, and not empty.
func Accuracy(predictions, labels []int) float64 {
	// BEGIN SOLUTION
	right := 0
	for i, label := range labels {
		if predictions[i] == label {
			right++
		}
	}
	return float64(right) / float64(len(labels))
	// END SOLUTION
}

// Matthews is Matthews' correlation coefficient of two classes 0 and 1 (task score), in [-1, 1]: the score of CoLA.
//
//	(TP·TN - FP·FN) / √((TP+FP)·(TP+FN)·(TN+FP)·(TN+FN))
//
// where TP counts predictions 1 of label 1, TN 0 of 0, FP 1 of 0 and FN 0 of 1. It is 0 where the root is 0: a model that says
// the same of every sentence has learned nothing, even if its accuracy is 0.7.
//
// predictions and labels are equally long.
func Matthews(predictions, labels []int) float64 {
	// BEGIN SOLUTION
	var count [2][2]float64 // [prediction][label]
	for i, label := range labels {
		count[predictions[i]][label]++
	}
	tn, fn, fp, tp := count[0][0], count[0][1], count[1][0], count[1][1]
	square := (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
	if square == 0 {
		return 0
	}
	return (tp*tn - fp*fn) / math.Sqrt(square)
	// END SOLUTION
}
