package experiment

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"

	"courselab/coursekit/gan"
	"courselab/coursekit/training"
	"courselab/coursekit/vae"
	"courselab/datasets/images"
	"courselab/datasets/synth"
)

// BetaConfig is the setting of BetaSweep. Start from DefaultBetaConfig or QuickBetaConfig.
type BetaConfig struct {
	// Seeds, one VAE for each beta each.
	Seeds []int64
	// Betas are the weights of KL, ascending, with 1 among them; at the last the posterior must have collapsed.
	Betas []float64
	// Drawn is the number of digits to draw for training; 0 loads MNIST.
	Drawn int
	// Hidden are the widths of the encoder's hidden layers, Latent is Z.
	Hidden []int
	Latent int
	// Steps of each model, in batches of Batch; the rate falls from LearningRate to 0 along a cosine.
	Steps, Batch int
	LearningRate float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

const (
	// collapsedKL is the KL, in nats an image, below which a posterior says next to nothing.
	collapsedKL = 0.1
	// collapsedShare is how near a collapsed decoder's likelihood must be to that of the mean image, as a share of it.
	collapsedShare = 0.03
)

// DefaultBetaConfig is MNIST, 784-256-(2·10), beta from 0.1 to 100, three seeds.
func DefaultBetaConfig() BetaConfig {
	return BetaConfig{
		Seeds: []int64{1, 2, 3}, Betas: []float64{0.1, 1, 4, 16, 100}, Hidden: []int{256}, Latent: 10,
		Steps: 600, Batch: 128, LearningRate: 3e-3,
	}
}

// QuickBetaConfig needs no data: drawn digits, a smaller model, one seed.
func QuickBetaConfig() BetaConfig {
	c := DefaultBetaConfig()
	c.quick = true
	c.Seeds, c.Betas, c.Drawn, c.Hidden, c.Latent = []int64{1}, []float64{0.1, 1, 10, 100}, 1000, []int{48}, 5
	c.Steps, c.Batch, c.LearningRate = 250, 32, 5e-3
	return c
}

// Validate returns nil or every rule that is broken.
func (c BetaConfig) Validate() error {
	r := rules{name: "beta sweep"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(len(c.Betas) >= 3 && slices.IsSorted(c.Betas) && len(slices.Compact(slices.Clone(c.Betas))) == len(c.Betas) && slices.Contains(c.Betas, 1),
		"Betas is %v, must be three or more, ascending, with 1 among them", c.Betas)
	r.must(len(c.Betas) == 0 || c.Betas[0] > 0, "Betas begins with %g, must be more than 0", append(slices.Clone(c.Betas), 0)[0])
	r.must(c.Drawn >= 0, "Drawn is %d, must be at least 0", c.Drawn)
	r.must(c.Steps >= 1, "Steps is %d, must be at least 1", c.Steps)
	r.must(c.Batch >= 1 && (c.Drawn == 0 || c.Batch <= c.Drawn), "Batch is %d, must be at least 1 and at most Drawn, which is %d", c.Batch, c.Drawn)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	if err := c.model(1).Validate(); err != nil {
		r.broken = append(r.broken, err)
	}
	return r.err()
}

func (c BetaConfig) model(beta float64) vae.Config {
	m := vae.DefaultConfig()
	m.Hidden, m.Latent, m.Beta = c.Hidden, c.Latent, beta
	return m
}

// BetaSweep is milestone M14: what a VAE pays for its prior. KL and reconstruction are traded against each other by beta; too
// large a beta ends in posterior collapse, where the encoder says nothing and the decoder makes the mean image for every z.
//
// It also shows what the lecture's slide calls mode collapse: a VAE's images are blurred, as each is the average of all that its
// z may stand for. That is averaging, and not the mode collapse of a GAN, whose images are sharp and alike.
//
// It returns an error that says what to put where if MNIST is needed and not there (datasets.ErrNotFound).
// Source: lecture 7, "Variational autoencoders"; Higgins et al. 2017, "beta-VAE"; Bowman et al. 2016, "Generating Sentences from a
// Continuous Space", section 3, for the collapse.
func BetaSweep(config BetaConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	d, err := loadDigits(config.Drawn)
	if err != nil {
		return Result{}, fmt.Errorf("beta sweep: %w", err)
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M14", Title: "What beta trades, posterior collapse, and blur", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	var runs []betaRun
	for i, seed := range config.Seeds {
		run, err := config.runSeed(b, d, seed, i == 0)
		if err != nil {
			return Result{}, fmt.Errorf("beta sweep, seed %d: %w", seed, err)
		}
		runs = append(runs, run)
	}
	config.report(&result, d, runs)
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// betaRun is everything that was found with one seed, a value for each beta.
type betaRun struct {
	reconstruction, kl, active, sharpness []float64 // sharpness of reconstructions, as a share of the test images'
	pictures                              []Picture
}

func (c BetaConfig) runSeed(b compute.Backend, d digits, seed int64, illustrate bool) (betaRun, error) {
	const shown = 10
	var run betaRun
	real := pixels(d.test)
	rows := gallery(fmt.Sprintf("digits of the test set; below, their reconstructions with beta %v", c.Betas), shown, shown, real)
	prior := Picture{Name: fmt.Sprintf("samples of the prior, a row each for beta %v", c.Betas), Columns: shown}
	for _, beta := range c.Betas {
		m, err := trainAutoencoder(b, d, c.model(beta), false, autoencoderRun{c.Steps, c.Batch, c.LearningRate, seed, seedName(fmt.Sprintf("M14 beta %g", beta), seed), c.Quiet, c.Progress})
		if err != nil {
			m.release()
			return run, err
		}
		p, err := m.measure(d.test, seed)
		if err == nil && illustrate {
			rows.Images = append(rows.Images, gallery("", shown, shown, p.images).Images...)
			var made *tensors.Tensor
			if made, err = m.decode(gan.Noise(training.Rand(seed, -1), shown, c.Latent)); err == nil {
				prior.Images = append(prior.Images, gallery("", shown, shown, tensors.MustCopyFlatData[float32](made)).Images...)
			}
		}
		m.release()
		if err != nil {
			return run, err
		}
		run.reconstruction, run.kl = append(run.reconstruction, p.reconstruction), append(run.kl, p.kl)
		run.active = append(run.active, float64(p.active))
		run.sharpness = append(run.sharpness, sharpness(p.images, synth.DigitSide)/sharpness(real, synth.DigitSide))
	}
	if illustrate {
		run.pictures = []Picture{rows, prior}
	}
	return run, nil
}

// report turns the runs into numbers and checks.
func (c BetaConfig) report(result *Result, d digits, runs []betaRun) {
	baseline := meanImageNats(d)
	blurred := sharpness(blur(d.test), synth.DigitSide) / sharpness(pixels(d.test), synth.DigitSide)
	for k, beta := range c.Betas {
		each := func(what, unit string, expected *float64, from string, f func(betaRun) []float64) {
			n := Number{Name: fmt.Sprintf("beta %g, %s", beta, what), Unit: unit, Expected: expected, From: from}
			for _, run := range runs {
				n.Values = append(n.Values, f(run)[k])
			}
			result.Numbers = append(result.Numbers, n)
		}
		each("-log p(x|z), test", "nats", &baseline, "mean image, at most", func(r betaRun) []float64 { return r.reconstruction })
		each("KL, test", "nats", nil, "", func(r betaRun) []float64 { return r.kl })
		each("active units", "dimensions", ptr(float64(c.Latent)), "at most", func(r betaRun) []float64 { return r.active })
		each("sharpness of reconstructions", "share of the digits'", &blurred, "digits under a 3×3 mean", func(r betaRun) []float64 { return r.sharpness })
	}
	one, last := slices.Index(c.Betas, 1), len(c.Betas)-1
	for i, seed := range c.Seeds {
		run := runs[i]
		check := func(name, want, got string, passed bool) {
			result.Checks = append(result.Checks, Check{seedName(name, seed), want, got, passed})
		}
		check("KL falls as beta rises", fmt.Sprintf("down %d times", last), arrows(run.kl), fallsThenRises(run.kl, last))
		check("reconstruction gets worse as beta rises", fmt.Sprintf("up %d times", last), arrows(run.reconstruction), fallsThenRises(run.reconstruction, 0))
		check(fmt.Sprintf("posterior collapse at beta %g", c.Betas[last]), fmt.Sprintf("KL below %g, no active unit, the mean image's %.1f nats to %g %%", collapsedKL, baseline, 100*collapsedShare),
			fmt.Sprintf("KL %.4f, %.0f active, %.1f nats", run.kl[last], run.active[last], run.reconstruction[last]),
			run.kl[last] < collapsedKL && run.active[last] == 0 && run.reconstruction[last] < (1+collapsedShare)*baseline && run.reconstruction[last] > (1-collapsedShare)*baseline)
		check("no collapse at beta 1", "KL above 1 nat, active units", fmt.Sprintf("KL %.2f, %.0f active", run.kl[one], run.active[one]), run.kl[one] > 1 && run.active[one] > 0)
		check("blur grows with beta", fmt.Sprintf("sharpness below 1, down %d times", last), fmt.Sprintf("%.3f at beta %g, %s", run.sharpness[0], c.Betas[0], arrows(run.sharpness)),
			run.sharpness[0] < 1 && fallsThenRises(run.sharpness, last))
		result.Curves = append(result.Curves,
			Curve{seedName("beta sweep", seed), "KL, nats", "-log p(x|z), nats", slices.Clone(run.kl), slices.Clone(run.reconstruction)},
			Curve{seedName("sharpness", seed), "KL, nats", "share of the digits'", slices.Clone(run.kl), slices.Clone(run.sharpness)})
	}
	result.Pictures = runs[0].pictures
}

// blur is each image under a mean of 3×3 pixels, the border left out, as values in [0, 1].
func blur(set images.Set) []float32 {
	const side = synth.DigitSide
	values := pixels(set)
	blurred := make([]float32, len(values))
	for i := range values {
		column, row := i%side, i/side%side
		if column == 0 || row == 0 || column == side-1 || row == side-1 {
			continue
		}
		for _, offset := range []int{-side - 1, -side, -side + 1, -1, 0, 1, side - 1, side, side + 1} {
			blurred[i] += values[i+offset] / 9
		}
	}
	return blurred
}

func m14() Milestone {
	return Milestone{
		ID: "M14", Title: "What beta trades, posterior collapse, and blur",
		Shows:  "a larger weight of KL makes codes say less and images blur; too large a one, and the decoder forgets its input",
		Expect: "KL falls and reconstruction worsens with beta, to 0 and the mean image's 215 nats at the last; needs MNIST", Takes: "60 s",
		Headline: []string{"beta 1, KL, test", "beta 16, active units", "beta 100, active units"},
		Run: func(o Options) (Result, error) {
			config := DefaultBetaConfig()
			if o.Quick {
				config = QuickBetaConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return BetaSweep(config)
		},
	}
}
