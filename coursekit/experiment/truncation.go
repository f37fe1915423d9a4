package experiment

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/rnn"
	"courselab/coursekit/training"
)

// TruncationConfig is the settings of milestone M19.
type TruncationConfig struct {
	// Seeds: each trains once for each truncation. Three are needed for a claim.
	Seeds []int64
	// Length T of the adding problem. Both numbers to add stand among the first Early steps, so that the end, where their sum
	// is asked for, is more than T-Early steps later.
	Length, Early int
	// Truncations k to train with: some at most T-Early, which cannot learn, and the last at least T, which can.
	Truncations []int
	// Hidden is the width of the GRU, Batch the number of sequences a step, Judged of those for the score.
	Hidden, Batch, Judged int
	Steps                 int
	LearningRate          float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultTruncationConfig is the milestone: 24 steps, both numbers among the first 12, k = 2, 6, 12, 24, three seeds.
func DefaultTruncationConfig() TruncationConfig {
	return TruncationConfig{
		Seeds: []int64{1, 2, 3}, Length: 24, Early: 12, Truncations: []int{2, 6, 12, 24},
		Hidden: 16, Batch: 32, Judged: 1000, Steps: 500, LearningRate: 1e-2,
	}
}

// QuickTruncationConfig is one seed, two truncations and 20 steps, small enough for the pure-Go backend.
func QuickTruncationConfig() TruncationConfig {
	config := DefaultTruncationConfig()
	config.quick = true
	config.Seeds = []int64{1}
	config.Length, config.Early, config.Truncations = 20, 4, []int{5, 20}
	config.Hidden, config.Batch, config.Judged, config.Steps = 16, 32, 500, 250
	return config
}

// Validate returns nil or every rule that is broken.
func (c TruncationConfig) Validate() error {
	r := rules{name: "truncation"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Early >= 2, "Early is %d, must be at least 2: there are two numbers to add", c.Early)
	r.must(c.Length > c.Early, "Length is %d, must be more than Early, which is %d", c.Length, c.Early)
	if len(c.Truncations) < 2 {
		r.must(false, "Truncations is %v, must have at least two", c.Truncations)
	} else {
		r.must(slices.IsSorted(c.Truncations) && c.Truncations[0] >= 1, "Truncations is %v, must rise from at least 1", c.Truncations)
		last := len(c.Truncations) - 1
		r.must(c.Truncations[last] >= c.Length, "the last of Truncations is %d, must reach back to the first step: at least Length, which is %d", c.Truncations[last], c.Length)
		r.must(c.Truncations[last-1] <= c.Length-c.Early, "Truncations is %v: all but the last must be at most Length - Early, which is %d", c.Truncations, c.Length-c.Early)
		for _, k := range c.Truncations[:last] {
			r.must(c.Early <= (c.Length-1)/max(k, 1)*k, "truncation %d of %d steps leaves the first %d in reach of the end", k, c.Length, c.Early)
		}
	}
	r.must(c.Hidden >= 1, "Hidden is %d, must be at least 1", c.Hidden)
	r.must(c.Batch >= 1 && c.Judged >= 1, "Batch is %d and Judged %d, must be at least 1", c.Batch, c.Judged)
	r.must(c.Steps >= 1, "Steps is %d, must be at least 1", c.Steps)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	return r.err()
}

// linearShares are the shares of the gradient that truncation leaves of a linear RNN, w = 0.9, T = 20, inputs of 1: of
// ∂h/∂w = Σ_t Π w, worked out outside of Go.
var linearShares = []struct {
	k    int
	want float64
}{{1, .142}, {2, .268}, {5, .562}, {10, .849}, {20, 1}}

// Truncation is milestone M19: back-propagation through time that is cut after k steps.
//
// First by the gradient: in a linear RNN what is left of it is known, and with k ≥ T nothing is missing. Then by what can be
// learnt: in the adding problem (Hochreiter & Schmidhuber 1997) the sum of two numbers marked early in a sequence is asked
// for at its end. Who always says 1 has the mean squared error 1/6, the variance of the sum of two uniform numbers. With k
// less than the distance no gradient reaches the steps that should remember. But the error need not stay at 1/6: the steps share
// their weights, so that the last ones can learn to keep what is there, and an output can be fitted to what a network that was
// not taught what to write happens to hold. That goes the further the larger k; k = T/2 gets to a tenth of 1/6 with some seeds.
//
// Source: lecture 7, quiz question 22; Williams & Peng 1990.
func Truncation(config TruncationConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M19", Title: "Back-propagation through time, cut after k steps", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	if err := config.linear(b, &result); err != nil {
		return Result{}, fmt.Errorf("truncation: linear RNN: %w", err)
	}
	if err := config.whole(b, &result); err != nil {
		return Result{}, fmt.Errorf("truncation: k ≥ T: %w", err)
	}
	errors := make([][]float64, len(config.Truncations)) // by k and seed
	for i, k := range config.Truncations {
		for _, seed := range config.Seeds {
			mse, history, err := config.add(b, k, seed)
			if err != nil {
				return Result{}, fmt.Errorf("adding problem, k = %d, seed %d: %w", k, seed, err)
			}
			errors[i] = append(errors[i], mse)
			steps, losses := history.Curve()
			result.Curves = append(result.Curves, Curve{fmt.Sprintf("adding problem, k = %d, seed %d", k, seed), "step", "squared error", steps, losses})
		}
	}
	result.Seconds = time.Since(began).Seconds()
	config.report(&result, errors)
	return result, nil
}

// linear measures the shares in a linear RNN.
func (c TruncationConfig) linear(b compute.Backend, result *Result) error {
	const steps, w = 20, .9
	store := model.NewStore()
	defer store.Finalize()
	scope := store.RootScope().At("rnn")
	scope.VariableWithValue("input_weights", [][]float64{{1}})
	scope.VariableWithValue("hidden_weights", [][]float64{{w}})
	scope.VariableWithValue("biases", []float64{0})
	outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, x *Node) []*Node {
		scope = scope.At("rnn")
		var gradients []*Node
		for _, k := range []int{0, 1, 2, 5, 10, 20} {
			_, last := rnn.New(scope, rnn.Vanilla, 1).WithActivation(nil).WithTruncation(k).Apply(x)
			gradients = append(gradients, Gradient(ReduceAllSum(last.Hidden), scope.GetVariable("hidden_weights").NodeValue(x.Graph()))[0])
		}
		return gradients
	}, tensors.FromFlatDataAndDimensions(slices.Repeat([]float64{1}, steps), 1, steps, 1))
	if err != nil {
		return err
	}
	value := func(i int) float64 { return tensors.MustCopyFlatData[float64](outputs[i])[0] }
	var ks, shares []float64
	for i, s := range linearShares {
		share := value(1+i) / value(0)
		ks, shares = append(ks, float64(s.k)), append(shares, share)
		result.Numbers = append(result.Numbers, Number{
			Name: fmt.Sprintf("linear RNN, share of the gradient, k = %d", s.k), Unit: "share", Values: []float64{share},
			Expected: ptr(s.want), From: "w = 0.9, T = 20, by hand",
		})
		result.Checks = append(result.Checks, Check{
			fmt.Sprintf("linear RNN, share of the gradient, k = %d", s.k), fmt.Sprintf("%.3f", s.want), fmt.Sprintf("%.3f", share), math.Abs(share-s.want) < 5e-4,
		})
	}
	result.Curves = append(result.Curves, Curve{"linear RNN", "k", "share of the gradient", ks, shares})
	return nil
}

// whole compares the gradient of a GRU with k = T and with k = T-1 with that of no truncation.
func (c TruncationConfig) whole(b compute.Backend, result *Result) error {
	store := model.NewStore()
	defer store.Finalize()
	rng := training.Rand(c.Seeds[0], 0)
	x := make([]float64, 4*c.Length*2)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, x *Node) []*Node {
		scope = scope.At("rnn")
		gradient := func(k int) *Node {
			_, last := rnn.New(scope, rnn.GRU, 5).WithTruncation(k).Apply(x)
			return Gradient(ReduceAllSum(last.Hidden), scope.GetVariable("hidden_weights").NodeValue(x.Graph()))[0]
		}
		full := gradient(0)
		far := func(other *Node) *Node { return Div(ReduceAllMax(Abs(Sub(other, full))), ReduceAllMax(Abs(full))) }
		return []*Node{far(gradient(c.Length)), far(gradient(c.Length - 1))}
	}, tensors.FromFlatDataAndDimensions(x, 4, c.Length, 2))
	if err != nil {
		return err
	}
	same, control := tensors.MustCopyFlatData[float64](outputs[0])[0], tensors.MustCopyFlatData[float64](outputs[1])[0]
	result.Numbers = append(result.Numbers,
		Number{Name: "GRU, k = T, gradient apart from the full one", Unit: "share", Values: []float64{same}, Expected: ptr(0), From: "M19, at most 1e-5"},
		Number{Name: "GRU, k = T-1, gradient apart from the full one", Unit: "share", Values: []float64{control}},
	)
	result.Checks = append(result.Checks,
		Check{"GRU, k = T is the full gradient", "at most 1e-5 apart", fmt.Sprintf("%.1e", same), same <= 1e-5},
		Check{"GRU, k = T-1 is not", "more than 1e-5 apart", fmt.Sprintf("%.1e", control), control > 1e-5})
	return nil
}

// sums returns sequences [rows, T, 2] of a number and a mark a step, and the sum of the two marked numbers of each [rows].
func (c TruncationConfig) sums(rng *rand.Rand, rows int) []*tensors.Tensor {
	x, y := make([]float32, rows*c.Length*2), make([]float32, rows)
	for i := range rows {
		row := x[i*c.Length*2:]
		for t := range c.Length {
			row[2*t] = rng.Float32()
		}
		for _, t := range rng.Perm(c.Early)[:2] {
			row[2*t+1] = 1
			y[i] += row[2*t]
		}
	}
	return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, rows, c.Length, 2), tensors.FromFlatDataAndDimensions(y, rows)}
}

// add trains on the adding problem, and returns the mean squared error on new sequences.
func (c TruncationConfig) add(b compute.Backend, k int, seed int64) (mse float64, history training.History, err error) {
	store := model.NewStore()
	defer store.Finalize()
	squared := func(scope *model.Scope, batch []*Node) *Node {
		_, last := rnn.New(scope.In("rnn"), rnn.GRU, c.Hidden).WithTruncation(k).Apply(batch[0])
		guess := layers.DenseWithBias(scope.In("output"), last.Hidden, 1) // [B, 1]
		return ReduceAllMean(Square(Sub(Reshape(guess, batch[1].Shape().Dimensions...), batch[1])))
	}
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.ClipNorm = seed, c.Steps, 1
	config.Schedule = training.Cosine(c.LearningRate, 0, c.Steps)
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M19 seed %d, k = %d", seed, k), c.Quiet, c.Progress
	loop, err := training.New(b, store, config, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
		return squared(scope, batch), nil
	}, func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) { return c.sums(rng, c.Batch), nil })
	if err != nil {
		return 0, history, err
	}
	if history, err = loop.Run(context.Background()); err != nil {
		return 0, history, err
	}
	// Step 0 is never trained, so that its stream is free for what is held out.
	held := c.sums(training.Rand(seed, 0), c.Judged)
	outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*Node) []*Node { return []*Node{squared(scope, x)} }, held[0], held[1])
	if err != nil {
		return 0, history, err
	}
	return float64(tensors.ToScalar[float32](outputs[0])), history, nil
}

// report adds the adding problem's errors, by k and seed.
func (c TruncationConfig) report(result *Result, errors [][]float64) {
	const baseline = 1. / 6
	for i, k := range c.Truncations {
		number := Number{Name: fmt.Sprintf("adding problem, k = %d, squared error", k), Unit: "square", Values: errors[i]}
		if k < c.Length {
			number.Expected, number.From = ptr(baseline), "always saying 1"
		}
		result.Numbers = append(result.Numbers, number)
		for j, seed := range c.Seeds {
			mse := errors[i][j]
			check := Check{Name: fmt.Sprintf("adding problem, k = %d, seed %d", k, seed), Got: figure3(mse)}
			switch whole := errors[len(errors)-1][j]; {
			case k >= c.Length:
				check.Want, check.Passed = "solved: at most a tenth of 1/6", mse <= baseline/10
			case k <= c.Length/4:
				check.Want, check.Passed = "not solved: at least a third of 1/6", mse >= baseline/3
			default:
				check.Want, check.Passed = "at least five times the error without truncation", mse >= 5*whole
			}
			result.Checks = append(result.Checks, check)
		}
	}
}

func m19() Milestone {
	return Milestone{
		ID: "M19", Title: "Back-propagation through time, cut after k steps",
		Shows:  "what truncation leaves of a gradient, and that nothing is learnt from further back than it reaches",
		Expect: "shares .142 .268 .562 .849 1 of a linear RNN's gradient; adding problem: 1/6 for k less than the distance, near 0 for more", Takes: "40 s",
		Headline: []string{"linear RNN, share of the gradient, k = 5", "adding problem, k = 6, squared error", "adding problem, k = 24, squared error"},
		Run: func(o Options) (Result, error) {
			config := DefaultTruncationConfig()
			if o.Quick {
				config = QuickTruncationConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return Truncation(config)
		},
	}
}
