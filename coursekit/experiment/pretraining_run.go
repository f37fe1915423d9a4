package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/bert"
	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/datasets/synth"
)

// judged is how well a classifier does on the test sentences.
type judged struct{ accuracy, matthews float64 }

// pretrainingRun is everything that was found with one seed.
type pretrainingRun struct {
	entropy, loss                         float64
	pretrained, frozen, scratch, shuffled judged
	seconds                               float64
	steps, losses                         []float64
	examples                              []Example
}

// agreementData are the sentences of a seed.
type agreementData struct {
	words         bertWords
	sentences     [][]string // of the corpus
	corpus, held  []bert.Sequence
	labelled      []bert.Example
	test          []bert.Example
	testSentences []synth.AgreementSentence
}

func (c PretrainingConfig) data(seed int64) (d agreementData, err error) {
	grammar := synth.Agreement{MaxAttractors: c.MaxAttractors}
	// Streams of their own for corpus, held-out corpus, labels and test.
	stream := func(n int) uint64 { return uint64(seed)*4 + uint64(n) }
	acceptable := func(n, count int) (sentences [][]string) {
		for i := 0; len(sentences) < count; i++ {
			if s := grammar.At(stream(n), i); s.Label == 1 {
				sentences = append(sentences, s.Words)
			}
		}
		return sentences
	}
	d.sentences = acceptable(0, c.Corpus)
	d.words = newBertWords(d.sentences)
	encode := func(sentences [][]string) (list []bert.Sequence, err error) {
		for _, sentence := range sentences {
			sequence, err := d.words.sequence(sentence, c.length())
			if err != nil {
				return nil, err
			}
			list = append(list, sequence)
		}
		return list, nil
	}
	if d.corpus, err = encode(d.sentences); err != nil {
		return d, err
	}
	if d.held, err = encode(acceptable(1, max(c.Test, c.Batch))); err != nil {
		return d, err
	}
	label := func(n, count int) (examples []bert.Example, sentences []synth.AgreementSentence, err error) {
		for i := range count {
			s := grammar.At(stream(n), i)
			sequence, err := d.words.sequence(s.Words, c.length())
			if err != nil {
				return nil, nil, err
			}
			examples, sentences = append(examples, bert.Example{Sequence: sequence, Label: int32(s.Label)}), append(sentences, s)
		}
		return examples, sentences, nil
	}
	if d.labelled, _, err = label(2, c.Labels); err != nil {
		return d, err
	}
	d.test, d.testSentences, err = label(3, c.Test)
	return d, err
}

// loop is the common part of all trainings.
func (c PretrainingConfig) loop(config training.Config, name string, seed int64, steps, warmUp int, rate float64) training.Config {
	config.Seed, config.Steps, config.RecordEvery = seed, steps, max(1, steps/50)
	config.Schedule = training.Cosine(rate, 0, steps).WithWarmUp(min(warmUp, steps/4))
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("%s, seed %d", name, seed), c.Quiet, c.Progress
	return config
}

func (c PretrainingConfig) run(b compute.Backend, seed int64, first bool) (pretrainingRun, error) {
	began := time.Now()
	run := pretrainingRun{}
	d, err := c.data(seed)
	if err != nil {
		return run, err
	}
	run.entropy = unigramEntropy(d.sentences)
	config := smallBert(d.words.size(), c.Width, c.length())
	store := model.NewStore()
	if err := c.pretrain(b, store, config, seed, d, &run); err != nil {
		return run, err
	}
	// Every second label of each class is turned over, so that nothing of the truth is left, which a permutation of so
	// few would not promise.
	shuffled, seen := slices.Clone(d.labelled), [2]int{}
	for i, example := range d.labelled {
		if seen[example.Label]++; seen[example.Label]%2 == 0 {
			shuffled[i].Label = 1 - example.Label
		}
	}
	for _, variant := range []struct {
		name             string
		to               *judged
		fresh, frozen    bool
		examples         []bert.Example
		wanted, describe bool
	}{
		{"pre-trained", &run.pretrained, false, false, d.labelled, true, first},
		{"frozen", &run.frozen, false, true, d.labelled, true, false},
		{"from scratch", &run.scratch, true, false, d.labelled, true, false},
		{"labels without truth", &run.shuffled, false, false, shuffled, first, false},
	} {
		if !variant.wanted {
			continue
		}
		start := model.NewStore()
		if !variant.fresh {
			if start, err = bert.Encoder(store, config); err != nil {
				return run, err
			}
		}
		tune := bert.DefaultFineTuneConfig(maskingSpecials)
		tune.Length, tune.Frozen = c.length(), variant.frozen
		tune.Training = c.loop(tune.Training, variant.name, seed, c.FineTuneSteps, 20, c.FineTuneRate)
		predicted, err := fineTuned(b, start, config, tune, variant.examples, d.test)
		if err != nil {
			return run, fmt.Errorf("%s: %w", variant.name, err)
		}
		if *variant.to, err = judge(predicted, d.test); err != nil {
			return run, fmt.Errorf("%s: %w", variant.name, err)
		}
		if variant.describe {
			run.examples = d.examples(predicted)
		}
	}
	run.seconds = time.Since(began).Seconds()
	return run, nil
}

// pretrain trains a model in store to fill in masked words.
func (c PretrainingConfig) pretrain(b compute.Backend, store *model.Store, config bert.Config, seed int64, d agreementData, run *pretrainingRun) error {
	pretrain := bert.DefaultPretrainConfig(d.words.size(), maskingSpecials)
	pretrain.Batch, pretrain.Length = c.Batch, c.length()
	pretrain.Corrupter.MaxChosen = 3 // 15 % of at most 16
	pretrain.Training = c.loop(pretrain.Training, "pre-train", seed, c.PretrainSteps, 50, c.PretrainRate)
	loop, err := bert.Pretrain(b, store, config, pretrain, d.corpus)
	if err != nil {
		return err
	}
	history, err := loop.Run(context.Background())
	if err != nil {
		return err
	}
	for _, point := range history.Points {
		run.steps, run.losses = append(run.steps, float64(point.Step)), append(run.losses, point.Loss)
	}
	run.loss, err = bert.MaskedNLL(b, store, config, pretrain, seed, d.held)
	return err
}

// fineTuned trains the model in store on the examples and returns the classes that it gives to the test's.
func fineTuned(b compute.Backend, store *model.Store, config bert.Config, tune bert.FineTuneConfig, examples, test []bert.Example) ([]int32, error) {
	loop, err := bert.FineTune(b, store, config, tune, examples)
	if err != nil {
		return nil, err
	}
	if _, err := loop.Run(context.Background()); err != nil {
		return nil, err
	}
	sequences := make([]bert.Sequence, len(test))
	for i, example := range test {
		sequences[i] = example.Sequence
	}
	return bert.Classify(b, store, config, tune, sequences)
}

func judge(predicted []int32, test []bert.Example) (j judged, err error) {
	labels := make([]int32, len(test))
	for i, example := range test {
		labels[i] = example.Label
	}
	if j.accuracy, err = metric.Accuracy(predicted, labels); err != nil {
		return j, err
	}
	j.matthews, err = metric.Matthews(predicted, labels)
	return j, err
}

// examples are the first test sentences with what the pre-trained model says.
func (d agreementData) examples(predicted []int32) (list []Example) {
	names := []string{"unacceptable", "acceptable"}
	for i, sentence := range d.testSentences[:6] {
		list = append(list, Example{strings.Join(sentence.Words, " "), names[sentence.Label], names[predicted[i]]})
	}
	return list
}
