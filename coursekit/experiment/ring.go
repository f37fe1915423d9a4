package experiment

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/gan"
	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/datasets/synth"
)

// RingConfig is the setting of ModeCollapse. Start from DefaultRingConfig or QuickRingConfig.
type RingConfig struct {
	// Seeds, one game of each kind each.
	Seeds []int64
	// Ring is the mixture to learn.
	Ring synth.Ring
	// Hidden are the widths of both players' hidden layers, Noise is Z.
	Hidden []int
	Noise  int
	// Loss of the game.
	Loss gan.Loss
	// Batch of examples, the same for all kinds.
	Batch int
	// Pack is how many examples the cured discriminator judges at once.
	Pack int
	// DiscriminatorRate multiplies the learning rate of the discriminator, in both games.
	DiscriminatorRate float64
	// Steps of both players; the rate falls from LearningRate to 0 along a cosine.
	Steps        int
	LearningRate float64
	// Samples to count, at Snapshots times in a game, evenly spread, the end included.
	Samples, Snapshots int
	// Collapsed is how many modes the plain game may cover at most to count as collapsed, Good the share of good samples that
	// the cured game must reach, with all modes covered.
	Collapsed int
	Good      float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// lopsided is the divergence, in nats, above which samples do not go round the ring: four modes of eight have 0.22. Without it, a
// generator that makes noise would count as collapsed, as it covers no mode either.
const lopsided = 0.1

// DefaultRingConfig is the ring of 8 modes, radius 1, standard deviation 0.01, packs of 2, five seeds.
func DefaultRingConfig() RingConfig {
	return RingConfig{
		Seeds: []int64{1, 2, 3, 4, 5}, Ring: synth.DefaultRing(), Hidden: []int{128, 128}, Noise: 16, Loss: gan.NonSaturating,
		Batch: 256, Pack: 2, DiscriminatorRate: 0.5, Steps: 4000, LearningRate: 2e-3, Samples: 2500, Snapshots: 4, Collapsed: 4, Good: 0.8,
	}
}

// QuickRingConfig is a coarser ring and one seed, small enough for the pure-Go backend.
func QuickRingConfig() RingConfig {
	c := DefaultRingConfig()
	c.quick = true
	c.Seeds, c.Ring.Sigma, c.Good = []int64{1}, 0.1, 0.6
	c.Hidden, c.Batch, c.Steps, c.LearningRate, c.Samples = []int{48, 48}, 64, 2000, 4e-3, 1000
	return c
}

// Validate returns nil or every rule that is broken.
func (c RingConfig) Validate() error {
	r := rules{name: "mode collapse"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	if err := c.Ring.Validate(); err != nil {
		r.broken = append(r.broken, err)
	}
	r.must(c.Pack >= 2, "Pack is %d, must be at least 2", c.Pack)
	r.must(c.Steps >= 1 && c.Snapshots >= 1 && c.Steps%max(c.Snapshots, 1) == 0, "Steps is %d, Snapshots %d, must be at least 1, and Steps a multiple", c.Steps, c.Snapshots)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.Samples >= 100, "Samples is %d, must be at least 100", c.Samples)
	r.must(c.Collapsed >= 0 && c.Collapsed < c.Ring.Modes, "Collapsed is %d, must be at least 0 and less than the ring's modes, which are %d", c.Collapsed, c.Ring.Modes)
	r.must(c.Good > 0 && c.Good <= 1, "Good is %g, must be in (0, 1]", c.Good)
	for _, err := range []error{c.game(c.Pack).Validate(), c.network(2).Validate()} {
		if err != nil {
			r.broken = append(r.broken, err)
		}
	}
	return r.err()
}

// game is the game of packs of a size.
func (c RingConfig) game(pack int) gan.Config {
	g := gan.DefaultConfig()
	g.Loss, g.Noise, g.Batch, g.Pack, g.DiscriminatorRate = c.Loss, c.Noise, c.Batch, pack, c.DiscriminatorRate
	return g
}

func (c RingConfig) network(outputs int) gan.Perceptron {
	p := gan.Perceptron{Hidden: c.Hidden, Outputs: outputs}
	if outputs == 1 {
		p.Slope = 0.2
	}
	return p
}

// ModeCollapse is milestone M16: a GAN on a ring of Gaussians, and the same game with a discriminator that judges packs.
//
// For each seed two games are played which differ in one thing: how many examples the discriminator sees at once. The
// discriminator learns at half the generator's rate: the generator then puts everything where points pass for real at the moment,
// and has moved on when it is found out. (At equal rates the game of single points covers 0 to 8 modes, as the seed has it, and
// with two dimensions of noise instead of 16 all of them. At half the rate it covered all of them in 3 of 72 games of the small
// settings, with 1,200 to 2,800 steps; which one depends on the last bit of a sum, and so on the processor.) Sampled points count as
// good within three standard deviations of their nearest centre, and a mode as covered if it has 1 % of all samples. As the negative
// control, samples of the ring itself and of a normal distribution of its variance are counted, too.
//
// Source: lecture 7, "Generative adversarial networks"; Lin et al. 2018, "PacGAN", section 4.1.
func ModeCollapse(config RingConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M16", Title: "Mode collapse on a ring, and a cure", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	var plain, packed []ringGame
	for _, seed := range config.Seeds {
		for _, kind := range []struct {
			name string
			pack int
			into *[]ringGame
		}{{"one by one", 1, &plain}, {fmt.Sprintf("packs of %d", config.Pack), config.Pack, &packed}} {
			game, err := config.play(b, kind.name, kind.pack, seed)
			if err != nil {
				return Result{}, fmt.Errorf("mode collapse, %s, seed %d: %w", kind.name, seed, err)
			}
			*kind.into = append(*kind.into, game)
		}
	}
	if err := config.report(&result, plain, packed); err != nil {
		return Result{}, fmt.Errorf("mode collapse: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// ringGame is one game and what became of it.
type ringGame struct {
	name    string
	seed    int64
	history training.History
	at      []int          // steps of the snapshots
	points  [][][]float32  // samples at each snapshot, [N, 2]
	modes   []metric.Modes // of each snapshot
	sides   float64        // divergence of the last samples' nearest centres
	seconds float64
}

// last is how the game ended.
func (g ringGame) last() metric.Modes { return g.modes[len(g.modes)-1] }

// play trains both players and counts modes now and then.
func (c RingConfig) play(b compute.Backend, name string, pack int, seed int64) (ringGame, error) {
	began := time.Now()
	game := ringGame{name: name, seed: seed}
	store := model.NewStore()
	defer store.Finalize()
	generator, discriminator := c.network(2).Network(), c.network(1).Network()
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.Adam = seed, c.Steps, gan.Adam()
	config.Schedule = training.Cosine(c.LearningRate, 0, c.Steps)
	config.EvaluateEvery, config.RecordEvery = c.Steps/c.Snapshots, max(1, c.Steps/200)
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M16 %s, seed %d", name, seed), c.Quiet, c.Progress
	rules := c.game(pack)
	loop, err := training.NewUpdate(b, store, config, rules.Update(generator, discriminator), rules.Batches(c.draw))
	if err != nil {
		return game, err
	}
	sampler, err := gan.NewSampler(b, store, generator)
	if err != nil {
		return game, err
	}
	defer sampler.Finalize()
	loop.Evaluate = func(_ context.Context, step int) (map[string]float64, error) {
		// Step 0 is never trained: its stream is free, and each snapshot has the same noise.
		made, err := sampler.Sample(gan.Noise(training.Rand(seed, 0), c.Samples, c.Noise))
		if err != nil {
			return nil, err
		}
		points := made.Value().([][]float32)
		modes, err := c.count(points)
		if err != nil {
			return nil, err
		}
		if game.sides, err = c.sides(points); err != nil {
			return nil, err
		}
		game.at, game.points, game.modes = append(game.at, step), append(game.points, points), append(game.modes, modes)
		return map[string]float64{"modes": float64(modes.Covered), "good": modes.Good}, nil
	}
	game.history, err = loop.Run(context.Background())
	game.seconds = time.Since(began).Seconds()
	return game, err
}

// draw returns n points of the ring, [n, 2].
func (c RingConfig) draw(rng *rand.Rand, n int) (*tensors.Tensor, error) {
	values := make([]float32, 0, 2*n)
	for range n {
		centre := c.Ring.Centre(rng.IntN(c.Ring.Modes))
		values = append(values, float32(centre[0]+c.Ring.Sigma*rng.NormFloat64()), float32(centre[1]+c.Ring.Sigma*rng.NormFloat64()))
	}
	return tensors.FromFlatDataAndDimensions(values, n, 2), nil
}

// count assigns points to modes.
func (c RingConfig) count(points [][]float32) (metric.Modes, error) {
	return c.assign(points, metric.DefaultModeRule(c.Ring.Sigma))
}

// sides is how far from evenly all points, good or not, spread over the centres that they are nearest to: 0 if they go round the
// ring, as noise does, in nats.
func (c RingConfig) sides(points [][]float32) (float64, error) {
	modes, err := c.assign(points, metric.ModeRule{Sigma: 1, Within: math.MaxFloat64})
	return modes.Divergence, err
}

func (c RingConfig) assign(points [][]float32, rule metric.ModeRule) (metric.Modes, error) {
	var centres [][]float32
	for mode := range c.Ring.Modes {
		centre := c.Ring.Centre(mode)
		centres = append(centres, []float32{float32(centre[0]), float32(centre[1])})
	}
	return metric.CoverModes(points, centres, rule)
}

// report turns the games into numbers and checks.
func (c RingConfig) report(result *Result, plain, packed []ringGame) error {
	rng := training.Rand(c.Seeds[0], -1)
	drawn, err := c.draw(rng, c.Samples)
	if err != nil {
		return err
	}
	real, err := c.count(drawn.Value().([][]float32))
	if err != nil {
		return err
	}
	round, err := c.sides(drawn.Value().([][]float32))
	if err != nil {
		return err
	}
	// Each coordinate of a point on a ring has the variance r²/2.
	cloud := make([][]float32, c.Samples)
	for i := range cloud {
		cloud[i] = []float32{float32(c.Ring.Radius / math.Sqrt2 * rng.NormFloat64()), float32(c.Ring.Radius / math.Sqrt2 * rng.NormFloat64())}
	}
	blind, err := c.count(cloud)
	if err != nil {
		return err
	}
	everywhere, err := c.sides(cloud)
	if err != nil {
		return err
	}

	all := float64(c.Ring.Modes)
	for _, games := range [][]ringGame{plain, packed} {
		name := games[0].name
		add := func(what, unit string, expected float64, from string, f func(ringGame) float64) {
			n := Number{Name: name + ", " + what, Unit: unit, Expected: &expected, From: from}
			for _, game := range games {
				n.Values = append(n.Values, f(game))
			}
			result.Numbers = append(result.Numbers, n)
			if len(games) > 1 {
				mean, spread := meanAndSpread(n.Values)
				result.Numbers = append(result.Numbers, Number{Name: name + ", " + what + ", mean", Unit: unit, Values: []float64{mean}},
					Number{Name: name + ", " + what + ", standard deviation", Unit: unit, Values: []float64{spread}})
			}
		}
		add("modes covered", "modes", all, "the ring has them", func(g ringGame) float64 { return float64(g.last().Covered) })
		add("good samples", "share", real.Good, "samples of the ring", func(g ringGame) float64 { return g.last().Good })
		add("divergence of the modes", "nats", real.Divergence, "samples of the ring; ln 2 at most", func(g ringGame) float64 { return g.last().Divergence })
		add("divergence of the nearest modes", "nats", round, "samples of the ring; good or not", func(g ringGame) float64 { return g.sides })
	}
	seconds := Number{Name: "wall time of both games", Unit: "s"}
	for i := range plain {
		seconds.Values = append(seconds.Values, plain[i].seconds+packed[i].seconds)
	}
	result.Numbers = append(result.Numbers, seconds,
		Number{Name: "a normal distribution of the ring's variance, good samples", Unit: "share", Values: []float64{blind.Good}},
		Number{Name: "a normal distribution of the ring's variance, modes covered", Unit: "modes", Values: []float64{float64(blind.Covered)}})

	lost, spared := 0, 0
	if len(plain) >= 3 {
		spared = 1 // see ModeCollapse: now and then a game goes round the ring
	}
	var collapsed []string
	for i, seed := range c.Seeds {
		modes := plain[i].last().Covered
		collapsed = append(collapsed, fmt.Sprintf("%d modes and %.3f nats", modes, plain[i].sides))
		if modes <= c.Collapsed && plain[i].sides > lopsided {
			lost++
		}
		cured := packed[i].last()
		result.Checks = append(result.Checks,
			Check{seedName(packed[i].name+": covers all", seed), fmt.Sprintf("%d modes, %.0f %% good at least", c.Ring.Modes, 100*c.Good),
				fmt.Sprintf("%d modes, %.1f %% good", cured.Covered, 100*cured.Good), cured.Covered == c.Ring.Modes && cured.Good >= c.Good})
	}
	result.Checks = append(result.Checks,
		Check{plain[0].name + ": collapses", fmt.Sprintf("in %d of %d games, to at most %d modes, and not round the ring: above %g nats", len(plain)-spared, len(plain), c.Collapsed, lopsided),
			strings.Join(collapsed, ", "), lost >= len(plain)-spared})
	result.Checks = append(result.Checks,
		Check{"the count finds the ring itself", fmt.Sprintf("%d modes", c.Ring.Modes), fmt.Sprintf("%d modes, %.1f %% good", real.Covered, 100*real.Good), real.Covered == c.Ring.Modes},
		Check{"the count does not find modes in a cloud", fmt.Sprintf("below %.0f %% good", 100*c.Good), fmt.Sprintf("%.1f %% good", 100*blind.Good), blind.Good < c.Good},
		Check{"a cloud is not collapsed", fmt.Sprintf("at most %g nats", lopsided), fmt.Sprintf("%.3f nats", everywhere), everywhere <= lopsided})
	c.illustrate(result, plain, packed)
	return nil
}

// illustrate adds the losses, the modes over time, and the first seed's samples.
func (c RingConfig) illustrate(result *Result, plain, packed []ringGame) {
	const shown = 400
	for _, games := range [][]ringGame{plain, packed} {
		for _, game := range games {
			steps, covered := game.history.EvaluationCurve("modes")
			result.Curves = append(result.Curves, Curve{seedName(game.name, game.seed), "step", "modes covered", steps, covered})
		}
		first := games[0]
		steps, discriminator := first.history.Curve()
		var generator []float64
		for _, point := range first.history.Points {
			generator = append(generator, point.Metrics[gan.GeneratorLoss])
		}
		result.Curves = append(result.Curves,
			Curve{seedName("discriminator, "+first.name, first.seed), "step", "loss, nats", steps, discriminator},
			Curve{seedName("generator, "+first.name, first.seed), "step", "loss, nats", steps, generator})
		for i, points := range first.points {
			set := PointSet{Name: "samples"}
			for _, p := range points[:min(shown, len(points))] {
				set.X, set.Y = append(set.X, float64(p[0])), append(set.Y, float64(p[1]))
			}
			centres := PointSet{Name: "centres"}
			for mode := range c.Ring.Modes {
				centre := c.Ring.Centre(mode)
				centres.X, centres.Y = append(centres.X, centre[0]), append(centres.Y, centre[1])
			}
			result.Points = append(result.Points, Points{Name: fmt.Sprintf("%s, step %d", first.name, first.at[i]), XLabel: "x", YLabel: "y", Sets: []PointSet{centres, set}})
		}
	}
}

// meanAndSpread are the mean and the standard deviation, divided by N-1.
func meanAndSpread(values []float64) (mean, spread float64) {
	for _, x := range values {
		mean += x / float64(len(values))
	}
	for _, x := range values {
		spread += (x - mean) * (x - mean) / float64(len(values)-1)
	}
	return mean, math.Sqrt(spread)
}

func m16() Milestone {
	return Milestone{
		ID: "M16", Title: "Mode collapse on a ring, and a cure",
		Shows:  "a discriminator that judges points one by one lets the generator forget modes; one that judges packs does not",
		Expect: "at most 4 of 8 modes in four of five games, against 8 of 8 with 80 % good samples in each", Takes: "90 s",
		Headline: []string{"one by one, modes covered", "packs of 2, modes covered", "packs of 2, good samples"},
		Run: func(o Options) (Result, error) {
			config := DefaultRingConfig()
			if o.Quick {
				config = QuickRingConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return ModeCollapse(config)
		},
	}
}
