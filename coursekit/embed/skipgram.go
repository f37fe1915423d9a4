package embed

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/training"
)

// Config is the setting of [Train]. Start from DefaultConfig.
type Config struct {
	// Width is D, the entries of a vector.
	Width int
	// Window is how many words to each side of a word are its context.
	Window int
	// Negatives is N, the words drawn from the noise for each word that is there.
	Negatives int
	// Power shapes the noise: a word is drawn in proportion to its count to this power. 1 is the unigram distribution.
	Power float64
	// Subsample is the share of the corpus above which a word is left out at times: with probability
	// 1 - sqrt(Subsample/share), anew in every sentence, before pairs are made. 0 leaves none out.
	Subsample float64
	// Batch is B, the pairs of a step.
	Batch int
	// Training says how long and with which optimizer. Its Seed also draws subsampling and noise.
	Training training.Config
}

// DefaultConfig is the lecture's window of 2 with 5 negatives from the noise of Mikolov et al. (power ¾), width 32, no
// subsampling, and 2,000 steps of 512 pairs with Adam, the rate falling from 0.02 to 0.
func DefaultConfig() Config {
	c := Config{Width: 32, Window: 2, Negatives: 5, Power: 0.75, Batch: 512, Training: training.DefaultConfig()}
	c.Training.Steps, c.Training.RecordEvery, c.Training.Name = 2000, 20, "skip-gram"
	c.Training.Schedule = training.Linear(0.02, 0, 2000)
	return c
}

// Validate returns nil or every rule that is broken, joined.
func (c Config) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("embed: "+format, args...))
		}
	}
	rule(c.Width >= 1, "Width is %d, must be at least 1", c.Width)
	rule(c.Window >= 1, "Window is %d, must be at least 1", c.Window)
	rule(c.Negatives >= 1, "Negatives is %d, must be at least 1", c.Negatives)
	rule(c.Power >= 0 && !math.IsInf(c.Power, 1), "Power is %g, must be finite and at least 0", c.Power)
	rule(c.Subsample >= 0 && c.Subsample < 1, "Subsample is %g, must be in [0, 1)", c.Subsample)
	rule(c.Batch >= 1, "Batch is %d, must be at least 1", c.Batch)
	return errors.Join(append(broken, c.Training.Validate())...)
}

// Pair is a word and one of the words around it.
type Pair struct{ Centre, Context int32 }

// Pairs returns every word of a sentence with each word at most window to its left or right: the factors
// p(context | centre) whose product skip-gram maximises, four for a word inside with window 2.
//
// Different from the original program, which draws a smaller window at random for each word.
func Pairs(sentence []int32, window int) []Pair {
	var pairs []Pair
	for i, centre := range sentence {
		for j := max(0, i-window); j <= min(len(sentence)-1, i+window); j++ {
			if j != i {
				pairs = append(pairs, Pair{centre, sentence[j]})
			}
		}
	}
	return pairs
}

// NegativeSampling returns the loss of each pair, -log σ(v·u) - Σ log σ(-v·uₙ), in nats: [B], for the vectors of the centres v
// [B, D], of their contexts u [B, D] and of words from the noise uₙ [B, N, D]. It panics, naming the shapes, if they do not fit.
//
// Source: Mikolov et al. 2013, equation 4.
func NegativeSampling(centre, context, noise *Node) *Node {
	if centre.Rank() != 2 || !context.Shape().Equal(centre.Shape()) || noise.Rank() != 3 ||
		noise.Shape().Dim(0) != centre.Shape().Dim(0) || noise.Shape().Dim(2) != centre.Shape().Dim(1) {
		exceptions.Panicf("embed: centre %s and context %s must be [B, D], the noise %s [B, N, D]", centre.Shape(), context.Shape(), noise.Shape())
	}
	right := ReduceSum(Mul(centre, context), -1)                     // [B]
	wrong := ReduceSum(Mul(InsertAxes(centre, 1), noise), -1)        // [B, N]
	return Add(softplus(Neg(right)), ReduceSum(softplus(wrong), -1)) // [B]
}

// softplus is log(1 + exp(x)), without overflow.
func softplus(x *Node) *Node {
	positive := GreaterOrEqual(x, ZerosLike(x))
	return Add(Where(positive, x, ZerosLike(x)), Log1p(Exp(Where(positive, Neg(x), x))))
}

// Train learns the vectors of the words 0 to vocabulary-1 by skip-gram with negative sampling. What is returned are the
// vectors of words as centres; those as contexts are thrown away.
//
// In a sentence, pairs are those of [Pairs]; a batch is drawn from all of them, with replacement. A word from the noise may
// happen to be the context itself, as in the original. Errors: a bad setting, an id that is not in the vocabulary, sentences
// without a pair, and those of training.Loop.
func Train(ctx context.Context, b compute.Backend, sentences [][]int32, vocabulary int, config Config) (*Vectors, training.History, error) {
	if err := config.Validate(); err != nil {
		return nil, training.History{}, err
	}
	counts, err := count(sentences, vocabulary)
	if err != nil {
		return nil, training.History{}, err
	}
	pairs := config.pairs(sentences, counts)
	if len(pairs) == 0 {
		return nil, training.History{}, fmt.Errorf("embed: %d sentences have no two neighbouring words to learn from", len(sentences))
	}
	noise := newSampler(counts, config.Power)

	store := model.NewStore()
	defer store.Finalize()
	objective := func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
		g := batch[0].Graph()
		table := func(name string) *Node {
			half := 0.5 / float64(config.Width) // as in the original program
			initial := scope.WithInitializer(initializer.RandomUniformFn(scope, -half, half))
			return initial.VariableWithShape(name, shapes.Make(dtypes.Float32, vocabulary, config.Width)).NodeValue(g) // [V, D]
		}
		centres, contexts := table("centre"), table("context")
		look := func(table, ids *Node) *Node { return Gather(table, InsertAxes(ids, -1)) }
		loss := NegativeSampling(look(centres, batch[0]), look(contexts, batch[1]), look(contexts, batch[2]))
		return ReduceAllMean(loss), nil
	}
	loop, err := training.New(b, store, config.Training, objective, func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		centre, context := make([]int32, config.Batch), make([]int32, config.Batch)
		negative := make([]int32, config.Batch*config.Negatives)
		for i := range centre {
			pair := pairs[rng.IntN(len(pairs))]
			centre[i], context[i] = pair.Centre, pair.Context
		}
		for i := range negative {
			negative[i] = noise.draw(rng)
		}
		return []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions(centre, config.Batch),
			tensors.FromFlatDataAndDimensions(context, config.Batch),
			tensors.FromFlatDataAndDimensions(negative, config.Batch, config.Negatives),
		}, nil
	})
	if err != nil {
		return nil, training.History{}, err
	}
	history, err := loop.Run(ctx)
	if err != nil {
		return nil, history, err
	}
	flat := tensors.MustCopyFlatData[float32](store.GetVariable("/centre").MustValue())
	rows := make([][]float64, vocabulary)
	for i := range rows {
		for _, x := range flat[i*config.Width : (i+1)*config.Width] {
			rows[i] = append(rows[i], float64(x))
		}
	}
	vectors, err := NewVectors(rows)
	return vectors, history, err
}
