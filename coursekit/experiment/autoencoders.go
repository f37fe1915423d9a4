package experiment

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/gomlx/compute"

	"courselab/coursekit/vision"
	"courselab/datasets/images"
)

// AutoencodersConfig is the setting of Autoencoders. Start from DefaultAutoencodersConfig or QuickAutoencodersConfig.
type AutoencodersConfig struct {
	// Seeds, one run each: initial parameters, the order of the images, the labelled examples of the probes.
	Seeds []int64
	// Digits to squeeze; Train of them to learn from, the Test that follow to score on.
	Digits      DigitsSource
	Train, Test int
	// Batch is the number of images in a step.
	Batch int

	// Linear are the latent widths of the linear autoencoders, Dense those of the dense ones; each is compared with as many principal
	// components. The convolutional one has the last of Dense,
	// whose latent vectors are probed beside as many principal components and twice as many.
	Linear, Dense []int
	// LinearSteps, DenseSteps and ConvolutionalSteps are the numbers of updates.
	LinearSteps, DenseSteps, ConvolutionalSteps int
	// LinearRate, DenseRate are the highest learning rates.
	LinearRate, DenseRate float64
	// Hidden are the widths of the dense encoders' hidden layers.
	Hidden []int

	// Within is how much larger than PCA's error a linear autoencoder's may be, as a share.
	Within float64
	// Below is the share of PCA's error that a dense autoencoder of the same width, if the width is one of BelowAt, must stay under.
	Below   float64
	BelowAt []int

	// Labelled are the numbers of labelled training examples of the linear probes, and Draws how often they are drawn for each seed.
	Labelled []int
	Draws    int
	// Penalty of the probes, ridge regression on standardised features.
	Penalty float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultAutoencodersConfig is MNIST's test images, 8,000 to learn from and 2,000 to score on, three seeds.
func DefaultAutoencodersConfig() AutoencodersConfig {
	return AutoencodersConfig{
		Seeds: []int64{1, 2, 3}, Digits: MNISTTest, Train: 8000, Test: 2000, Batch: 100,
		Linear: []int{2, 8, 32}, Dense: []int{2, 8, 16}, Hidden: []int{256, 128},
		LinearSteps: 1600, DenseSteps: 1600, ConvolutionalSteps: 400, LinearRate: 4e-3, DenseRate: 3e-3,
		Within: 0.02, Below: 0.95, BelowAt: []int{2, 8}, Labelled: []int{100, 500}, Draws: 10, Penalty: 10,
	}
}

// QuickAutoencodersConfig is drawn digits and one seed, small enough for the pure-Go backend.
func QuickAutoencodersConfig() AutoencodersConfig {
	config := DefaultAutoencodersConfig()
	config.Seeds, config.Digits, config.Train, config.Test, config.quick = []int64{1}, Drawn, 1500, 300, true
	config.Batch, config.Linear, config.Dense, config.BelowAt = 30, []int{2}, []int{2, 4}, []int{2}
	config.LinearSteps, config.DenseSteps, config.ConvolutionalSteps = 250, 500, 10
	config.Hidden, config.LinearRate, config.DenseRate, config.Within, config.Below = []int{64, 32}, 1e-2, 5e-3, 0.04, 0.98
	config.Labelled, config.Draws = []int{100}, 5
	return config
}

// Validate returns nil or every rule that is broken.
func (c AutoencodersConfig) Validate() error {
	r := rules{name: "autoencoders"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Digits == MNISTTest || c.Digits == Drawn, "Digits is %s, must be MNISTTest or Drawn", c.Digits)
	r.must(c.Train >= 100 && c.Test >= 10, "Train is %d and Test %d, must be at least 100 and 10", c.Train, c.Test)
	r.must(c.Batch >= 1 && c.Batch <= c.Train, "Batch is %d, must be 1 to Train, which is %d", c.Batch, c.Train)
	r.must(len(c.Linear) > 0 && len(c.Dense) > 0, "Linear is %v and Dense %v, name at least one latent width each", c.Linear, c.Dense)
	for _, k := range slices.Concat(c.Linear, c.Dense) {
		r.must(k >= 1 && 2*k < min(784, c.Train), "a latent width is %d, must be 1 to 391 and less than half of Train, which is %d", k, c.Train)
	}
	for _, k := range c.BelowAt {
		r.must(slices.Contains(c.Dense, k), "BelowAt has %d, which is not in Dense, %v", k, c.Dense)
	}
	r.must(c.LinearSteps >= 1 && c.DenseSteps >= 1 && c.ConvolutionalSteps >= 1,
		"LinearSteps is %d, DenseSteps %d, ConvolutionalSteps %d, must be at least 1 each", c.LinearSteps, c.DenseSteps, c.ConvolutionalSteps)
	r.must(c.LinearRate > 0 && c.DenseRate > 0, "LinearRate is %g and DenseRate %g, must be more than 0", c.LinearRate, c.DenseRate)
	for i, width := range c.Hidden {
		r.must(width >= 1, "Hidden[%d] is %d, a dense layer needs positive widths: at least 1", i, width)
	}
	r.must(c.Within > 0, "Within is %g, must be more than 0", c.Within)
	r.must(c.Below > 0 && c.Below <= 1, "Below is %g, must be in (0, 1]", c.Below)
	r.must(len(c.Labelled) > 0 && c.Draws >= 1, "Labelled is %v and Draws %d, must be at least one each", c.Labelled, c.Draws)
	for _, n := range c.Labelled {
		r.must(n >= 10 && n <= c.Train, "Labelled has %d, must be 10 to Train, which is %d", n, c.Train)
	}
	r.must(c.Penalty > 0, "Penalty is %g, must be more than 0", c.Penalty)
	return r.err()
}

// Autoencoders is milestone M12: images squeezed into a few values and made again. A linear autoencoder finds what principal
// components find; a dense one makes a smaller error of as few values; and its latent vectors tell digits apart with few
// labels.
//
// Errors are squared, summed over an image's pixels and averaged over the test images. Probes are ridge regression on standardised
// features, with the same labelled examples for all. The negative control is a dense autoencoder that is not trained: its error is above
// that of the mean image.
//
// It returns an error that says what to put where if MNIST is needed and not there (datasets.ErrNotFound).
// Source: lecture 7, "Autoencoders"; Baldi and Hornik 1989, "Neural networks and principal component analysis".
func Autoencoders(config AutoencodersConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	train, test, err := config.Digits.load(config.Train, config.Test)
	if err != nil {
		return Result{}, fmt.Errorf("autoencoders: %w", err)
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M12", Title: "Autoencoders and principal components", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	run := autoencodersRun{config: config, backend: b, train: train, test: test, trainRows: rows(train), testRows: rows(test)}
	if err := run.all(&result); err != nil {
		return Result{}, fmt.Errorf("autoencoders: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

type autoencodersRun struct {
	config              AutoencodersConfig
	backend             compute.Backend
	train, test         images.Set
	trainRows, testRows [][]float32
}

// knownPCA are the errors of principal components on the split of MNIST's test images into 8,000 and 2,000, computed apart in Python.
var knownPCA = map[int]float64{0: 55.95, 2: 46.35, 8: 30.51, 16: 21.81, 32: 13.62, 64: 7.39}

func (r autoencodersRun) all(result *Result) error {
	c := r.config
	pca, err := principalComponents(r.trainRows, slices.Max(slices.Concat(c.Linear, c.Dense, []int{2 * c.Dense[len(c.Dense)-1]})))
	if err != nil {
		return err
	}
	known := c.Digits == MNISTTest && c.Train == 8000 && c.Test == 2000
	pcaErrors := map[int]float64{0: pca.reconstructionError(r.testRows, 0)}
	widths := slices.Concat([]int{0}, c.Linear, c.Dense)
	slices.Sort(widths)
	for _, k := range slices.Compact(widths) {
		name := fmt.Sprintf("PCA, k = %d", k)
		if k == 0 {
			name = "mean image"
		}
		pcaErrors[k] = pca.reconstructionError(r.testRows, k)
		n := Number{Name: name, Unit: "squared error", Values: []float64{pcaErrors[k]}}
		if want, found := knownPCA[k]; found && known {
			n.Expected, n.From = &want, "computed apart, in Python"
			result.Checks = append(result.Checks, Check{name, fmt.Sprintf("%.2f to 0.02", want), figure3(pcaErrors[k]), math.Abs(pcaErrors[k]-want) <= 0.02})
		}
		result.Numbers = append(result.Numbers, n)
	}
	report := autoencodersReport{run: r, pca: pca, pcaErrors: pcaErrors, values: map[string][]float64{}, result: result}
	for i, seed := range c.Seeds {
		if err := report.seed(seed, i == 0); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	report.numbers()
	report.compareProbes()
	return nil
}

// kind returns an autoencoder's configuration and how it is trained.
func (r autoencodersRun) kind(kind vision.Kind, k int) (vision.AutoencoderConfig, imageFit) {
	c := r.config
	model := vision.DefaultAutoencoder(kind, k)
	f := imageFit{fmt.Sprintf("M12 %s %d", kind, k), c.DenseSteps, c.DenseRate, 0, c.Quiet, c.Progress}
	switch kind {
	case vision.Linear:
		f.steps, f.learningRate = c.LinearSteps, c.LinearRate
	case vision.Dense:
		model.Hidden = c.Hidden
	case vision.Convolutional:
		f.steps = c.ConvolutionalSteps
	}
	return model, f
}

func m12() Milestone {
	return Milestone{
		ID: "M12", Title: "Autoencoders and principal components",
		Shows:  "a linear autoencoder is PCA; a dense one squeezes better, and its latent vectors need fewer labels",
		Expect: "linear within 2 % of PCA's 46.35 (k = 2), 30.51 (8) and 13.62 (32); dense below 95 % of it, 16 of its values as good a probe as 16 components; needs MNIST's test files", Takes: "15 s a seed",
		Headline: []string{"PCA, k = 8", "linear, k = 8", "dense, k = 8"},
		Run: func(o Options) (Result, error) {
			config := DefaultAutoencodersConfig()
			if o.Quick {
				config = QuickAutoencodersConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return Autoencoders(config)
		},
	}
}
