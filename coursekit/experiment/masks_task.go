package experiment

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"courselab/coursekit/decode"
	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// masksTask is the texts of a source, read in three ways.
type masksTask struct {
	MasksConfig
	source letterSource
}

// hidden is the token in a letter's place.
func (t masksTask) hidden() int32 { return int32(t.Letters) }

// batches are texts, the same texts with letters hidden, and which letters those are.
func (t masksTask) batches(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
	var texts, corrupted []int32
	var asked []bool
	for range t.Batch {
		text := t.source.draw(rng, t.Length)
		texts = append(texts, text...)
		for _, letter := range text {
			hide := rng.Float64() < t.Hidden
			if hide {
				letter = t.hidden()
			}
			corrupted, asked = append(corrupted, letter), append(asked, hide)
		}
	}
	asked[t.Prefix] = true // never nothing to learn from
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(texts, t.Batch, t.Length),
		tensors.FromFlatDataAndDimensions(corrupted, t.Batch, t.Length),
		tensors.FromFlatDataAndDimensions(asked, t.Batch, t.Length),
	}, nil
}

// read returns the logits [B, L, V] of the three ways: causal, prefix, and bidirectional of what is corrupted.
func (t masksTask) read(scope *model.Scope, texts, corrupted *Node) [3]*Node {
	again := func() *transformer.LanguageModel {
		return transformer.NewLanguageModel(scope.ResetVisited(), t.model())
	}
	return [3]*Node{again().Causal(texts).Logits, again().Prefix(texts, t.Prefix).Logits, again().Bidirectional(corrupted).Logits}
}

// objective is the mean of the three losses, in nats a letter.
func (t masksTask) objective(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
	texts, corrupted, asked := batch[0], batch[1], batch[2]
	logits := t.read(scope, texts, corrupted)
	// next is the loss of the letters from position first on, given by the logits before them.
	next := func(logits *Node, first int) *Node {
		predicted := Slice(logits, AxisRange(), AxisRange(first-1, t.Length-1))
		right := Slice(texts, AxisRange(), AxisRange(first))
		return loss.SparseCategoricalCrossEntropyLogits([]*Node{InsertAxes(right, -1)}, []*Node{predicted})
	}
	cloze := loss.SparseCategoricalCrossEntropyLogits([]*Node{InsertAxes(texts, -1), asked}, []*Node{logits[2]})
	return DivScalar(Add(Add(next(logits[0], 1), next(logits[1], t.Prefix)), cloze), 3), nil
}

func (t masksTask) train(b compute.Backend, seed int64) (*model.Store, training.History, error) {
	store := model.NewStore()
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.ClipNorm = seed, t.Steps, 1
	config.Schedule = training.Cosine(t.LearningRate, 0, t.Steps).WithWarmUp(t.WarmUp)
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M7 seed %d", seed), t.Quiet, t.Progress
	loop, err := training.New(b, store, config, t.objective, t.batches)
	if err != nil {
		return nil, training.History{}, err
	}
	history, err := loop.Run(context.Background())
	return store, history, err
}

// evaluate scores the same held-out letters, one a text, after the prefix and with two letters after it.
func (t masksTask) evaluate(b compute.Backend, store *model.Store, rng *rand.Rand, run *masksRun) error {
	exec, err := model.NewExec(b, store, func(scope *model.Scope, texts, corrupted *Node) []*Node {
		logits := t.read(scope, texts, corrupted)
		return logits[:]
	})
	if err != nil {
		return err
	}
	defer exec.Finalize()
	const rows = 100
	calls := (t.Tests + rows - 1) / rows
	for range calls {
		var texts, corrupted []int32
		places := make([]int, rows)
		for row := range rows {
			text := t.source.draw(rng, t.Length)
			place := t.Prefix + rng.IntN(t.Length-2-t.Prefix)
			places[row], texts, corrupted = place, append(texts, text...), append(corrupted, text...)
			corrupted[row*t.Length+place] = t.hidden()
			n := float64(calls * rows)
			run.possible[0] -= math.Log(t.source.probability(text[place-2], text[place-1], text[place])) / n
			run.possible[2] += t.source.between(text, place) / n
		}
		outputs, err := exec.Call(tensors.FromFlatDataAndDimensions(texts, rows, t.Length), tensors.FromFlatDataAndDimensions(corrupted, rows, t.Length))
		if err != nil {
			return err
		}
		for mask, output := range outputs {
			logits := tensors.MustCopyFlatData[float32](output)
			for row, place := range places {
				at := place // its own place, or the one before
				if mask < 2 {
					at--
				}
				nll, err := negativeLogLikelihood(logits[(row*t.Length+at)*(t.Letters+1):][:t.Letters+1], texts[row*t.Length+place])
				if err != nil {
					return err
				}
				run.nll[mask] += nll / float64(calls*rows)
			}
			output.MustFinalizeAll()
		}
	}
	run.possible[1] = run.possible[0] // the letters further back tell nothing more
	return nil
}

// negativeLogLikelihood of a token under unnormalised log-probabilities, in nats.
func negativeLogLikelihood(logits []float32, token int32) (float64, error) {
	wide := make([]float64, len(logits))
	for i, x := range logits {
		wide[i] = float64(x)
	}
	logProbs, err := decode.LogSoftmax(wide)
	if err != nil {
		return 0, err
	}
	return -logProbs[token], nil
}

// leaks changes each letter of one text by itself and looks at which outputs move. All texts are in the same place of the
// batch, so that nothing but the letter can make a difference.
func (t masksTask) leaks(b compute.Backend, store *model.Store, rng *rand.Rand, run *masksRun) error {
	exec, err := model.NewExec(b, store, func(scope *model.Scope, text *Node) []*Node {
		logits := t.read(scope, text, text)
		return logits[:]
	})
	if err != nil {
		return err
	}
	defer exec.Finalize()
	text := t.source.draw(rng, t.Length)
	call := func(text []int32) (logits [3][]float32, err error) {
		outputs, err := exec.Call([][]int32{text})
		if err != nil {
			return logits, err
		}
		for mask, output := range outputs {
			logits[mask] = tensors.MustCopyFlatData[float32](output)
			output.MustFinalizeAll()
		}
		return logits, nil
	}
	before, err := call(text)
	if err != nil {
		return err
	}
	for mask := range run.moved {
		run.moved[mask] = make([][]float64, t.Length)
	}
	for changed := range t.Length {
		other := slices.Clone(text)
		other[changed] = (other[changed] + 1) % int32(t.Letters)
		after, err := call(other)
		if err != nil {
			return err
		}
		for mask := range after {
			sees := [3]func(output int) bool{
				func(output int) bool { return changed <= output },
				func(output int) bool { return changed <= output || changed < t.Prefix },
				func(int) bool { return true },
			}[mask]
			for output := range t.Length {
				change := 0.
				for v := range t.Letters + 1 {
					at := output*(t.Letters+1) + v
					change = max(change, math.Abs(float64(after[mask][at])-float64(before[mask][at])))
				}
				run.moved[mask][output] = append(run.moved[mask][output], change)
				switch {
				case !sees(output):
					run.leak[mask] = max(run.leak[mask], change)
				case change == 0:
					run.blind[mask]++
				}
			}
		}
	}
	return nil
}
