package experiment

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/bert"
	"courselab/coursekit/metric"
	"courselab/datasets"
	"courselab/datasets/sentences"
)

const (
	sentimentLabels  = 250 // of each class, to learn from
	sentimentTests   = 250 // of each class, of the development split
	sentimentLength  = 32  // tokens, longer sentences are cut
	sentimentPenalty = 0.01
)

// realSentiment adds the accuracy on SST-2 of a logistic regression on a real checkpoint's frozen vectors, one number a seed:
// the seed draws which sentences are labelled. It adds nothing where SST-2 is not there; there is no gate.
func realSentiment(result *Result, b compute.Backend, folder string, seeds []int64) error {
	splits, err := datasets.LoadSentences("sst2")
	if errors.Is(err, datasets.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	checkpoint, err := bert.Load(folder)
	if err != nil {
		return err
	}
	if checkpoint.Tokenizer == nil {
		return fmt.Errorf("%s has no tokenizer", folder)
	}
	store := model.NewStore()
	if err := checkpoint.Restore(store.RootScope(), dtypes.Float32); err != nil {
		return err
	}
	read := bert.DefaultFineTuneConfig(checkpoint.Specials)
	read.Length = sentimentLength
	vectors := func(set sentences.Set) ([][]float64, error) {
		var sequences []bert.Sequence
		for _, text := range set.Texts() {
			ids, err := checkpoint.Tokenizer.Encode(text)
			if err != nil {
				return nil, err
			}
			sequence, err := checkpoint.Specials.Single(ids, sentimentLength)
			if err != nil {
				return nil, err
			}
			sequences = append(sequences, sequence)
		}
		return bert.Means(b, store, checkpoint.Config, read, sequences)
	}
	test, err := splits.Dev.Balanced(1, sentimentTests)
	if err != nil {
		return err
	}
	tested, err := vectors(test)
	if err != nil {
		return err
	}
	var accuracies []float64
	for _, seed := range seeds[:min(3, len(seeds))] {
		train, err := splits.Train.Balanced(uint64(seed), sentimentLabels)
		if err != nil {
			return err
		}
		learnt, err := vectors(train)
		if err != nil {
			return err
		}
		probe, err := metric.FitLogistic(learnt, train.Labels(), 2, sentimentPenalty)
		if err != nil {
			return err
		}
		accuracy, err := metric.ProbeAccuracy(probe, tested, test.Labels())
		if err != nil {
			return err
		}
		accuracies = append(accuracies, accuracy)
	}
	result.Numbers = append(result.Numbers, Number{
		Name: fmt.Sprintf("beside: SST-2, a real checkpoint's frozen vectors, %d labels", 2*sentimentLabels), Unit: "share", Values: accuracies,
		Expected: ptr(0.5), From: "chance: as many of each class",
	})
	return nil
}
