package debrief

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/worked"
)

func question18() Question {
	support := "the slide's own comment: the mean of x has to be the same in training and in testing; D scales up in training, E down in testing"
	return Question{
		Number: 18, Topic: "dropout",
		Text: "Units are dropped with probability p, and d(x, p) is x with the dropped units set to zero. Which pairs are right for what a layer's values are multiplied to in training and in testing?",
		Lost: "nothing: the slide's comment names D and E. Its text mixes values, such as d(x, p), and factors for them, such as 1-p; here both are read as what becomes of a value x",
		Choices: []Choice{{
			Text:    "training d(x, p)/(1-p), testing d(x, p)/(1-p)",
			Verdict: Wrong, Known: Stated, find: dropout(0), Support: support,
			Doubt:  "it does keep the mean of x, the one condition that the slide names",
			Reason: "Units are dropped while testing, too: the mean is right, but the same input gives another output each time.",
		}, {
			Text:    "training d(x, p)/p, testing d(x, p)/p",
			Verdict: Wrong, Known: Stated, find: dropout(1), Support: support,
			Reason: "Units are dropped while testing, and the factor is that of the dropped units, not of those that stay: the mean becomes (1-p)/p times x.",
		}, {
			Text:    "training p, testing d(x, p)/p",
			Verdict: Wrong, Known: Stated, find: dropout(2), Support: support,
			Reason: "Nothing is dropped in training, but in testing, and the two means differ.",
		}, {
			Text:    "training d(x, p)/(1-p), testing 1",
			Verdict: Right, Known: Stated, find: dropout(3), Support: support,
			Reason: "Inverted dropout: those that stay are scaled up by 1/(1-p) in training, so that the mean is x, as in testing, where nothing is left to do. It is what libraries do.",
		}, {
			Text:    "training d(x, p), testing 1-p",
			Verdict: Right, Known: Stated, find: dropout(4), Support: support,
			Reason: "Dropout as it was first described: the mean in training is (1-p)·x, and testing scales all values down to it.",
		}},
	}
}

// dropoutRate is p of the demonstrations.
var dropoutRate = worked.Dropout.Rate

// maskOption is what becomes of a value 1 in training and in testing; kept draws if a unit stays.
type maskOption struct {
	name           string
	train, testing func(kept func() float64) float64
}

// maskOptions are the choices A to E, and after them two that are made to fail.
func maskOptions() []maskOption {
	p := dropoutRate
	constant := func(value float64) func(func() float64) float64 { return func(func() float64) float64 { return value } }
	dropped := func(divisor float64) func(func() float64) float64 {
		return func(kept func() float64) float64 { return kept() / divisor }
	}
	return []maskOption{
		{"A", dropped(1 - p), dropped(1 - p)},
		{"B", dropped(p), dropped(p)},
		{"C", constant(p), dropped(p)},
		{"D", dropped(1 - p), constant(1)},
		{"E", dropped(1), constant(1 - p)},
		{"D with the factor forgotten", dropped(1), constant(1)},
		{"E with p for 1-p", dropped(1), constant(p)},
	}
}

// masked are the moments of an option over many draws.
type masked struct{ trainMean, trainVariance, testMean, testVariance float64 }

const maskDraws = 100_000

func (o maskOption) draw(r *rand.Rand) masked {
	kept := func() float64 {
		if r.Float64() < dropoutRate {
			return 0
		}
		return 1
	}
	train, testing := make([]float64, maskDraws), make([]float64, maskDraws)
	for i := range train {
		train[i], testing[i] = o.train(kept), o.testing(kept)
	}
	var m masked
	m.trainMean, m.trainVariance = moments(train)
	m.testMean, m.testVariance = moments(testing)
	return m
}

// fits says if the means agree, within four standard errors, and nothing is random in testing.
func (m masked) fits() bool {
	standardError := math.Sqrt((m.trainVariance + m.testVariance) / maskDraws)
	return math.Abs(m.trainMean-m.testMean) <= 4*standardError+1e-12 && m.testVariance < 1e-20
}

// dropout compares a choice with another of which the opposite is known: a wrong one with D, a right one with a variant of
// it that is wrong.
func dropout(choice int) finder {
	return func(b compute.Backend, seed int64) (finding, error) {
		all := maskOptions()
		other := []int{3, 3, 3, 5, 6}[choice]
		r := random(seed, "dropout")
		this, contrast := all[choice].draw(r), all[other].draw(r)
		f := finding{
			claim:    "over 100 000 draws, the mean is the same in training and in testing, to four standard errors, and in testing nothing is random",
			contrast: "choice " + all[other].name,
			met:      this.fits(), contrastMet: contrast.fits(),
		}
		f.number("mean in training", this.trainMean, "of x")
		f.number("mean in testing", this.testMean, "of x")
		f.number("variance in training", this.trainVariance, "of x²")
		f.number("variance in testing", this.testVariance, "of x²")
		f.text = fmt.Sprintf("With p = %g the mean is %.3f in training and %.3f in testing, the variance %.3f and %.3f.", dropoutRate,
			this.trainMean, this.testMean, this.trainVariance, this.testVariance)
		if all[choice].name == "D" {
			mean, variance, rest, err := libraryDropout(b, seed)
			if err != nil {
				return finding{}, err
			}
			f.number("GoMLX's dropout in training, mean", mean, "of x")
			f.number("GoMLX's dropout in training, variance", variance, "of x²")
			f.met = f.met && math.Abs(mean-1) < 4*math.Sqrt(variance/maskDraws) && rest == 0
			f.text += fmt.Sprintf(" The variance in theory is p/(1-p) = %.4f. GoMLX's layer does the same: mean %.3f, variance %.3f, and in testing x itself.", dropoutRate/(1-dropoutRate), mean, variance)
		}
		return f, nil
	}
}

// libraryDropout returns the moments of GoMLX's dropout of ones in training, and its largest deviation from x in testing.
func libraryDropout(b compute.Backend, seed int64) (mean, variance, testing float64, err error) {
	store := model.NewStore()
	defer store.Finalize()
	if err := store.SetRNGStateFromSeed(seed); err != nil {
		return 0, 0, 0, err
	}
	outputs, err := model.CallOnceN(b, store, func(scope *model.Scope, g *graph.Graph) []*graph.Node {
		ones := graph.Ones(g, shapes.Make(dtypes.Float64, maskDraws))
		still := graph.Sub(layers.DropoutStatic(scope, ones, dropoutRate), ones)
		scope.Store().SetTraining(g, true)
		x := layers.DropoutStatic(scope, ones, dropoutRate)
		mean := graph.ReduceAllMean(x)
		return []*graph.Node{mean, graph.Sub(graph.ReduceAllMean(graph.Square(x)), graph.Square(mean)), graph.ReduceAllMax(graph.Abs(still))}
	})
	if err != nil {
		return 0, 0, 0, err
	}
	return outputs[0].Value().(float64), outputs[1].Value().(float64), outputs[2].Value().(float64), nil
}
