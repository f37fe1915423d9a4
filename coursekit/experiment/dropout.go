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

	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/coursekit/worked"
)

// DropoutConfig is the setting of Dropout. Start from DefaultDropoutConfig or QuickDropoutConfig.
type DropoutConfig struct {
	// Seeds: one draw of masks, one data set and three trainings each.
	Seeds []int64
	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Draws of the mask for each seed.
	Draws int
	// Rate of the masks, the probability that a unit is dropped.
	Rate float64
	// ModelRate is that of the trained model's hidden units.
	ModelRate float64
	// Examples to train on, few, and Plenty for the control; Held out are those that the gap is measured on.
	Examples, Plenty, Held int
	// Inputs of an example, Hidden units in each of two layers.
	Inputs, Hidden int
	// Flipped is the share of the labels that are wrong.
	Flipped float64
	// Steps of Adam on all examples at once, at LearningRate.
	Steps        int
	LearningRate float64
	// Level is the probability below which the paired t-test of the gaps must be; it needs three seeds.
	Level float64
	// Quiet suppresses progress.
	Quiet bool
	// Progress is where progress is shown; nil means standard error.
	Progress io.Writer

	quick bool
}

// DefaultDropoutConfig has five seeds, 100,000 masks, and trains 120 examples of 20 inputs on 2 layers of 64 units.
func DefaultDropoutConfig() DropoutConfig {
	return DropoutConfig{
		Seeds: []int64{1, 2, 3, 4, 5}, Draws: 100_000, Rate: worked.Dropout.Rate, ModelRate: 0.5,
		Examples: 120, Plenty: 4000, Held: 2000, Inputs: 20, Hidden: 64, Flipped: 0.1,
		Steps: 150, LearningRate: 3e-3, Level: 0.05,
	}
}

// QuickDropoutConfig has one seed, too few for the t-test.
func QuickDropoutConfig() DropoutConfig {
	c := DefaultDropoutConfig()
	c.Seeds, c.Plenty, c.Held, c.quick = []int64{1}, 2000, 1000, true
	return c
}

// Validate returns nil or the rules that are broken.
func (c DropoutConfig) Validate() error {
	r := rules{name: "dropout"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Draws >= 1000, "Draws is %d, must be at least 1000", c.Draws)
	r.must(c.Rate > 0 && c.Rate < 1 && c.ModelRate > 0 && c.ModelRate < 1, "Rate is %g and ModelRate %g, must be between 0 and 1", c.Rate, c.ModelRate)
	r.must(c.Examples >= 2 && c.Plenty > c.Examples && c.Held >= 100, "Examples is %d, Plenty %d and Held %d, must be at least 2, more than that, and at least 100", c.Examples, c.Plenty, c.Held)
	r.must(c.Inputs >= 1 && c.Hidden >= 1, "Inputs is %d and Hidden %d, must be at least 1", c.Inputs, c.Hidden)
	r.must(c.Flipped >= 0 && c.Flipped < 0.5, "Flipped is %g, must be in [0, 0.5)", c.Flipped)
	r.must(c.Steps >= 1 && c.LearningRate > 0, "Steps is %d and LearningRate %g, must be at least 1 and more than 0", c.Steps, c.LearningRate)
	r.must(c.Level > 0 && c.Level < 1, "Level is %g, must be between 0 and 1", c.Level)
	return r.err()
}

// Dropout is milestone M18: what dropout does to a value's mean and variance, and to the gap between training and held-out loss.
//
// First the five options of quiz question 18, a value 1 each, drawn: D and E have the same mean in training and testing and draw
// nothing in testing. A has the same means, too, but stays random. Then the layer itself, as GoMLX has it: mean 1 and variance
// p/(1-p) in training, exactly 1 otherwise. Last, a perceptron too large for its few examples, trained with dropout and
// without; in the negative control, there are plenty of examples and there is hardly a gap to close.
//
// Sources: lecture 7, midterm question 18; Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
// overfitting", sections 4 and 10.
func Dropout(config DropoutConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	result := Result{ID: "M18", Title: "Dropout: the same mean, some noise, a smaller gap", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	config.options(&result)
	if err := config.layer(b, &result); err != nil {
		return Result{}, fmt.Errorf("dropout: %w", err)
	}
	if err := config.gaps(b, &result); err != nil {
		return Result{}, fmt.Errorf("dropout: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// quizOptions are what becomes of a value 1 in training and in testing, given if its unit is kept (1) or dropped (0).
func (c DropoutConfig) quizOptions() []struct {
	name        string
	train, test func(kept float64) float64
	right       bool
} {
	p := c.Rate
	dropped := func(divisor float64) func(float64) float64 {
		return func(kept float64) float64 { return kept / divisor }
	}
	always := func(value float64) func(float64) float64 { return func(float64) float64 { return value } }
	return []struct {
		name        string
		train, test func(kept float64) float64
		right       bool
	}{
		{"A", dropped(1 - p), dropped(1 - p), false}, {"B", dropped(p), dropped(p), false}, {"C", always(p), dropped(p), false},
		{"D", dropped(1 - p), always(1), true}, {"E", dropped(1), always(1 - p), true},
	}
}

// options draws those of the quiz. One is right if the means of training and testing agree to four standard deviations of their
// difference, and testing draws nothing.
func (c DropoutConfig) options(result *Result) {
	n := float64(c.Draws)
	for _, option := range c.quizOptions() {
		train, test := Number{Name: option.name + ": mean in training", Unit: "of a value 1"}, Number{Name: option.name + ": mean in testing", Unit: "of a value 1"}
		accepted, widest := 0, 0.
		for _, seed := range c.Seeds {
			r := rand.New(rand.NewPCG(uint64(seed), 18))
			var moments [2][2]float64 // of training and testing: mean and variance
			for k, f := range []func(float64) float64{option.train, option.test} {
				sum, squares := 0., 0.
				for range c.Draws {
					kept := 1.
					if r.Float64() < c.Rate {
						kept = 0
					}
					x := f(kept) - 1 // far from 0, squares would lose a constant's digits
					sum, squares = sum+x, squares+x*x
				}
				moments[k] = [2]float64{1 + sum/n, math.Max(squares/n-sum/n*sum/n, 0)}
			}
			train.Values, test.Values = append(train.Values, moments[0][0]), append(test.Values, moments[1][0])
			apart := math.Abs(moments[0][0] - moments[1][0])
			widest = math.Max(widest, moments[1][1])
			if apart <= 4*math.Sqrt((moments[0][1]+moments[1][1])/n)+1e-9 && moments[1][1] < 1e-9 {
				accepted++
			}
		}
		result.Numbers = append(result.Numbers, train, test)
		want, all := "wrong on all seeds", 0
		if option.right {
			want, all = "right on all seeds", len(c.Seeds)
		}
		result.Checks = append(result.Checks, Check{"option " + option.name, want, fmt.Sprintf("right on %d of %d, variance in testing %.4f", accepted, len(c.Seeds), widest), accepted == all})
	}
}

// layer measures GoMLX's.
func (c DropoutConfig) layer(b compute.Backend, result *Result) error {
	mean, variance, off := Number{Name: "layer: mean in training", Unit: "of a value 1", Expected: ptr(1), From: "1/(1-p) for those kept"},
		Number{Name: "layer: variance in training", Unit: "of a value 1", Expected: ptr(c.Rate / (1 - c.Rate)), From: "p/(1-p)"},
		Number{Name: "layer: largest change in testing", Unit: "of a value 1", Expected: ptr(0), From: "nothing is dropped"}
	q, n := 1-c.Rate, float64(c.Draws)
	// The values are 0 and 1/q, so that both moments are functions of the share kept, whose standard deviation is sqrt(pq/n).
	spread := math.Sqrt(c.Rate * q / n)
	meanBound, varianceBound := 4*spread/q, 4*math.Abs(1-2*q)/(q*q)*spread+1/n
	ok := true
	for _, train := range []bool{true, false} {
		store := model.NewStore()
		defer store.Finalize()
		exec, err := model.NewExec(b, store, func(scope *model.Scope, x *Node) *Node {
			store.SetTraining(x.Graph(), train)
			return layers.DropoutStatic(scope, x, c.Rate)
		})
		if err != nil {
			return err
		}
		defer exec.Finalize()
		for _, seed := range c.Seeds {
			if err := store.SetRNGStateFromSeed(seed); err != nil {
				return err
			}
			outputs, err := exec.Call(slices.Repeat([]float32{1}, c.Draws))
			if err != nil {
				return err
			}
			m, v, largest := 0., 0., 0.
			values := tensors.MustCopyFlatData[float32](outputs[0])
			for _, x := range values {
				m += float64(x) / n
				largest = math.Max(largest, math.Abs(float64(x)-1))
			}
			for _, x := range values {
				v += (float64(x) - m) * (float64(x) - m) / n
			}
			if !train {
				off.Values = append(off.Values, largest)
				ok = ok && largest == 0
				continue
			}
			mean.Values, variance.Values = append(mean.Values, m), append(variance.Values, v)
			ok = ok && math.Abs(m-1) <= meanBound && math.Abs(v-c.Rate/q) <= varianceBound
		}
	}
	result.Numbers = append(result.Numbers, mean, variance, off)
	result.Checks = append(result.Checks, Check{"the layer", fmt.Sprintf("mean 1 to %.4f, variance %.4f to %.4f (4 sigma), in testing exactly the input", meanBound, c.Rate/q, varianceBound),
		fmt.Sprintf("mean %.4f to %.4f, variance %.4f to %.4f, change %g", slices.Min(mean.Values), slices.Max(mean.Values), slices.Min(variance.Values), slices.Max(variance.Values), slices.Max(off.Values)), ok})
	return nil
}

// arm is a training of the comparison.
type arm struct {
	name     string
	rate     float64
	examples int
}

func (c DropoutConfig) gaps(b compute.Backend, result *Result) error {
	arms := []arm{{"without", 0, c.Examples}, {"with", c.ModelRate, c.Examples}, {"control, many examples, without", 0, c.Plenty}}
	gaps, accuracies := make([]Number, len(arms)), make([]Number, len(arms))
	for k, arm := range arms {
		gaps[k] = Number{Name: arm.name + ": held-out less training loss", Unit: "nats"}
		accuracies[k] = Number{Name: arm.name + ": held-out accuracy", Unit: "share"}
		for i, seed := range c.Seeds {
			f, err := c.train(b, seed, arm)
			if err != nil {
				return fmt.Errorf("seed %d, %s: %w", seed, arm.name, err)
			}
			gaps[k].Values = append(gaps[k].Values, f.heldLoss-f.trainLoss)
			accuracies[k].Values = append(accuracies[k].Values, f.accuracy)
			if i == 0 {
				for name, y := range map[string][]float64{"training, ": f.trainCurve, "held out, ": f.heldCurve} {
					result.Curves = append(result.Curves, Curve{name + arm.name, "step", "loss, nats", f.steps, y})
				}
			}
		}
	}
	slices.SortFunc(result.Curves, func(a, b Curve) int { // maps have no order
		return map[bool]int{true: -1, false: 1}[a.Name < b.Name]
	})
	result.Numbers = append(append(result.Numbers, gaps...), accuracies...)
	without, with, control := gaps[0].Values, gaps[1].Values, gaps[2].Values
	smaller, hardly := true, true
	for i := range with {
		smaller = smaller && with[i] < without[i]
		hardly = hardly && control[i] < without[i]/2
	}
	summary := func(values []float64) string {
		s, err := metric.Summarize(values)
		if err != nil {
			return err.Error()
		}
		return s.String()
	}
	result.Checks = append(result.Checks,
		Check{"dropout makes the gap smaller", "on every seed", fmt.Sprintf("%s with, %s without", summary(with), summary(without)), smaller},
		Check{"control: with many examples there is hardly a gap", "less than half, on every seed", summary(control), hardly})
	if len(c.Seeds) < 3 {
		return nil
	}
	test, err := metric.PairedT(with, without)
	if err != nil {
		return err
	}
	result.Checks = append(result.Checks, Check{"paired t-test of the gaps", fmt.Sprintf("P below %g", c.Level), fmt.Sprintf("t = %.2f, P = %.2g", test.Statistic, test.P), test.P < c.Level})
	return nil
}

// fit is what a training came to.
type fit struct {
	trainLoss, heldLoss, accuracy float64 // both losses without dropping
	steps, trainCurve, heldCurve  []float64
}

// train fits a perceptron to the seed's examples.
func (c DropoutConfig) train(b compute.Backend, seed int64, arm arm) (fit, error) {
	x, y := c.draw(seed, arm.examples)
	defer x.MustFinalizeAll()
	defer y.MustFinalizeAll()
	heldX, heldY := c.draw(seed, -c.Held)
	defer heldX.MustFinalizeAll()
	defer heldY.MustFinalizeAll()

	store := model.NewStore()
	defer store.Finalize()
	logits := func(scope *model.Scope, x *Node) *Node {
		for i := range 2 {
			x = layers.DenseWithBias(scope.In("hidden_%d", i), x, c.Hidden)
			x = Max(x, ZerosLike(x))
			if arm.rate > 0 {
				x = layers.DropoutStatic(scope, x, arm.rate)
			}
		}
		return Reshape(layers.DenseWithBias(scope.In("output"), x, 1), -1) // [B]
	}
	loss := func(logits, y *Node) *Node { // of labels +1 and -1: log(1 + exp(-y·logit))
		z := Mul(y, logits)
		positive := GreaterThan(z, ZerosLike(z))
		return ReduceAllMean(Add(Log1p(Exp(Where(positive, Neg(z), z))), Where(positive, ZerosLike(z), Neg(z))))
	}
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.Schedule, config.KeepBatches = seed, c.Steps, training.Constant(c.LearningRate), true
	config.EvaluateEvery, config.RecordEvery = max(1, c.Steps/15), max(1, c.Steps/15)
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M18 seed %d, %s", seed, arm.name), c.Quiet, c.Progress
	loop, err := training.New(b, store, config,
		func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			return loss(logits(scope, batch[0]), batch[1]), nil
		},
		func(*rand.Rand, int) ([]*tensors.Tensor, error) { return []*tensors.Tensor{x, y}, nil })
	if err != nil {
		return fit{}, err
	}
	exec, err := model.NewExec(b, store, func(scope *model.Scope, x, y *Node) (*Node, *Node) {
		store.SetTraining(x.Graph(), false)
		z := logits(scope, x)
		right := ConvertDType(GreaterThan(Mul(z, y), ZerosLike(z)), z.DType())
		return loss(z, y), ReduceAllMean(right)
	})
	if err != nil {
		return fit{}, err
	}
	defer exec.Finalize()
	var f fit
	loop.Evaluate = func(_ context.Context, step int) (map[string]float64, error) {
		for k, set := range [][2]*tensors.Tensor{{x, y}, {heldX, heldY}} {
			outputs, err := exec.Call(set[0], set[1])
			if err != nil {
				return nil, err
			}
			l, a := float64(tensors.ToScalar[float32](outputs[0])), float64(tensors.ToScalar[float32](outputs[1]))
			if k == 0 {
				f.trainLoss, f.trainCurve = l, append(f.trainCurve, l)
			} else {
				f.heldLoss, f.accuracy, f.heldCurve = l, a, append(f.heldCurve, l)
			}
		}
		f.steps = append(f.steps, float64(step))
		return map[string]float64{"training": f.trainLoss, "held out": f.heldLoss}, nil
	}
	_, err = loop.Run(context.Background())
	return f, err
}

// draw makes n examples to train on, or -n held-out ones, of the seed's own rule: x [n, Inputs] normal, y [n] the sign of a fixed
// linear function of x, Flipped of them turned.
func (c DropoutConfig) draw(seed int64, n int) (x, y *tensors.Tensor) {
	rule := rand.New(rand.NewPCG(uint64(seed), 181))
	weights := make([]float64, c.Inputs)
	for i := range weights {
		weights[i] = rule.NormFloat64()
	}
	stream := uint64(182)
	if n < 0 {
		n, stream = -n, 183
	}
	r := rand.New(rand.NewPCG(uint64(seed), stream))
	xs, ys := make([]float32, 0, n*c.Inputs), make([]float32, 0, n)
	for range n {
		sum := 0.
		for _, w := range weights {
			value := r.NormFloat64()
			sum += w * value
			xs = append(xs, float32(value))
		}
		label := math.Copysign(1, sum)
		if r.Float64() < c.Flipped {
			label = -label
		}
		ys = append(ys, float32(label))
	}
	return tensors.FromFlatDataAndDimensions(xs, n, c.Inputs), tensors.FromFlatDataAndDimensions(ys, n)
}

func m18() Milestone {
	return Milestone{
		ID: "M18", Title: "Dropout: the same mean, some noise, a smaller gap",
		Shows:  "which of the quiz's rules keep the mean, how much noise dropout adds, and what it does to a model that learns by heart",
		Expect: "D and E; variance p/(1-p) = 0.4286 at p = 0.3; the gap falls from about 1.1 to 0.5 nats, P < 0.001", Takes: "20 s",
		Headline: []string{"layer: mean in training", "layer: variance in training"},
		Run: func(o Options) (Result, error) {
			config := DefaultDropoutConfig()
			if o.Quick {
				config = QuickDropoutConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return Dropout(config)
		},
	}
}
