package experiment

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"
	"gonum.org/v1/gonum/stat"

	"courselab/coursekit/decode"
	"courselab/coursekit/metric"
	"courselab/coursekit/rnn"
	"courselab/coursekit/training"
)

// reversalScore is how a trained model does.
type reversalScore struct {
	lengths, exact []float64 // exact match by length
	steps, losses  []float64
	attention      *Map
	examples       []Example
}

// at is the exact match at a length.
func (s reversalScore) at(length int) float64 {
	return s.exact[slices.Index(s.lengths, float64(length))]
}

// draw returns n different symbols, as ids from 3 on.
func (c ReversalConfig) draw(rng *rand.Rand, n int) []int32 {
	symbols := make([]int32, n)
	for i, s := range rng.Perm(c.Symbols)[:n] {
		symbols[i] = int32(s) + 3
	}
	return symbols
}

// answer is the right output.
func (r reversalRun) answer(symbols []int32) []int32 {
	answer := slices.Clone(symbols)
	if !r.copied {
		slices.Reverse(answer)
	}
	return answer
}

func (c ReversalConfig) run(b compute.Backend, run reversalRun, seed int64, illustrate bool) (reversalScore, error) {
	m, err := rnn.NewSeq2Seq(c.model(run.attention))
	if err != nil {
		return reversalScore{}, err
	}
	store := model.NewStore()
	defer store.Finalize()
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.ClipNorm = seed, c.Steps, 1
	if run.control {
		config.Steps = c.ControlSteps
	}
	config.Schedule = training.Cosine(c.LearningRate, 0, config.Steps).WithWarmUp(c.WarmUp)
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M5 seed %d, %s", seed, run.name), c.Quiet, c.Progress
	loop, err := training.New(b, store, config, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
		logits := m.Logits(scope, m.Encode(scope, batch[:1]), batch[1])
		counts := NotEqual(batch[2], ZerosLike(batch[2])) // padToken is 0
		return loss.SparseCategoricalCrossEntropyLogits([]*Node{InsertAxes(batch[2], -1), counts}, []*Node{logits}), nil
	}, func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) { return c.batch(rng, run), nil })
	if err != nil {
		return reversalScore{}, err
	}
	history, err := loop.Run(context.Background())
	if err != nil {
		return reversalScore{}, err
	}
	score, err := c.evaluate(b, store, m, run, seed)
	if err != nil {
		return score, err
	}
	score.steps, score.losses = history.Curve()
	if illustrate && run.attention != rnn.NoAttention {
		score.attention, err = c.attentionMap(b, store, m, run, seed)
	}
	return score, err
}

// batch is source, the decoder's input (teacher forcing: START and the right answer), and what to predict.
func (c ReversalConfig) batch(rng *rand.Rand, run reversalRun) []*tensors.Tensor {
	ls, lt := c.MaxLength, c.MaxLength+1
	source, input, output := make([]int32, c.Batch*ls), make([]int32, c.Batch*lt), make([]int32, c.Batch*lt)
	for i := range c.Batch {
		symbols := c.draw(rng, c.MinLength+rng.IntN(c.MaxLength-c.MinLength+1))
		answer := run.answer(symbols)
		copy(source[i*ls:], symbols)
		copy(output[i*lt:], append(answer, endToken))
		copy(input[i*lt:], append([]int32{startToken}, answer...))
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(source, c.Batch, ls),
		tensors.FromFlatDataAndDimensions(input, c.Batch, lt),
		tensors.FromFlatDataAndDimensions(output, c.Batch, lt),
	}
}

// evaluate decodes new sequences greedily.
func (c ReversalConfig) evaluate(b compute.Backend, store *model.Store, m *rnn.Seq2Seq, run reversalRun, seed int64) (score reversalScore, err error) {
	// Step 0 is never trained, so that its stream is free for what is held out.
	rng := training.Rand(seed, 0)
	var sources []int32
	var want [][]int32
	for n := (c.MinLength + lengthStep - 1) / lengthStep * lengthStep; n <= c.MaxLength; n += lengthStep {
		score.lengths = append(score.lengths, float64(n))
		for range c.HeldOut {
			symbols := c.draw(rng, n)
			want = append(want, run.answer(symbols))
			sources = append(sources, append(symbols, make([]int32, c.MaxLength-n)...)...)
		}
	}
	greedy, err := decode.NewGreedy(b, store, m, decode.Config{Start: startToken, End: endToken, Pad: padToken, Length: c.MaxLength + 1})
	if err != nil {
		return score, err
	}
	got, err := greedy.Decode(tensors.FromFlatDataAndDimensions(sources, len(want), c.MaxLength))
	if err != nil {
		return score, err
	}
	for i := range score.lengths {
		part := func(all [][]int32) [][]int32 { return all[i*c.HeldOut : (i+1)*c.HeldOut] }
		exact, err := metric.ExactMatch(part(got), part(want))
		if err != nil {
			return score, err
		}
		score.exact = append(score.exact, exact)
	}
	score.examples = []Example{{
		Input: run.name + ": " + symbolText(sources[:c.MinLength]), Want: symbolText(want[0]), Got: symbolText(got[0]),
	}}
	return score, nil
}

// attentionMap is what a trained model attends to in one sequence, with its right answer as the decoder's input.
func (c ReversalConfig) attentionMap(b compute.Backend, store *model.Store, m *rnn.Seq2Seq, run reversalRun, seed int64) (*Map, error) {
	symbols := c.draw(training.Rand(seed, 0), min(12, c.MaxLength))
	answer := run.answer(symbols)
	outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*Node) []*Node {
		logits, weights := m.Decode(scope, m.Encode(scope, x[:1]), x[1])
		return []*Node{weights, logits} // the logits come last: they keep the graph whole
	}, [][]int32{symbols}, [][]int32{append([]int32{startToken}, answer[:len(answer)-1]...)})
	if err != nil {
		return nil, err
	}
	result := &Map{Name: run.name}
	for i, row := range outputs[0].Value().([][][]float32)[0] {
		result.Rows, result.Columns = append(result.Rows, strconv.Itoa(int(answer[i])-3)), append(result.Columns, strconv.Itoa(int(symbols[i])-3))
		result.Weights = append(result.Weights, widen(row))
	}
	return result, nil
}

// localIsGlobal is the largest difference of the logits with a window over everything from those of global attention.
func (c ReversalConfig) localIsGlobal(b compute.Backend) (float64, error) {
	store := model.NewStore()
	defer store.Finalize()
	narrow := c.model(rnn.Local)
	wide := narrow
	wide.Window = c.MaxLength + 1
	var models []*rnn.Seq2Seq
	for _, config := range []rnn.Seq2SeqConfig{c.model(rnn.Global), wide, narrow} {
		m, err := rnn.NewSeq2Seq(config)
		if err != nil {
			return 0, err
		}
		models = append(models, m)
	}
	batch := c.batch(training.Rand(c.Seeds[0], 0), reversalRuns[0])
	outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, x []*Node) []*Node {
		var logits []*Node
		for _, m := range models {
			scope = scope.ResetVisited()
			logits = append(logits, m.Logits(scope, m.Encode(scope, x[:1]), x[1]))
		}
		far := func(other *Node) *Node { return ReduceAllMax(Abs(Sub(other, logits[0]))) }
		return []*Node{far(logits[1]), far(logits[2])}
	}, batch[0], batch[1])
	if err != nil {
		return 0, err
	}
	if apart := tensors.ToScalar[float32](outputs[1]); apart < 1e-4 {
		return math.Inf(1), fmt.Errorf("a narrow window gives the logits of global attention, too (%g apart): nothing is compared", apart)
	}
	return float64(tensors.ToScalar[float32](outputs[0])), nil
}

func symbolText(ids []int32) string {
	text := ""
	for i, id := range ids {
		if i > 0 {
			text += " "
		}
		text += strconv.Itoa(int(id) - 3)
	}
	return text
}

// report turns the scores, by run and seed, into numbers and checks.
func (c ReversalConfig) report(result *Result, scores [][]reversalScore, difference float64) {
	at := func(run int) (values []float64) {
		for _, score := range scores[run] {
			values = append(values, score.at(c.Judged))
		}
		return values
	}
	for i, run := range reversalRuns {
		number := Number{Name: fmt.Sprintf("%s, exact match at %d", run.name, c.Judged), Unit: "share", Values: at(i)}
		if run.attention == rnn.Global || run.copied {
			number.Expected, number.From = ptr(1), "M5, at least .99"
		}
		result.Numbers = append(result.Numbers, number)
		for j, score := range scores[i] {
			result.Curves = append(result.Curves, Curve{fmt.Sprintf("%s, seed %d", run.name, c.Seeds[j]), "length", "exact match", score.lengths, score.exact})
			if score.attention != nil {
				result.Maps = append(result.Maps, *score.attention)
			}
		}
		result.Examples = append(result.Examples, scores[i][0].examples...)
	}
	window, all := float64(2*c.Window+1), float64(c.MaxLength)
	result.Numbers = append(result.Numbers,
		Number{Name: "scores a step, global attention", Unit: "scores", Values: []float64{all}},
		Number{Name: "scores a step, local attention", Unit: "scores", Values: []float64{window}},
		Number{Name: "a window over everything, difference from global attention", Unit: "logits", Values: []float64{difference}, Expected: ptr(0), From: "M5, at most 1e-6"},
	)
	check := func(name, want, got string, passed bool) {
		result.Checks = append(result.Checks, Check{name, want, got, passed})
	}
	none, global, local, copyGlobal, copyLocal := at(0), at(1), at(2), at(3), at(4)
	mean := func(values []float64) float64 { return stat.Mean(values, nil) }
	// The gate is for the mean. So many sequences of one seed tell .99 from less only to two standard errors.
	const gate = .99
	least := gate - 2*math.Sqrt(gate*(1-gate)/float64(c.HeldOut))
	named := func(name string) string { return fmt.Sprintf("%s, length %d", name, c.Judged) }
	check(named("reversal, global attention, mean over the seeds"), "at least 0.99", figure3(mean(global)), mean(global) >= gate)
	check(named("copy, local attention, mean over the seeds"), fmt.Sprintf("at least 0.99, and no less than global attention's %s less 0.01", figure3(mean(copyGlobal))),
		figure3(mean(copyLocal)), mean(copyLocal) >= gate && mean(copyLocal) >= mean(copyGlobal)-.0101)
	for i, seed := range c.Seeds {
		named := func(name string) string { return fmt.Sprintf("%s, seed %d", named(name), seed) }
		check(named("reversal, global attention"), fmt.Sprintf("at least %.3f", least), figure3(global[i]), global[i] >= least)
		check(named("reversal, no attention"), "at most half of it", figure3(none[i]), none[i] <= global[i]/2)
		check(named("reversal, local attention, which looks at the wrong end"), "at most half of it", figure3(local[i]), local[i] <= global[i]/2)
		check(named("copy, local attention"), fmt.Sprintf("at least %.3f", least), figure3(copyLocal[i]), copyLocal[i] >= least)
	}
	check("local attention with a window over everything is global", "at most 1e-6 apart", fmt.Sprintf("%.1e", difference), difference <= 1e-6)
	check("local attention computes fewer scores", fmt.Sprintf("less than %g a step", all), fmt.Sprintf("%g", window), window < all)
}
