package experiment

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/gan"
	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/datasets/synth"
)

// DCGANConfig is the setting of DigitGAN. Start from DefaultDCGANConfig or QuickDCGANConfig.
type DCGANConfig struct {
	// Seeds, one game each.
	Seeds []int64
	// Drawn is the number of digits to draw for training; 0 loads MNIST.
	Drawn int
	// Filters are the channels of the players' convolutions; BatchNorm normalises between them.
	Filters   []int
	BatchNorm bool
	// Noise is Z.
	Noise int
	// Steps of both players, in batches of Batch, at a constant LearningRate.
	Steps, Batch int
	LearningRate float64
	// OracleSteps train the classifier that judges samples.
	OracleSteps int
	// Samples to judge, at most as many as there are digits to test on.
	Samples int
	// Classes is how many classes must have a Share of the samples.
	Classes int
	Share   float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultDCGANConfig is MNIST, a DCGAN of 24 and 48 channels, three seeds.
func DefaultDCGANConfig() DCGANConfig {
	return DCGANConfig{
		Seeds: []int64{1, 2, 3}, Filters: []int{24, 48}, BatchNorm: true, Noise: 32, Steps: 750, Batch: 64, LearningRate: 1e-3,
		OracleSteps: 1000, Samples: 2000, Classes: 10, Share: 0.02,
	}
}

// QuickDCGANConfig needs no data: drawn digits, a smaller model, fewer steps, one seed, and so fewer classes.
func QuickDCGANConfig() DCGANConfig {
	c := DefaultDCGANConfig()
	c.quick = true
	c.Seeds, c.Drawn, c.Filters, c.Noise = []int64{1}, 2000, []int{6, 12}, 16
	c.Steps, c.Batch, c.LearningRate, c.OracleSteps, c.Samples, c.Classes = 150, 24, 3e-3, 200, 500, 6
	return c
}

// Validate returns nil or every rule that is broken.
func (c DCGANConfig) Validate() error {
	r := rules{name: "GAN of digits"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Drawn >= 0, "Drawn is %d, must be at least 0", c.Drawn)
	r.must(c.Steps >= snapshots && c.Steps%snapshots == 0, "Steps is %d, must be a multiple of %d", c.Steps, snapshots)
	r.must(c.OracleSteps >= 1, "OracleSteps is %d, must be at least 1", c.OracleSteps)
	r.must(c.Drawn == 0 || c.Batch <= c.Drawn, "Batch is %d, must be at most Drawn, which is %d", c.Batch, c.Drawn)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.Samples >= 100 && (c.Drawn == 0 || c.Samples <= c.Drawn/4), "Samples is %d, must be at least 100 and at most a quarter of Drawn, which is %d", c.Samples, c.Drawn)
	r.must(c.Classes >= 2 && c.Classes <= classes, "Classes is %d, must be 2 to %d", c.Classes, classes)
	r.must(c.Share > 0 && c.Share <= 1./classes, "Share is %g, must be more than 0 and at most %g", c.Share, 1./classes)
	for _, err := range []error{c.game().Validate(), c.players().Validate()} {
		if err != nil {
			r.broken = append(r.broken, err)
		}
	}
	return r.err()
}

// snapshots is how often in a game samples are drawn.
const snapshots = 5

func (c DCGANConfig) game() gan.Config {
	g := gan.DefaultConfig()
	g.Noise, g.Batch, g.Separate = c.Noise, c.Batch, c.BatchNorm
	return g
}

func (c DCGANConfig) players() gan.Convolutional {
	p := gan.DefaultConvolutional()
	p.Filters, p.BatchNorm = c.Filters, c.BatchNorm
	return p
}

// DigitGAN is milestone M17: a DCGAN makes digits of noise, and a classifier, the oracle, says which.
//
// A class counts as covered if the oracle finds it in 2 % of the samples. The Fréchet distance between the oracle's features of
// samples and of test digits stands beside that of other real digits, of pixel noise, and of the generator before training.
//
// It returns an error that says what to put where if MNIST is needed and not there (datasets.ErrNotFound).
// Source: lecture 7, "Generative adversarial networks"; Radford et al. 2016; Heusel et al. 2017, "GANs Trained by a Two Time-Scale
// Update Rule", section 2, for the distance, there in the features of another network.
func DigitGAN(config DCGANConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	d, err := loadDigits(config.Drawn)
	if err != nil {
		return Result{}, fmt.Errorf("GAN of digits: %w", err)
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M17", Title: "A GAN of digits", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	judge, err := trainOracle(b, d, config.OracleSteps, 1)
	if err != nil {
		return Result{}, fmt.Errorf("GAN of digits: %w", err)
	}
	defer judge.release()
	real, err := judge.judge(imagesOf(d.test.Slice(0, min(config.Samples, d.test.Len()))))
	if err != nil {
		return Result{}, fmt.Errorf("GAN of digits: %w", err)
	}
	var games []digitGame
	for _, seed := range config.Seeds {
		game, err := config.play(b, d, judge, real, seed)
		if err != nil {
			return Result{}, fmt.Errorf("GAN of digits, seed %d: %w", seed, err)
		}
		games = append(games, game)
	}
	if err := config.report(&result, d, judge, real, games); err != nil {
		return Result{}, fmt.Errorf("GAN of digits: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// digitGame is one game and what the oracle says of its samples, before the first step and at each snapshot.
type digitGame struct {
	history  training.History
	at       []float64
	verdicts []verdict
	distance []float64 // Fréchet distance from the test digits
	pictures []Picture
}

// covered is the number of classes with the share at snapshot i.
func (c DCGANConfig) covered(v verdict) (n int) {
	for _, share := range v.shares {
		if share >= c.Share {
			n++
		}
	}
	return n
}

func (c DCGANConfig) play(b compute.Backend, d digits, judge *oracle, real verdict, seed int64) (digitGame, error) {
	var game digitGame
	store := model.NewStore()
	defer store.Finalize()
	generator, rules := c.players().Generator(), c.game()
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.Adam, config.Schedule = seed, c.Steps, gan.Adam(), training.Constant(c.LearningRate)
	config.EvaluateEvery, config.RecordEvery = c.Steps/snapshots, max(1, c.Steps/250)
	config.Name, config.Quiet, config.Progress = seedName("M17", seed), c.Quiet, c.Progress
	loop, err := training.NewUpdate(b, store, config, rules.Update(generator, c.players().Discriminator()), rules.Batches(d.drawSigned))
	if err != nil {
		return game, err
	}
	sampler, err := gan.NewSampler(b, store, generator)
	if err != nil {
		return game, err
	}
	defer sampler.Finalize()
	look := func(step int) error {
		// Step 0 is never trained: its stream is free, and each snapshot has the same noise.
		made, err := sampler.Sample(gan.Noise(training.Rand(seed, 0), c.Samples, c.Noise))
		if err != nil {
			return err
		}
		values := tensors.MustCopyFlatData[float32](made)
		for i, x := range values {
			values[i] = (x + 1) / 2
		}
		v, err := judge.judge(tensors.FromFlatDataAndDimensions(values, c.Samples, synth.DigitSide*synth.DigitSide))
		if err != nil {
			return err
		}
		distance, err := metric.FrechetDistance(v.features, real.features)
		if err != nil {
			return err
		}
		game.at, game.verdicts, game.distance = append(game.at, float64(step)), append(game.verdicts, v), append(game.distance, distance)
		game.pictures = append(game.pictures, gallery(fmt.Sprintf("samples after %d steps, seed %d", step, seed), 8, gallerySize, values))
		return nil
	}
	if err := look(0); err != nil {
		return game, err
	}
	loop.Evaluate = func(_ context.Context, step int) (map[string]float64, error) {
		if err := look(step); err != nil {
			return nil, err
		}
		last := len(game.at) - 1
		return map[string]float64{"classes": float64(c.covered(game.verdicts[last])), "distance": game.distance[last]}, nil
	}
	game.history, err = loop.Run(context.Background())
	return game, err
}

// drawSigned returns n training images [n, 28, 28, 1] in [-1, 1].
func (d digits) drawSigned(rng *rand.Rand, n int) (*tensors.Tensor, error) {
	values := make([]float32, 0, n*d.train.ItemSize())
	for range n {
		for _, pixel := range d.train.Item(rng.IntN(d.train.Len())) {
			values = append(values, float32(pixel)/127.5-1)
		}
	}
	return tensors.FromFlatDataAndDimensions(values, n, d.train.Height, d.train.Width, d.train.Channels), nil
}

// report turns the games into numbers and checks.
func (c DCGANConfig) report(result *Result, d digits, judge *oracle, real verdict, games []digitGame) error {
	others, err := judge.judge(imagesOf(d.train.Slice(0, min(c.Samples, d.train.Len()))))
	if err != nil {
		return err
	}
	noise := noiseImages(training.Rand(c.Seeds[0], -2), c.Samples)
	none, err := judge.judge(noise)
	if err != nil {
		return err
	}
	realDistance, err := metric.FrechetDistance(others.features, real.features)
	if err != nil {
		return err
	}
	noiseDistance, err := metric.FrechetDistance(none.features, real.features)
	if err != nil {
		return err
	}
	each := func(f func(digitGame) float64) (values []float64) {
		for _, game := range games {
			values = append(values, f(game))
		}
		return values
	}
	last := func(g digitGame) int { return len(g.at) - 1 }
	distance := each(func(g digitGame) float64 { return g.distance[last(g)] })
	covered := each(func(g digitGame) float64 { return float64(c.covered(g.verdicts[last(g)])) })
	rarest := each(func(g digitGame) float64 {
		least := 1.
		for _, share := range g.verdicts[last(g)].shares {
			least = min(least, share)
		}
		return least
	})
	result.Numbers = []Number{
		{Name: fmt.Sprintf("classes with %.0f %% of the samples", 100*c.Share), Unit: "classes", Values: covered, Expected: ptr(float64(c.Classes)), From: "M17"},
		{Name: "rarest class", Unit: "share", Values: rarest, Expected: ptr(1. / classes), From: "all alike"},
		{Name: "valid samples", Unit: "share", Values: each(func(g digitGame) float64 { return g.verdicts[last(g)].valid }), Expected: &real.valid, From: "test digits"},
		{Name: "Fréchet distance, samples to test digits", Unit: "squared feature", Values: distance, Expected: &realDistance, From: "training digits to test digits"},
		{Name: "Fréchet distance, before training", Unit: "squared feature", Values: each(func(g digitGame) float64 { return g.distance[0] })},
		{Name: "Fréchet distance, pixel noise to test digits", Unit: "squared feature", Values: []float64{noiseDistance}},
		{Name: "classes before training", Unit: "classes", Values: each(func(g digitGame) float64 { return float64(c.covered(g.verdicts[0])) })},
		{Name: "accuracy of the oracle", Unit: "share", Values: []float64{judge.accuracy}},
		{Name: "wall time", Unit: "s", Values: each(func(g digitGame) float64 { return g.history.Seconds }), Expected: ptr(60), From: "at most, XLA on two quiet cores"},
	}
	for i, seed := range c.Seeds {
		game := games[i]
		result.Checks = append(result.Checks,
			Check{seedName("classes covered", seed), fmt.Sprintf("%d of %d with %.0f %% each", c.Classes, classes, 100*c.Share), fmt.Sprintf("%.0f", covered[i]), covered[i] >= float64(c.Classes)},
			Check{seedName("Fréchet distance", seed), fmt.Sprintf("below a quarter of noise's %.4g; other real digits have %.3g", noiseDistance, realDistance),
				fmt.Sprintf("%.4g", distance[i]), distance[i] < noiseDistance/4},
			Check{seedName("before training, the negative control", seed), "fewer classes, a larger distance", fmt.Sprintf("%d classes, %.4g", c.covered(game.verdicts[0]), game.distance[0]),
				c.covered(game.verdicts[0]) < c.Classes && game.distance[0] > distance[i]})
		steps, discriminator := game.history.Curve()
		var generator, counts []float64
		for _, point := range game.history.Points {
			generator = append(generator, point.Metrics[gan.GeneratorLoss])
		}
		for _, v := range game.verdicts {
			counts = append(counts, float64(c.covered(v)))
		}
		result.Curves = append(result.Curves,
			Curve{seedName("discriminator", seed), "step", "loss, nats", steps, discriminator},
			Curve{seedName("generator", seed), "step", "loss, nats", steps, generator},
			Curve{seedName("Fréchet distance", seed), "step", "squared feature", game.at, game.distance},
			Curve{seedName("classes covered", seed), "step", "classes", game.at, counts})
	}
	result.Pictures = append(games[0].pictures, gallery("digits of the test set", 8, gallerySize, pixels(d.test)))
	return nil
}

func m17() Milestone {
	return Milestone{
		ID: "M17", Title: "A GAN of digits",
		Shows:  "a generator that never sees a digit learns to draw all ten from a discriminator that does",
		Expect: "10 of 10 classes with 2 % of the samples; a Fréchet distance below a quarter of noise's; needs MNIST", Takes: "20 s a seed",
		Headline: []string{"classes with 2 % of the samples", "Fréchet distance, samples to test digits", "Fréchet distance, pixel noise to test digits"},
		Run: func(o Options) (Result, error) {
			config := DefaultDCGANConfig()
			if o.Quick {
				config = QuickDCGANConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return DigitGAN(config)
		},
	}
}
