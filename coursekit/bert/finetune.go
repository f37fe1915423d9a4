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

// Example is a sentence or a pair with its class.
type Example struct {
	Sequence
	Label int32 // in [0, Classes)
}

// FineTuneConfig says how to fine-tune. Start from DefaultFineTuneConfig.
type FineTuneConfig struct {
	// Training is the loop's configuration: steps, learning rate, seed.
	Training training.Config
	// Batch is the number of sequences in a step, Length what they are padded to.
	Batch, Length int
	// Classes is the number of classes.
	Classes int
	// Frozen trains pooler and classifier only: embeddings and encoder stay as they are.
	Frozen bool
	// Specials are the ids of the special tokens.
	Specials Specials
}

// DefaultFineTuneConfig trains two classes for 200 steps of 32 sequences of at most 32 tokens with AdamW (weight decay 0.01)
// at 5e-4 after 20 steps of warm-up, the gradient's length bounded by 1.
func DefaultFineTuneConfig(specials Specials) FineTuneConfig {
	t := training.DefaultConfig()
	t.Steps, t.Adam.WeightDecay, t.ClipNorm, t.Name = 200, 0.01, 1, "fine-tune"
	t.Schedule = training.Cosine(5e-4, 0, t.Steps).WithWarmUp(20)
	return FineTuneConfig{Training: t, Batch: 32, Length: 32, Classes: 2, Specials: specials}
}

// Validate returns nil or every rule that is broken, joined.
func (c FineTuneConfig) Validate() error {
	broken := []error{c.Training.Validate()}
	if c.Batch < 1 || c.Length < 3 || c.Classes < 2 {
		broken = append(broken, fmt.Errorf("bert: Batch is %d, Length %d and Classes %d, must be at least 1, 3 and 2", c.Batch, c.Length, c.Classes))
	}
	return errors.Join(broken...)
}

// FineTune prepares a loop that trains the model at the root of store to classify the examples, single sentences and pairs
// alike. The store holds a pre-trained model, from Pretrain or Checkpoint.Restore; a fresh one is trained from scratch. It
// returns an error for a bad setting or examples that do not fit.
func FineTune(b compute.Backend, store *model.Store, config Config, tune FineTuneConfig, examples []Example) (*training.Loop, error) {
	if err := errors.Join(config.Validate(), tune.Validate()); err != nil {
		return nil, err
	}
	if len(examples) < tune.Batch {
		return nil, fmt.Errorf("bert: %d examples do not fill a batch of %d", len(examples), tune.Batch)
	}
	for i, example := range examples {
		if example.Label < 0 || int(example.Label) >= tune.Classes {
			return nil, fmt.Errorf("bert: example %d has the class %d of %d", i, example.Label, tune.Classes)
		}
	}
	shuffle := training.NewShuffle(tune.Training.Seed, len(examples), tune.Batch)
	return training.New(b, store, tune.Training, func(scope *model.Scope, x []*graph.Node) (*graph.Node, []training.Metric) {
		logits := classify(scope, config, tune, x)
		if tune.Frozen {
			freeze(scope.At("embeddings"))
			freeze(scope.At("encoder"))
		}
		return ClassLoss(logits, x[3]), nil
	}, func(_ *rand.Rand, step int) ([]*tensors.Tensor, error) {
		var sequences []Sequence
		var labels []int32
		for _, example := range pick(examples, shuffle.At(step)) {
			sequences, labels = append(sequences, example.Sequence), append(labels, example.Label)
		}
		batch, err := tune.Specials.Batch(tune.Length, sequences...)
		if err != nil {
			return nil, err
		}
		return append(batch.tensors(), tensors.FromValue(labels)), nil
	})
}

// freeze keeps the optimizer away from the variables below scope.
func freeze(scope *model.Scope) {
	for v := range scope.IterVariables() {
		v.SetTrainable(false)
	}
}

func classify(scope *model.Scope, config Config, tune FineTuneConfig, x []*graph.Node) *graph.Node {
	m := New(scope, config)
	return m.Classify(m.Pool(m.Encode(x[0], x[1], x[2]).States), tune.Classes)
}

// Classify returns the most probable class of each sequence, by the model at the root of store, with dropout off.
func Classify(b compute.Backend, store *model.Store, config Config, tune FineTuneConfig, sequences []Sequence) ([]int32, error) {
	rows, err := perSequence(b, store, config, tune, sequences, func(scope *model.Scope, x []*graph.Node) *graph.Node {
		return classify(scope, config, tune, x)
	})
	classes := make([]int32, len(rows))
	for i, row := range rows {
		for class, score := range row {
			if score > row[classes[i]] {
				classes[i] = int32(class)
			}
		}
	}
	return classes, err
}

// States returns the vectors of the tokens at the given positions, one for each sequence, by the model at the root of
// store, [N][D]: from the last layer, or with static from the token table, which knows nothing of context.
func States(b compute.Backend, store *model.Store, config Config, tune FineTuneConfig, sequences []Sequence, positions []int, static bool) ([][]float64, error) {
	if len(positions) != len(sequences) {
		return nil, fmt.Errorf("bert: %d positions for %d sequences", len(positions), len(sequences))
	}
	rows, err := perSequence(b, store, config, tune, sequences, func(scope *model.Scope, x []*graph.Node) *graph.Node {
		m := New(scope, config)
		states := m.Encode(x[0], x[1], x[2]).States
		if static {
			states = graph.Add(m.Static(x[0]), graph.MulScalar(states, 0)) // the Go backend wants every variable used
		}
		return graph.Reshape(states, x[0].Shape().Dimensions[0], -1)
	})
	for i := range rows {
		rows[i] = rows[i][positions[i]*config.ModelDim:][:config.ModelDim]
	}
	return rows, err
}

// perSequence runs f on batches of the sequences; f returns a row [B, N] for each. The last batch is filled up with its own
// first sequence, so that there is one shape.
func perSequence(b compute.Backend, store *model.Store, config Config, tune FineTuneConfig, sequences []Sequence, f func(scope *model.Scope, x []*graph.Node) *graph.Node) ([][]float64, error) {
	if err := errors.Join(config.Validate(), tune.Validate()); err != nil {
		return nil, err
	}
	exec, err := model.NewExec(b, store, f)
	if err != nil {
		return nil, fmt.Errorf("bert: %w", err)
	}
	defer exec.Finalize()
	var rows [][]float64
	for from := 0; from < len(sequences); from += tune.Batch {
		part := append([]Sequence{}, sequences[from:min(from+tune.Batch, len(sequences))]...)
		n := len(part)
		for len(part) < tune.Batch {
			part = append(part, part[0])
		}
		batch, err := tune.Specials.Batch(tune.Length, part...)
		if err != nil {
			return nil, err
		}
		outputs, err := call(exec, batch.tensors())
		if err != nil {
			return nil, fmt.Errorf("bert: %w", err)
		}
		width := len(outputs[0]) / tune.Batch
		for i := range n {
			rows = append(rows, outputs[0][i*width:][:width])
		}
	}
	return rows, nil
}

// Means returns the mean vector of each sequence's tokens after the last layer, special ones counted and padding not, by the
// model at the root of store, [N][D]: what sentence embeddings are often made of.
func Means(b compute.Backend, store *model.Store, config Config, tune FineTuneConfig, sequences []Sequence) ([][]float64, error) {
	return perSequence(b, store, config, tune, sequences, func(scope *model.Scope, x []*graph.Node) *graph.Node {
		states := New(scope, config).Encode(x[0], x[1], x[2]).States                                                   // [B, L, D]
		weights := graph.ConvertDType(x[2], config.DType)                                                              // [B, L]
		sums := graph.DotGeneral(weights, []int{1}, []int{0}, states, []int{1}, []int{0})                              // [B, D]
		counts := graph.BroadcastToDims(graph.ReduceAndKeep(weights, graph.ReduceSum, -1), sums.Shape().Dimensions...) // [B, D]
		return graph.Div(sums, counts)
	})
}
