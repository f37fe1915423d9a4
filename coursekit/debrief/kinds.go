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
		{"text: which of two languages, by their letters?", func(r *rand.Rand, second bool) []float32 {
			x := make([]float32, kindLength*kindWidth) // letters a to d, one-hot; the first language prefers a and b
			for t := range kindLength {
				letter := r.IntN(2)
				if (r.Float64() < 0.9) == second {
					letter += 2
				}
				x[t*kindWidth+letter] = 1
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

// manyKinds trains one RNN on all four kinds at once, with a read-out for each and a second one, beside it, for labels drawn by
// coin. Every batch is drawn for its step alone, so that the last ones, which are scored, were never seen before.
func manyKinds(b compute.Backend, seed int64) (finding, error) {
	const steps, state, scored = 120, 12, 20
	all := kinds()
	history, err := fit(b, seed, steps, 0.02, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		_, last := rnn.New(scope.In("rnn"), rnn.Vanilla, state).Apply(batch[0])
		var losses []*graph.Node
		var metrics []training.Metric
		for i, k := range all {
			rows := graph.AxisRange(i*kindExamples, (i+1)*kindExamples)
			states := graph.SliceAxis(last.Hidden, 0, rows)
			for labels, name := range []string{k.name, k.name + coin} {
				loss, right := logistic(scope.In("kind %d labels %d", i, labels), states, graph.SliceAxis(batch[1+labels], 0, rows))
				losses = append(losses, loss)
				metrics = append(metrics, training.Metric{Name: name, Value: right})
			}
		}
		return graph.ReduceAllMean(graph.Stack(losses, 0)), metrics
	}, func(r *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		var x, labels, coins []float32
		for _, k := range all {
			for i := range kindExamples {
				x = append(x, k.draw(r, i%2 == 1)...)
				labels, coins = append(labels, float32(i%2)), append(coins, float32(r.IntN(2)))
			}
		}
		n := len(labels)
		return []*tensors.Tensor{
			tensors.FromFlatDataAndDimensions(x, n, kindLength, kindWidth),
			tensors.FromFlatDataAndDimensions(labels, n, 1), tensors.FromFlatDataAndDimensions(coins, n, 1),
		}, nil
	})
	if err != nil {
		return finding{}, err
	}
	accuracy := func(name string) float64 {
		sum := 0.0
		for _, p := range history.Points[steps-scored:] {
			sum += p.Metrics[name] / scored
		}
		return sum
	}
	least, blind := 1.0, 1.0
	f := finding{
		claim:    "one RNN tells two classes apart in toys of text, speech, images and time series: more than 85 % right on new examples of each",
		contrast: "labels drawn by coin",
	}
	for _, k := range all {
		f.number(k.name, accuracy(k.name), "share right")
		least, blind = min(least, accuracy(k.name)), min(blind, accuracy(k.name+coin))
	}
	f.met, f.contrastMet = least > 0.85, blind > 0.85
	f.number("worst of them, labels by coin", blind, "share right")
	n := f.numbers
	f.text = fmt.Sprintf("New examples right: text %.0f %%, speech %.0f %%, images %.0f %%, time series %.0f %%; with labels by coin %.0f %% in the worst case.",
		100*n[0].Value, 100*n[1].Value, 100*n[2].Value, 100*n[3].Value, 100*blind)
	return f, nil
}

// coin marks the metrics of labels drawn by coin.
const coin = ", by coin"
