package experiment

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/coursekit/vision"
	"courselab/datasets/images"
)

// ClassifiersConfig is the setting of ImageClassifiers. Start from DefaultClassifiersConfig or QuickClassifiersConfig.
type ClassifiersConfig struct {
	// Seeds, one run each: initial parameters and the order of the images.
	Seeds []int64
	// Digits to classify; Train of them to learn from, the Test that follow to score on.
	Digits      DigitsSource
	Train, Test int
	// Batch is the number of images in a step.
	Batch int
	// LinearSteps, CNNSteps and PatchesSteps are the numbers of updates.
	LinearSteps, CNNSteps, PatchesSteps int
	// WeightDecay of the linear classifier, which otherwise learns 8,000 images by heart.
	WeightDecay float64
	// RidgePenalty is that of the baseline, the least-squares classifier, in squared units of pixels, summed over the images.
	RidgePenalty float64
	// CNN and Patches are the two networks.
	CNN     vision.CNNConfig
	Patches vision.PatchesConfig
	// PatchesRate is the highest learning rate of the patch Transformer.
	PatchesRate float64
	// LeastLinear is the accuracy that softmax regression must reach, a share.
	LeastLinear float64
	// LeastNetworks is what the two networks must reach; 0 means more than softmax regression does.
	LeastNetworks float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultClassifiersConfig is MNIST's test images, 8,000 to learn from and 2,000 to score on, three seeds.
func DefaultClassifiersConfig() ClassifiersConfig {
	return ClassifiersConfig{
		Seeds: []int64{1, 2, 3}, Digits: MNISTTest, Train: 8000, Test: 2000, Batch: 100,
		LinearSteps: 1200, CNNSteps: 320, PatchesSteps: 400, WeightDecay: 0.05, RidgePenalty: 100, LeastLinear: 0.90,
		CNN: vision.DefaultCNN(10), Patches: vision.DefaultPatches(10), PatchesRate: 2e-3,
	}
}

// QuickClassifiersConfig is drawn digits and one seed, small enough for the pure-Go backend.
func QuickClassifiersConfig() ClassifiersConfig {
	config := DefaultClassifiersConfig()
	config.Seeds, config.Digits, config.Train, config.Test, config.quick = []int64{1}, Drawn, 800, 400, true
	config.Batch, config.LinearSteps, config.CNNSteps, config.PatchesSteps = 32, 150, 60, 100
	config.CNN.Filters, config.CNN.Hidden = []int{4, 8}, 32
	config.Patches.Patch, config.Patches.Encoder.ModelDim, config.Patches.Encoder.FFDim, config.Patches.Encoder.EncoderLayers = 7, 32, 64, 1
	config.PatchesRate = 1e-2
	config.LeastNetworks = 0.5 // so few images and steps that one matrix learns as fast
	return config
}

// Validate returns nil or every rule that is broken.
func (c ClassifiersConfig) Validate() error {
	r := rules{name: "image classifiers"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Digits == MNISTTest || c.Digits == Drawn, "Digits is %s, must be MNISTTest or Drawn", c.Digits)
	r.must(c.Train >= 10 && c.Test >= 10, "Train is %d and Test %d, must be at least 10 each", c.Train, c.Test)
	r.must(c.Batch >= 1 && c.Batch <= c.Train, "Batch is %d, must be 1 to Train, which is %d", c.Batch, c.Train)
	r.must(c.LinearSteps >= 1 && c.CNNSteps >= 1 && c.PatchesSteps >= 1,
		"LinearSteps is %d, CNNSteps %d, PatchesSteps %d, must be at least 1 each", c.LinearSteps, c.CNNSteps, c.PatchesSteps)
	r.must(c.WeightDecay >= 0, "WeightDecay is %g, must be at least 0", c.WeightDecay)
	r.must(c.PatchesRate > 0, "PatchesRate is %g, must be more than 0", c.PatchesRate)
	r.must(c.RidgePenalty > 0, "RidgePenalty is %g, must be more than 0", c.RidgePenalty)
	r.must(c.LeastLinear > 0 && c.LeastLinear < 1, "LeastLinear is %g, must be between 0 and 1", c.LeastLinear)
	r.must(c.LeastNetworks >= 0 && c.LeastNetworks < 1, "LeastNetworks is %g, must be in [0, 1)", c.LeastNetworks)
	r.must(c.CNN.Classes == 10 && c.Patches.Classes == 10, "the networks have %d and %d classes, must be 10: there are ten digits", c.CNN.Classes, c.Patches.Classes)
	r.broken = append(r.broken, c.CNN.Validate(), c.Patches.Validate())
	return r.err()
}

// ImageClassifiers is milestone M20: the linear classifier of the quiz, trained as softmax regression, beside least squares, a
// convolutional network and a Transformer of patches, all on the same digits.
//
// The negative control is softmax regression on labels that are shuffled: what it then gets right on the test images is chance.
//
// It returns an error that says what to put where if MNIST is needed and not there (datasets.ErrNotFound).
// Source: lecture 7, quiz 10 and "Universal encoders".
func ImageClassifiers(config ClassifiersConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	train, test, err := config.Digits.load(config.Train, config.Test)
	if err != nil {
		return Result{}, fmt.Errorf("image classifiers: %w", err)
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M20", Title: "Linear image classifier, templates, and what is better", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	run := classifiersRun{config: config, backend: b, train: train, test: test, testRows: rows(test)}
	if err := run.all(&result); err != nil {
		return Result{}, fmt.Errorf("image classifiers: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

type classifiersRun struct {
	config      ClassifiersConfig
	backend     compute.Backend
	train, test images.Set
	testRows    [][]float32
}

// classifier is a model with its way of training.
type classifier struct {
	name string
	fit  imageFit
	f    func(scope *model.Scope, x *graph.Node) *graph.Node
}

func (r classifiersRun) classifiers() []classifier {
	c := r.config
	as := func(name string, steps int, rate, decay float64) imageFit {
		return imageFit{"M20 " + name, steps, rate, decay, c.Quiet, c.Progress}
	}
	linear := func(scope *model.Scope, x *graph.Node) *graph.Node { return vision.LinearClassifier(scope, x, 10) }
	return []classifier{
		{"softmax regression", as("linear", c.LinearSteps, 5e-3, c.WeightDecay), linear},
		{"CNN", as("CNN", c.CNNSteps, 4e-3, 0), func(scope *model.Scope, x *graph.Node) *graph.Node {
			return vision.CNN(scope, x, c.CNN)
		}},
		{"patch Transformer", as("patches", c.PatchesSteps, c.PatchesRate, 0), func(scope *model.Scope, x *graph.Node) *graph.Node {
			return vision.PatchTransformer(scope, x, c.Patches)
		}},
		{"shuffled labels", as("control", c.LinearSteps, 5e-3, c.WeightDecay), linear},
	}
}

func (r classifiersRun) all(result *Result) error {
	c := r.config
	ridge, err := metric.FitRidge(rows(r.train), r.train.Labels, 10, c.RidgePenalty)
	if err != nil {
		return err
	}
	baseline, err := metric.ProbeAccuracy(ridge, r.testRows, r.test.Labels)
	if err != nil {
		return err
	}
	accuracies := map[string][]float64{}
	list := r.classifiers()
	for i, seed := range c.Seeds {
		for _, model := range list {
			accuracy, history, pictures, err := r.one(model, seed, i == 0)
			if err != nil {
				return fmt.Errorf("%s, seed %d: %w", model.name, seed, err)
			}
			accuracies[model.name] = append(accuracies[model.name], accuracy)
			result.Pictures = append(result.Pictures, pictures...)
			steps, losses := history.Curve()
			result.Curves = append(result.Curves, Curve{fmt.Sprintf("%s, seed %d", model.name, seed), "step", "nats", steps, losses})
		}
	}
	expected := map[string]float64{"softmax regression": c.LeastLinear, "shuffled labels": 0.1}
	from := map[string]string{"softmax regression": "M20, at least", "shuffled labels": "chance, 1/10"}
	for _, model := range list {
		n := Number{Name: model.name, Unit: "accuracy", Values: accuracies[model.name], From: from[model.name]}
		if want, found := expected[model.name]; found {
			n.Expected = &want
		}
		result.Numbers = append(result.Numbers, n)
	}
	least := Number{Name: "least squares (ridge)", Unit: "accuracy", Values: []float64{baseline}}
	if c.Digits == MNISTTest && c.Train == 8000 && c.Test == 2000 {
		least.Expected, least.From = ptr(.8875), "computed apart, in Python"
		result.Checks = append(result.Checks, Check{"least squares, the baseline", "0.8875 to 0.005", figure3(baseline), math.Abs(baseline-.8875) <= .005})
	}
	result.Numbers = append(result.Numbers, least)

	chance := 0.1 + 5*math.Sqrt(0.1*0.9/float64(c.Test))
	for i, seed := range c.Seeds {
		at := func(name string) float64 { return accuracies[name][i] }
		check := func(name, want string, got float64, passed bool) {
			result.Checks = append(result.Checks, Check{fmt.Sprintf("%s, seed %d", name, seed), want, figure3(got), passed})
		}
		linear := at("softmax regression")
		check("softmax regression", fmt.Sprintf("at least %.2f, and above least squares", c.LeastLinear), linear, linear >= c.LeastLinear && linear > baseline)
		for _, name := range []string{"CNN", "patch Transformer"} {
			want, passed := fmt.Sprintf("above softmax regression's %.4f", linear), at(name) > linear
			if c.LeastNetworks > 0 {
				want, passed = fmt.Sprintf("at least %.2f", c.LeastNetworks), at(name) >= c.LeastNetworks
			}
			check(name, want, at(name), passed)
		}
		check("shuffled labels", fmt.Sprintf("chance, at most 0.1 + 5σ = %.3f", chance), at("shuffled labels"), at("shuffled labels") <= chance)
	}
	return nil
}

// one trains a classifier and scores it on the test images; of the linear one, it draws the templates.
func (r classifiersRun) one(m classifier, seed int64, illustrate bool) (float64, training.History, []Picture, error) {
	store := model.NewStore()
	defer store.Finalize()
	train := r.train
	if m.name == "shuffled labels" {
		train.Labels = make([]int32, len(r.train.Labels))
		for i, j := range training.Rand(seed, 0).Perm(len(train.Labels)) {
			train.Labels[i] = r.train.Labels[j]
		}
	}
	history, err := m.fit.train(r.backend, store, seed, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		return vision.CrossEntropy(m.f(scope, batch[0]), batch[1]), nil
	}, shuffledImages(train, r.config.Batch, seed))
	if err != nil {
		return 0, history, nil, err
	}
	scores, err := outputs(r.backend, store, r.testRows, []int{r.test.Height, r.test.Width, r.test.Channels}, m.f)
	if err != nil {
		return 0, history, nil, err
	}
	accuracy, err := metric.Accuracy(largest(scores), r.test.Labels)
	if err != nil || !illustrate || m.name != "softmax regression" {
		return accuracy, history, nil, err
	}
	pictures, err := r.templates(store)
	return accuracy, history, pictures, err
}

// templates draws the columns of W: blue where ink speaks for the class, red where it speaks against it.
func (r classifiersRun) templates(store *model.Store) ([]Picture, error) {
	value, err := store.GetVariable("/dense/weights").Value()
	if err != nil {
		return nil, err
	}
	weights, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		return nil, err
	}
	size := len(weights) / 10
	bound := 0.0
	for _, w := range weights {
		bound = max(bound, math.Abs(float64(w)))
	}
	templates := Picture{Name: "templates of softmax regression: blue for, red against", Columns: 5}
	for class := range 10 {
		pixels := make([]float32, 0, 3*size)
		for i := range size {
			w := 1.5 * weights[10*i+class] / float32(bound)
			pixels = append(pixels, 1-max(w, 0), 1-max(w, -w), 1-max(-w, 0))
		}
		templates.Images = append(templates.Images, NewImage(fmt.Sprint(class), r.test.Height, r.test.Width, 3, pixels))
	}
	return []Picture{templates}, nil
}

func m20() Milestone {
	return Milestone{
		ID: "M20", Title: "Linear image classifier, templates, and what is better",
		Shows:  "one matrix, a template a class, reads nine of ten digits; convolutions and a Transformer of patches read more",
		Expect: "softmax regression at least 0.90 on 2,000 of MNIST's test images, least squares 0.8875; needs MNIST's test files", Takes: "15 s a seed",
		Headline: []string{"softmax regression", "CNN", "least squares (ridge)"},
		Run: func(o Options) (Result, error) {
			config := DefaultClassifiersConfig()
			if o.Quick {
				config = QuickClassifiersConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return ImageClassifiers(config)
		},
	}
}
