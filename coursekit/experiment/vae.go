package experiment

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"courselab/coursekit/gan"
	"courselab/coursekit/training"
	"courselab/coursekit/vae"
)

// VAEConfig is the setting of VariationalAutoencoder. Start from DefaultVAEConfig or QuickVAEConfig.
type VAEConfig struct {
	// Seeds, one VAE and one plain autoencoder each.
	Seeds []int64
	// Drawn is the number of digits to draw for training; 0 loads MNIST.
	Drawn int
	// Hidden are the widths of the encoder's hidden layers, Latent is Z.
	Hidden []int
	Latent int
	// Steps of either model, in batches of Batch; the rate falls from LearningRate to 0 along a cosine.
	Steps, Batch int
	LearningRate float64
	// OracleSteps train the classifier that judges samples.
	OracleSteps int
	// Samples to judge, of each kind.
	Samples int
	// Bound is what -ELBO must be below, in nats an image.
	Bound float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultVAEConfig is MNIST, 784-512-256-(2·20), 16 epochs of the 8,000 digits of its t10k files, three seeds.
func DefaultVAEConfig() VAEConfig {
	return VAEConfig{
		Seeds: []int64{1, 2, 3}, Hidden: []int{512, 256}, Latent: 20, Steps: 1000, Batch: 128, LearningRate: 2e-3,
		OracleSteps: 1000, Samples: 2000, Bound: 150,
	}
}

// QuickVAEConfig needs no data: drawn digits, smaller models, one seed.
func QuickVAEConfig() VAEConfig {
	c := DefaultVAEConfig()
	c.quick = true
	c.Seeds, c.Drawn, c.Hidden, c.Latent = []int64{1}, 2000, []int{48}, 8
	c.Steps, c.Batch, c.LearningRate, c.OracleSteps, c.Samples, c.Bound = 350, 32, 5e-3, 200, 400, 165
	return c
}

// Validate returns nil or every rule that is broken.
func (c VAEConfig) Validate() error {
	r := rules{name: "variational autoencoder"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Drawn >= 0, "Drawn is %d, must be at least 0", c.Drawn)
	r.must(c.Steps >= 1 && c.OracleSteps >= 1, "Steps is %d, OracleSteps %d, must be at least 1", c.Steps, c.OracleSteps)
	r.must(c.Batch >= 1 && (c.Drawn == 0 || c.Batch <= c.Drawn), "Batch is %d, must be at least 1 and at most Drawn, which is %d", c.Batch, c.Drawn)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.Samples >= gallerySize, "Samples is %d, must be at least %d", c.Samples, gallerySize)
	r.must(c.Bound > 0, "Bound is %g, must be more than 0", c.Bound)
	if err := c.model().Validate(); err != nil {
		r.broken = append(r.broken, err)
	}
	return r.err()
}

// gallerySize is how many images a picture of samples shows.
const gallerySize = 32

func (c VAEConfig) model() vae.Config {
	m := vae.DefaultConfig()
	m.Hidden, m.Latent = c.Hidden, c.Latent
	return m
}

// VariationalAutoencoder is milestone M13: a VAE on digits, and what its decoder makes of noise, beside a plain autoencoder's.
//
// For each seed both are trained, of one architecture. A classifier, the oracle, then judges samples of the prior: an image
// counts as valid if the oracle is surer than 0.9 of a class. The plain autoencoder gets two chances: noise of N(0, I), as the
// lecture has it, and noise with the mean and variance of each dimension of its own codes.
//
// It returns an error that says what to put where if MNIST is needed and not there (datasets.ErrNotFound).
// Source: lecture 7, "Variational autoencoders"; Kingma & Welling 2014.
func VariationalAutoencoder(config VAEConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	d, err := loadDigits(config.Drawn)
	if err != nil {
		return Result{}, fmt.Errorf("variational autoencoder: %w", err)
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M13", Title: "A VAE on digits, and what its prior makes", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	judge, err := trainOracle(b, d, config.OracleSteps, 1)
	if err != nil {
		return Result{}, fmt.Errorf("variational autoencoder: %w", err)
	}
	defer judge.release()
	var runs []vaeRun
	for i, seed := range config.Seeds {
		run, err := config.runSeed(b, d, judge, seed, i == 0)
		if err != nil {
			return Result{}, fmt.Errorf("variational autoencoder, seed %d: %w", seed, err)
		}
		runs = append(runs, run)
	}
	if err := config.report(&result, d, judge, runs); err != nil {
		return Result{}, fmt.Errorf("variational autoencoder: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// vaeRun is everything that was found with one seed.
type vaeRun struct {
	test                posteriors
	plain               float64 // reconstruction of the plain autoencoder
	valid, plainValid   float64 // share of valid samples of N(0, I)
	plainCodes          float64 // the same, from noise like the codes
	classes             float64 // how many classes have 2 % of the VAE's samples
	seconds             float64 // wall time of the VAE's training
	steps, losses       []float64
	plainSteps, plainLs []float64
	pictures            []Picture
}

func (c VAEConfig) runSeed(b compute.Backend, d digits, judge *oracle, seed int64, illustrate bool) (vaeRun, error) {
	var run vaeRun
	how := autoencoderRun{c.Steps, c.Batch, c.LearningRate, seed, seedName("M13 VAE", seed), c.Quiet, c.Progress}
	m, err := trainAutoencoder(b, d, c.model(), false, how)
	defer m.release()
	if err != nil {
		return run, err
	}
	how.name = seedName("M13 autoencoder", seed)
	plain, err := trainAutoencoder(b, d, c.model(), true, how)
	defer plain.release()
	if err != nil {
		return run, err
	}
	run.steps, run.losses = m.history.Curve()
	run.plainSteps, run.plainLs = plain.history.Curve()
	run.seconds = m.history.Seconds
	if run.test, err = m.measure(d.test, seed); err != nil {
		return run, err
	}
	codes, err := plain.measure(d.test, seed)
	if err != nil {
		return run, err
	}
	run.plain = codes.reconstruction

	rng := training.Rand(seed, -1)
	for _, kind := range []struct {
		name string
		from *autoencoder
		z    *tensors.Tensor
		into *float64
	}{
		{"samples of the VAE: its decoder, noise of N(0, I)", m, gan.Noise(rng, c.Samples, c.Latent), &run.valid},
		{"a plain autoencoder's decoder, noise of N(0, I)", plain, gan.Noise(rng, c.Samples, c.Latent), &run.plainValid},
		{"a plain autoencoder's decoder, noise like its codes", plain, codesLike(rng, codes.mu, c.Samples), &run.plainCodes},
	} {
		made, err := kind.from.decode(kind.z)
		if err != nil {
			return run, err
		}
		verdict, err := judge.judge(made)
		if err != nil {
			return run, err
		}
		*kind.into = verdict.valid
		if kind.into == &run.valid {
			for _, share := range verdict.shares {
				if share >= 0.02 {
					run.classes++
				}
			}
		}
		if illustrate {
			run.pictures = append(run.pictures, gallery(kind.name, 8, gallerySize, tensors.MustCopyFlatData[float32](made)))
		}
	}
	if illustrate {
		between, err := interpolations(m, d, run.test)
		if err != nil {
			return run, err
		}
		run.pictures = append(run.pictures, reconstructions("digits of the test set, and the VAE's reconstructions below", pixels(d.test), run.test.images), between)
	}
	return run, nil
}

// reconstructions shows the first images over what became of them.
func reconstructions(name string, images, made []float32) Picture {
	const columns = 10
	p := gallery(name, columns, columns, images)
	p.Images = append(p.Images, gallery("", columns, columns, made).Images...)
	return p
}

// interpolations are ways between the codes of test images of different classes, a row each.
func interpolations(m *autoencoder, d digits, codes posteriors) (Picture, error) {
	const steps, ways = 9, 4
	var points []float32
	for way := range ways {
		from := slices.Index(d.test.Labels, int32(2*way))
		to := slices.Index(d.test.Labels, int32(2*way+1))
		line, err := vae.Interpolate(vae.Linear, codes.mu[from], codes.mu[to], steps)
		if err != nil {
			return Picture{}, err
		}
		points = append(points, slices.Concat(line...)...)
	}
	made, err := m.decode(tensors.FromFlatDataAndDimensions(points, ways*steps, m.config.Latent))
	if err != nil {
		return Picture{}, err
	}
	return gallery("between two digits, in the latent space", steps, ways*steps, tensors.MustCopyFlatData[float32](made)), nil
}

// report turns the runs into numbers and checks.
func (c VAEConfig) report(result *Result, d digits, judge *oracle, runs []vaeRun) error {
	real, err := judge.judge(imagesOf(d.test))
	if err != nil {
		return err
	}
	none, err := judge.judge(noiseImages(training.Rand(c.Seeds[0], -2), c.Samples))
	if err != nil {
		return err
	}
	each := func(f func(vaeRun) float64) (values []float64) {
		for _, run := range runs {
			values = append(values, f(run))
		}
		return values
	}
	negativeELBO := each(func(r vaeRun) float64 { return r.test.reconstruction + r.test.kl })
	active := each(func(r vaeRun) float64 { return float64(r.test.active) })
	valid := each(func(r vaeRun) float64 { return r.valid })
	baseline := meanImageNats(d)
	expected, from := (*float64)(nil), ""
	if c.Drawn == 0 && d.train.Len() == 8000 {
		expected, from = ptr(215.1), "computed apart, in Python"
	}
	result.Numbers = []Number{
		{Name: "-ELBO, test", Unit: "nats", Values: negativeELBO, Expected: ptr(c.Bound), From: "at most; about 104 from 60,000 digits"},
		{Name: "every pixel drawn from the mean image", Unit: "nats", Values: []float64{baseline}, Expected: expected, From: from},
		{Name: "-log p(x|z), test", Unit: "nats", Values: each(func(r vaeRun) float64 { return r.test.reconstruction })},
		{Name: "KL, test", Unit: "nats", Values: each(func(r vaeRun) float64 { return r.test.kl })},
		{Name: "-log p(x|z), plain autoencoder", Unit: "nats", Values: each(func(r vaeRun) float64 { return r.plain })},
		{Name: "active units", Unit: "dimensions", Values: active, Expected: ptr(float64(c.Latent)), From: "at most"},
		{Name: "valid samples, VAE", Unit: "share", Values: valid},
		{Name: "valid samples, autoencoder, N(0, I)", Unit: "share", Values: each(func(r vaeRun) float64 { return r.plainValid })},
		{Name: "valid samples, autoencoder, noise like codes", Unit: "share", Values: each(func(r vaeRun) float64 { return r.plainCodes })},
		{Name: "valid test digits", Unit: "share", Values: []float64{real.valid}},
		{Name: "valid images of noise", Unit: "share", Values: []float64{none.valid}},
		{Name: "classes with 2 % of the VAE's samples", Unit: "classes", Values: each(func(r vaeRun) float64 { return r.classes }), Expected: ptr(10), From: "all"},
		{Name: "accuracy of the oracle", Unit: "share", Values: []float64{judge.accuracy}},
		{Name: "wall time of the VAE's training", Unit: "s", Values: each(func(r vaeRun) float64 { return r.seconds }), Expected: ptr(60), From: "at most, XLA on two quiet cores"},
	}
	for i, seed := range c.Seeds {
		run := runs[i]
		check := func(name, want, got string, passed bool) {
			result.Checks = append(result.Checks, Check{seedName(name, seed), want, got, passed})
		}
		check("-ELBO, test", fmt.Sprintf("below %g and the mean image's %.1f", c.Bound, baseline), fmt.Sprintf("%.2f", negativeELBO[i]),
			negativeELBO[i] < math.Min(c.Bound, baseline))
		check("the latent says something", "1 active unit at least", fmt.Sprintf("%.0f of %d", active[i], c.Latent), active[i] >= 1)
		check("valid samples of N(0, I)", "more than the plain autoencoder's", fmt.Sprintf("%.3f against %.3f", run.valid, run.plainValid), run.valid > run.plainValid)

		sorted := slices.Clone(run.test.perDimension)
		slices.SortFunc(sorted, func(x, y float64) int { return int(math.Copysign(1, y-x)) })
		dimension := make([]float64, len(sorted))
		for k := range dimension {
			dimension[k] = float64(k + 1)
		}
		result.Curves = append(result.Curves,
			Curve{seedName("VAE, -ELBO", seed), "step", "nats an image", run.steps, run.losses},
			Curve{seedName("autoencoder, -log p(x|z)", seed), "step", "nats an image", run.plainSteps, run.plainLs},
			Curve{seedName("KL", seed), "dimension, by KL", "nats", dimension, sorted})
	}
	result.Checks = append(result.Checks, Check{"the oracle knows digits from noise", "more valid test digits", fmt.Sprintf("%.3f against %.3f", real.valid, none.valid), real.valid > none.valid})
	result.Pictures = runs[0].pictures
	return nil
}

func m13() Milestone {
	return Milestone{
		ID: "M13", Title: "A VAE on digits, and what its prior makes",
		Shows:  "a decoder makes digits of noise only if its codes were made to look like noise; a plain autoencoder's were not",
		Expect: "-ELBO below 150 nats an image from 8,000 digits; more valid samples than the plain autoencoder; needs MNIST", Takes: "20 s a seed",
		Headline: []string{"-ELBO, test", "valid samples, VAE", "valid samples, autoencoder, noise like codes"},
		Run: func(o Options) (Result, error) {
			config := DefaultVAEConfig()
			if o.Quick {
				config = QuickVAEConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return VariationalAutoencoder(config)
		},
	}
}
