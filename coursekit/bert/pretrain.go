package bert

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
)

// PretrainConfig says how to pre-train. Start from DefaultPretrainConfig.
type PretrainConfig struct {
	// Training is the loop's configuration: steps, learning rate, seed.
	Training training.Config
	// Batch is the number of sequences in a step, Length what they are padded to.
	Batch, Length int
	// Corrupter hides tokens, anew each time that a sequence is read.
	Corrupter Corrupter
	// Specials are the ids of the special tokens.
	Specials Specials
}

// DefaultPretrainConfig trains 1,000 steps of 64 sequences of at most 32 tokens with AdamW (weight decay 0.01) at 1e-3 after
// 100 steps of warm-up, the gradient's length bounded by 1.
func DefaultPretrainConfig(vocabulary int, specials Specials) PretrainConfig {
	t := training.DefaultConfig()
	t.Adam.WeightDecay, t.ClipNorm, t.Name = 0.01, 1, "pre-train"
	t.Schedule = training.Cosine(1e-3, 0, t.Steps).WithWarmUp(100)
	return PretrainConfig{Training: t, Batch: 64, Length: 32, Corrupter: DefaultCorrupter(vocabulary, specials), Specials: specials}
}

// Validate returns nil or every rule that is broken, joined.
func (c PretrainConfig) Validate() error {
	broken := []error{c.Training.Validate(), c.Corrupter.Validate()}
	if c.Batch < 1 || c.Length < 3 {
		broken = append(broken, fmt.Errorf("bert: Batch is %d and Length %d, must be at least 1 and 3", c.Batch, c.Length))
	}
	return errors.Join(broken...)
}

// Pretrain prepares a loop that trains the model at the root of store to fill in masked tokens of the sequences. The store is
// fresh, or holds what training goes on from. It returns an error for a bad setting or sequences that do not fit.
func Pretrain(b compute.Backend, store *model.Store, config Config, pretrain PretrainConfig, sequences []Sequence) (*training.Loop, error) {
	if err := errors.Join(config.Validate(), pretrain.Validate()); err != nil {
		return nil, err
	}
	if len(sequences) < pretrain.Batch {
		return nil, fmt.Errorf("bert: %d sequences do not fill a batch of %d", len(sequences), pretrain.Batch)
	}
	shuffle := training.NewShuffle(pretrain.Training.Seed, len(sequences), pretrain.Batch)
	return training.New(b, store, pretrain.Training, func(scope *model.Scope, x []*graph.Node) (*graph.Node, []training.Metric) {
		return maskedLoss(scope, config, x), nil
	}, func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		masked, err := pretrain.masked(rng, pick(sequences, shuffle.At(step)))
		if err != nil {
			return nil, err
		}
		return masked.tensors(), nil
	})
}

// maskedLoss of a batch as MaskedBatch.tensors has it.
func maskedLoss(scope *model.Scope, config Config, x []*graph.Node) *graph.Node {
	m := New(scope, config)
	states := m.Encode(x[0], x[1], x[2]).States
	return MaskedLoss(m.MaskedLogits(states, x[3]), x[4], x[5])
}

// masked is a batch of the sequences with tokens hidden.
func (c PretrainConfig) masked(rng *rand.Rand, sequences []Sequence) (MaskedBatch, error) {
	batch, err := c.Specials.Batch(c.Length, sequences...)
	if err != nil {
		return MaskedBatch{}, err
	}
	return c.Corrupter.CorruptBatch(rng, batch)
}

func (b Batch) tensors() []*tensors.Tensor {
	return []*tensors.Tensor{tensors.FromValue(b.IDs), tensors.FromValue(b.Segments), tensors.FromValue(b.Mask)}
}

func (b MaskedBatch) tensors() []*tensors.Tensor {
	return append(b.Batch.tensors(), tensors.FromValue(b.Positions), tensors.FromValue(b.Labels), tensors.FromValue(b.Chosen))
}

// MaskedNLL is the mean negative log-likelihood, in nats a token, of hidden tokens of the sequences, by the model at the
// root of store, with dropout off. Which tokens are hidden depends on seed alone, so that two models meet the same. Whole
// batches are read; what is left over is not.
func MaskedNLL(b compute.Backend, store *model.Store, config Config, pretrain PretrainConfig, seed int64, sequences []Sequence) (float64, error) {
	if err := errors.Join(config.Validate(), pretrain.Validate()); err != nil {
		return 0, err
	}
	if len(sequences) < pretrain.Batch {
		return 0, fmt.Errorf("bert: %d sequences do not fill a batch of %d", len(sequences), pretrain.Batch)
	}
	exec, err := model.NewExec(b, store, func(scope *model.Scope, x []*graph.Node) *graph.Node { return maskedLoss(scope, config, x) })
	if err != nil {
		return 0, fmt.Errorf("bert: %w", err)
	}
	defer exec.Finalize()
	total, count := 0.0, 0
	for from := 0; from+pretrain.Batch <= len(sequences); from += pretrain.Batch {
		masked, err := pretrain.masked(training.Rand(seed, from), sequences[from:][:pretrain.Batch])
		if err != nil {
			return 0, err
		}
		loss, err := scalar(exec, masked.tensors())
		if err != nil {
			return 0, fmt.Errorf("bert: %w", err)
		}
		n := 0
		for _, row := range masked.Chosen {
			for _, chosen := range row {
				if chosen {
					n++
				}
			}
		}
		total, count = total+loss*float64(n), count+n
	}
	return total / float64(max(count, 1)), nil
}

func scalar(exec *model.Exec, inputs []*tensors.Tensor) (float64, error) {
	outputs, err := call(exec, inputs)
	if err != nil {
		return 0, err
	}
	return outputs[0][0], nil
}

// call runs exec and returns its outputs as flat numbers.
func call(exec *model.Exec, inputs []*tensors.Tensor) ([][]float64, error) {
	args := make([]any, len(inputs))
	for i, input := range inputs {
		args[i] = input
	}
	outputs, err := exec.Call(args...)
	if err != nil {
		return nil, err
	}
	values := make([][]float64, len(outputs))
	for i, output := range outputs {
		if values[i], err = numbers(output); err != nil {
			return nil, err
		}
		output.MustFinalizeAll()
	}
	for _, input := range inputs {
		input.MustFinalizeAll()
	}
	return values, nil
}

// numbers of a floating point tensor.
func numbers(t *tensors.Tensor) ([]float64, error) {
	if wide, err := tensors.CopyFlatData[float64](t); err == nil {
		return wide, nil
	}
	narrow, err := tensors.CopyFlatData[float32](t)
	values := make([]float64, len(narrow))
	for i, x := range narrow {
		values[i] = float64(x)
	}
	return values, err
}

func pick[T any](list []T, indices []int) []T {
	picked := make([]T, len(indices))
	for i, index := range indices {
		picked[i] = list[index]
	}
	return picked
}

// Encoder returns a new store with the embeddings and the encoder of the model at the root of store, its pooler if it has
// one, and nothing else: no masked-LM head, no optimizer. It is what fine-tuning starts from.
func Encoder(store *model.Store, config Config) (*model.Store, error) {
	fresh := model.NewStore()
	for _, e := range config.entries(0) {
		v := below(store.RootScope(), e.path)
		if e.part == pooler && v == nil || e.part != body && e.part != pooler {
			continue
		}
		if v == nil || !v.HasValue() {
			return nil, fmt.Errorf("bert: the store has no model: %s is missing", e.path)
		}
		value, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("bert: %s: %w", e.path, err)
		}
		if value, err = value.LocalClone(); err != nil {
			return nil, fmt.Errorf("bert: %s: %w", e.path, err)
		}
		scope, name := place(fresh.RootScope(), e.path)
		if _, err := scope.CreateVariable(name, value); err != nil {
			return nil, fmt.Errorf("bert: %s: %w", e.path, err)
		}
	}
	return fresh, nil
}
