package experiment

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"courselab/coursekit/decode"
	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// decodingTask is a language model of a source.
type decodingTask struct {
	DecodingConfig
	source letterSource
}

func (t decodingTask) train(b compute.Backend, seed int64) (*model.Store, training.History, error) {
	store := model.NewStore()
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.ClipNorm = seed, t.Steps, 1
	config.Schedule = training.Cosine(t.LearningRate, 0, t.Steps).WithWarmUp(t.WarmUp)
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M11 seed %d", seed), t.Quiet, t.Progress
	objective := func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
		logits := transformer.NewLanguageModel(scope, t.model()).Causal(batch[0]).Logits
		predicted := Slice(logits, AxisRange(), AxisRange(0, t.Context-1))
		right := InsertAxes(Slice(batch[0], AxisRange(), AxisRange(1)), -1)
		return loss.SparseCategoricalCrossEntropyLogits([]*Node{right}, []*Node{predicted}), nil
	}
	batches := func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		var texts []int32
		for range t.Batch {
			texts = append(texts, t.source.draw(rng, t.Context)...)
		}
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(texts, t.Batch, t.Context)}, nil
	}
	loop, err := training.New(b, store, config, objective, batches)
	if err != nil {
		return nil, training.History{}, err
	}
	history, err := loop.Run(context.Background())
	return store, history, err
}

// decode continues the same prompts in all ways.
func (t decodingTask) decode(b compute.Backend, store *model.Store, seed int64) (ways []written, err error) {
	rng := training.Rand(seed, 0)
	prompts := make([][]int32, t.Prompts)
	for i := range prompts {
		prompts[i] = t.source.draw(rng, 2)
	}
	input := tensors.FromValue(prompts)
	m := decode.Language(t.model())
	config := decode.Config{Start: 0, End: -1, Pad: 0, Length: t.Written} // nothing ends a text
	add := func(way string, sequences []decode.Sequence) error {
		w, err := t.score(way, prompts, sequences)
		ways = append(ways, w)
		return err
	}
	sample := func(way string, change func(*decode.SampleConfig)) error {
		config := decode.DefaultSampleConfig(config)
		change(&config)
		sampler, err := decode.NewSampler(b, store, m, config)
		if err != nil {
			return err
		}
		sequences, err := sampler.Decode(uint64(seed), input)
		if err != nil {
			return err
		}
		return add(way, sequences)
	}
	if err := sample("greedy", func(s *decode.SampleConfig) { s.Temperature = 0 }); err != nil {
		return nil, err
	}
	for _, width := range t.Widths {
		search, err := decode.NewBeam(b, store, m, decode.BeamConfig{Config: config, Width: width, Best: 1})
		if err != nil {
			return nil, err
		}
		found, err := search.Decode(input)
		if err != nil {
			return nil, err
		}
		var sequences []decode.Sequence
		for _, best := range found {
			sequences = append(sequences, best[0].Sequence)
		}
		if err := add(fmt.Sprintf("beam %d", width), sequences); err != nil {
			return nil, err
		}
	}
	for _, way := range []struct {
		name   string
		change func(*decode.SampleConfig)
	}{
		{"sampling", func(*decode.SampleConfig) {}},
		{"top-k 3", func(s *decode.SampleConfig) { s.TopK = 3 }},
		{"nucleus 0.9", func(s *decode.SampleConfig) { s.TopP = 0.9 }},
	} {
		if err := sample(way.name, way.change); err != nil {
			return nil, err
		}
	}
	return ways, nil
}

// score compares what was written with the source.
func (t decodingTask) score(way string, prompts [][]int32, sequences []decode.Sequence) (written, error) {
	w := written{way: way}
	n := float64(len(sequences))
	texts := make([][]int32, len(sequences))
	for i, sequence := range sequences {
		text := slices.Concat(prompts[i], sequence.Tokens)
		texts[i] = text
		w.logProb += sequence.LogProb / n
		w.nll += t.source.nll(text) / n
		likeliest := true
		for j := 2; j < len(text); j++ {
			likeliest = likeliest && t.source.follows[int(text[j-2])*t.Letters+int(text[j-1])] == int(text[j])
		}
		if likeliest {
			w.exact += 1 / n
		}
	}
	for _, letter := range texts[0] {
		w.first += string(rune('a' + letter))
	}
	var err error
	w.distinct, err = metric.DistinctN(texts, 3)
	return w, err
}
