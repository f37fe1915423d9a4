package debrief

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/rnn"
	"courselab/coursekit/training"
)

// Every kind of data becomes sequences of 8 vectors of width 4, so that one RNN reads them all.
const (
	kindLength   = 8
	kindWidth    = 4
	kindExamples = 24 // in a batch, of each kind
)

// kind is a toy of a kind of data: it draws a sequence [8][4] of one of two classes.
type kind struct {
	name string
	draw func(r *rand.Rand, second bool) []float32
}

func kinds() []kind {
	return []kind{
		{"text: does the letter d occur?", func(r *rand.Rand, second bool) []float32 {
			x := make([]float32, kindLength*kindWidth) // one of four letters, one-hot
			for t := range kindLength {
				x[t*kindWidth+r.IntN(3)] = 1
			}
			if t := r.IntN(kindLength); second {
				copy(x[t*kindWidth:], []float32{0, 0, 0, 1})
			}
			return x
		}},
		{"speech: a high tone or a low one?", func(r *rand.Rand, second bool) []float32 {
			x := make([]float32, kindLength*kindWidth) // frames of four samples
			period, phase := 32.0, 2*math.Pi*r.Float64()
			if second {
				period = 4
			}
			for i := range x {
				x[i] = float32(math.Sin(2*math.Pi*float64(i)/period+phase) + 0.1*r.NormFloat64())
			}
			return x
		}},
		{"image: an upright bar or a lying one?", func(r *rand.Rand, second bool) []float32 {
			x := make([]float32, kindLength*kindWidth) // rows of pixels
			row, column := r.IntN(kindLength), r.IntN(kindWidth)
			for i := range x {
				x[i] = float32(0.1 * r.NormFloat64())
				if second && i/kindWidth == row || !second && i%kindWidth == column {
					x[i]++
				}
			}
			return x
		}},
		{"time series: up or down?", func(r *rand.Rand, second bool) []float32 {
			x := make([]float32, kindLength*kindWidth) // four readings of it at a time
			slope := 1.0
			if second {
				slope = -1
			}
			start := r.NormFloat64()
			for i := range x {
				x[i] = float32(start + slope*(float64(i/kindWidth)/kindLength-0.5)*3 + 0.3*r.NormFloat64())
			}
			return x
		}},
	}
}

// manyKinds trains one RNN on all four kinds at once, each with a read-out of its own, and looks at the last steps' batches,
// which, like all, were drawn for that step alone: none was seen before.
func manyKinds(b compute.Backend, seed int64) (finding, error) {
	learnt, err := kindsAccuracy(b, seed, false)
	if err != nil {
		return finding{}, err
	}
	blind, err := kindsAccuracy(b, seed, true)
	if err != nil {
		return finding{}, err
	}
	least := func(accuracy []float64) float64 {
		least := 1.0
		for _, a := range accuracy {
			least = min(least, a)
		}
		return least
	}
	f := finding{
		claim:    "one RNN tells two classes apart in toys of text, speech, images and time series: more than 85 % right on new examples of each",
		contrast: "the same training with labels drawn by coin",
		met:      least(learnt) > 0.85, contrastMet: least(blind) > 0.85,
	}
	for i, k := range kinds() {
		f.number(k.name, learnt[i], "share right")
	}
	f.number("worst of them, labels by coin", least(blind), "share right")
	f.text = fmt.Sprintf("New examples right: text %.0f %%, speech %.0f %%, images %.0f %%, time series %.0f %%; with labels by coin %.0f %% in the worst case.",
		100*learnt[0], 100*learnt[1], 100*learnt[2], 100*learnt[3], 100*least(blind))
	return f, nil
}

func kindsAccuracy(b compute.Backend, seed int64, coin bool) ([]float64, error) {
	const steps, state, scored = 100, 12, 20
	all := kinds()
	history, err := fit(b, seed, steps, 0.02, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		_, last := rnn.New(scope.In("rnn"), rnn.GRU, state).Apply(batch[0])
		var losses []*graph.Node
		var metrics []training.Metric
		for i, k := range all {
			rows := graph.AxisRange(i*kindExamples, (i+1)*kindExamples)
			states, labels := graph.SliceAxis(last.Hidden, 0, rows), graph.SliceAxis(batch[1], 0, rows)
			loss, right := logistic(scope.In("kind %d", i), states, labels)
			losses = append(losses, loss)
			metrics = append(metrics, training.Metric{Name: k.name, Value: right})
		}
		return graph.ReduceAllMean(graph.Stack(losses, 0)), metrics
	}, func(r *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		var x, y []float32
		for _, k := range all {
			for i := range kindExamples {
				second := i%2 == 1
				x = append(x, k.draw(r, second)...)
				if coin {
					second = r.IntN(2) == 1
				}
				label := float32(0)
				if second {
					label = 1
				}
				y = append(y, label)
			}
		}
		n := len(all) * kindExamples
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, n, kindLength, kindWidth), tensors.FromFlatDataAndDimensions(y, n, 1)}, nil
	})
	if err != nil {
		return nil, err
	}
	accuracy := make([]float64, len(all))
	for _, p := range history.Points[steps-scored:] {
		for i, k := range all {
			accuracy[i] += p.Metrics[k.name] / scored
		}
	}
	return accuracy, nil
}
