package metric

import (
	"fmt"
	"math"
)

// Class is the type of a class: an index, or anything that counts like one.
type Class interface {
	~int | ~int32 | ~int64 | ~uint8
}

// Confusion counts the examples of each label (row) by what was predicted (column): [C][C], for classes 0 to C-1. The diagonal
// is what was right.
//
// It returns an error if the numbers of predictions and labels differ, there are none, or one is not in [0, classes).
func Confusion[T Class](predictions, labels []T, classes int) ([][]int, error) {
	if err := sameCount(len(predictions), len(labels)); err != nil {
		return nil, err
	}
	if classes < 1 {
		return nil, fmt.Errorf("metric: %d classes, must be at least 1", classes)
	}
	counts := make([][]int, classes)
	for i := range counts {
		counts[i] = make([]int, classes)
	}
	for i, label := range labels {
		prediction := predictions[i]
		if label < 0 || int(label) >= classes || prediction < 0 || int(prediction) >= classes {
			return nil, fmt.Errorf("metric: example %d has label %d and prediction %d, must be in [0, %d)", i, label, prediction, classes)
		}
		counts[label][prediction]++
	}
	return counts, nil
}

// Matthews is the correlation of predicted and true classes, in [-1, 1]: 1 is perfect, 0 is no better than chance, and it is 0
// too for a model that always says the same or labels that are all the same, however accurate that is. It is CoLA's score.
//
// With s examples, c of them right, and t_k and p_k that are labelled and predicted k,
//
//	(c·s - Σ t_k·p_k) / sqrt((s² - Σ p_k²)·(s² - Σ t_k²))
//
// which for two classes is (TP·TN - FP·FN) / sqrt((TP+FP)(TP+FN)(TN+FP)(TN+FN)). Errors as ExactMatch.
//
// Sources: Matthews 1975; for more than two classes Gorodkin 2004, "Comparing two K-category assignments by a K-category
// correlation coefficient", equation 8.
func Matthews[T comparable](predictions, labels []T) (float64, error) {
	if err := sameCount(len(predictions), len(labels)); err != nil {
		return 0, err
	}
	predicted, labelled := map[T]float64{}, map[T]float64{}
	right, all := 0., float64(len(labels))
	for i, label := range labels {
		predicted[predictions[i]]++
		labelled[label]++
		if predictions[i] == label {
			right++
		}
	}
	both, squares, labelSquares := 0., 0., 0.
	for class, count := range labelled {
		both += count * predicted[class]
		labelSquares += count * count
	}
	for _, count := range predicted {
		squares += count * count
	}
	spread := (all*all - squares) * (all*all - labelSquares)
	if spread == 0 {
		return 0, nil
	}
	return (right*all - both) / math.Sqrt(spread), nil
}

func sameCount(predictions, labels int) error {
	if predictions != labels {
		return fmt.Errorf("metric: %d predictions for %d references", predictions, labels)
	}
	if predictions == 0 {
		return fmt.Errorf("metric: no predictions")
	}
	return nil
}
