package experiment

import (
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gomlx/compute"

	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// LettersConfig is the setting of LettersToNumbers. Start from DefaultLettersConfig or QuickLettersConfig.
type LettersConfig struct {
	// Seeds, one run each of everything: initial parameters, training inputs, held-out inputs.
	Seeds []int64

	// Letters is the size of the alphabet, and of the numbers: a → 1 up to the last. At most 26.
	Letters int
	// MinLength and MaxLength bound the number of different letters in an input; lengths are drawn uniformly.
	MinLength, MaxLength int
	// HeldOut is the number of test inputs, all different, none of whose sets of letters is ever trained on.
	HeldOut int

	// ModelDim, Heads and FFDim are the widths of the Transformer, which has one layer each side, in pre-LN.
	ModelDim, Heads, FFDim int

	// Batch is the number of examples in a step.
	Batch int
	// SequenceSteps, SetSteps and ControlSteps are the numbers of updates for the sequence task, the set task, and the
	// sequence task without the encoder's positions.
	SequenceSteps, SetSteps, ControlSteps int
	// Schedules are cosines from LearningRate to 0 over the steps of a run, after WarmUp steps of linear rise.
	LearningRate float64
	WarmUp       int

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultLettersConfig is the milestone: 26 letters, inputs of 3 to 6 of them, 2,000 held out, three seeds.
func DefaultLettersConfig() LettersConfig {
	return LettersConfig{
		Seeds: []int64{1, 2, 3}, Letters: 26, MinLength: 3, MaxLength: 6, HeldOut: 2000,
		ModelDim: 64, Heads: 2, FFDim: 128, Batch: 128,
		SequenceSteps: 250, SetSteps: 1000, ControlSteps: 350,
		LearningRate: 5e-3, WarmUp: 40,
	}
}

// QuickLettersConfig is a world of 10 letters and one seed, small enough for the pure-Go backend.
func QuickLettersConfig() LettersConfig {
	config := DefaultLettersConfig()
	config.quick = true
	config.Seeds = []int64{1}
	config.Letters, config.MinLength, config.MaxLength, config.HeldOut = 10, 3, 4, 200
	config.ModelDim, config.Heads, config.FFDim, config.Batch = 32, 2, 64, 64
	config.SequenceSteps, config.SetSteps, config.ControlSteps = 300, 400, 150
	config.LearningRate, config.WarmUp = 1e-2, 20
	return config
}

// Validate returns nil or every rule that is broken.
func (c LettersConfig) Validate() error {
	r := rules{name: "letters to numbers"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Letters >= 2 && c.Letters <= 26, "Letters is %d, must be 2 to 26", c.Letters)
	r.must(c.MinLength >= 2, "MinLength is %d, must be at least 2: one letter has no order", c.MinLength)
	r.must(c.MaxLength >= c.MinLength, "MaxLength is %d, must be at least MinLength, which is %d", c.MaxLength, c.MinLength)
	r.must(c.MaxLength < c.Letters, "MaxLength is %d, must be less than Letters, which is %d", c.MaxLength, c.Letters)
	r.must(c.HeldOut >= 1, "HeldOut is %d, must be at least 1", c.HeldOut)
	r.must(c.Batch >= 1, "Batch is %d, must be at least 1", c.Batch)
	r.must(c.SequenceSteps >= 1 && c.SetSteps >= 1 && c.ControlSteps >= 1,
		"SequenceSteps is %d, SetSteps %d, ControlSteps %d, must be at least 1 each", c.SequenceSteps, c.SetSteps, c.ControlSteps)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.WarmUp >= 0, "WarmUp is %d, must be at least 0", c.WarmUp)
	if err := c.transformer(transformer.Sinusoidal).Validate(); err != nil {
		r.broken = append(r.broken, err)
	}
	return r.err()
}

func (c LettersConfig) alphabet() alphabet { return alphabet{c.Letters, c.MinLength, c.MaxLength} }

// transformer is the model's configuration, with the given positions in the encoder.
func (c LettersConfig) transformer(source transformer.Positions) transformer.Config {
	config := transformer.DefaultConfig()
	config.SourceVocab, config.TargetVocab = c.alphabet().vocabulary(), c.alphabet().vocabulary()
	config.ModelDim, config.Heads, config.FFDim = c.ModelDim, c.Heads, c.FFDim
	config.SourcePositions, config.Pad = source, padToken
	return config
}

// LettersToNumbers is milestone M6: an encoder-decoder learns a → 1, b → 2, ... from inputs in random order.
//
// For each seed three models are trained and then decoded greedily on the same held-out inputs: the sequence task, the
// set task in set mode, and the control, which is the sequence task with one thing taken away: the encoder's positions.
// The control can know which numbers to write but not in which order, so that it can be right once in L! times.
//
// Source: lecture 7, "How would we train a Transformer?" to "Sequences".
func LettersToNumbers(config LettersConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M6", Title: "Letters to numbers, as sequences and as sets", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	var runs []seedRun
	for i, seed := range config.Seeds {
		run, err := config.runSeed(b, seed, i == 0)
		if err != nil {
			return Result{}, fmt.Errorf("letters to numbers, seed %d: %w", seed, err)
		}
		runs = append(runs, run)
	}
	result.Seconds = time.Since(began).Seconds()
	config.report(&result, runs)
	return result, nil
}

// seedRun is everything that was found with one seed.
type seedRun struct {
	sequence, set, control score
	chance                 float64 // share of orders guessed right, if the sets are known
	seconds                float64
	maps                   []Map
	examples               []Example
}

func (c LettersConfig) runSeed(b compute.Backend, seed int64, illustrate bool) (seedRun, error) {
	began := time.Now()
	run := seedRun{}
	a := c.alphabet()
	// Step 0 is never trained, so that its stream is free for the held-out inputs.
	inputs, err := a.drawTest(training.Rand(seed, 0), c.HeldOut)
	if err != nil {
		return run, err
	}
	run.chance = chance(inputs)

	withPositions, without := c.transformer(transformer.Sinusoidal), c.transformer(transformer.None)
	for _, part := range []struct {
		name  string
		task  task
		steps int
		score *score
	}{
		{"sequence", sequenceTask{a, c.Batch, withPositions}, c.SequenceSteps, &run.sequence},
		{"set", setTask{a, c.Batch, withPositions.SetMode()}, c.SetSteps, &run.set},
		{"no positions", sequenceTask{a, c.Batch, without}, c.ControlSteps, &run.control},
	} {
		trained, err := c.train(b, part.name, part.task, part.steps, seed)
		if err == nil {
			*part.score, err = c.evaluate(b, trained, part.task, inputs)
		}
		if err == nil && illustrate {
			run.examples = append(run.examples, part.score.examples(part.name, inputs)...)
			if sequence, ok := part.task.(sequenceTask); ok && part.name == "sequence" {
				run.maps, err = attentionMaps(b, trained.store, sequence, longest(inputs))
			}
		}
		trained.release()
		if err != nil {
			return run, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	run.seconds = time.Since(began).Seconds()
	return run, nil
}

// report turns the runs into numbers and checks.
func (c LettersConfig) report(result *Result, runs []seedRun) {
	each := func(f func(seedRun) float64) (values []float64) {
		for _, run := range runs {
			values = append(values, f(run))
		}
		return values
	}
	guess := each(func(r seedRun) float64 { return r.chance })
	meanChance := 0.0
	for _, g := range guess {
		meanChance += g / float64(len(guess))
	}
	sequence := each(func(r seedRun) float64 { return r.sequence.exact })
	set := each(func(r seedRun) float64 { return r.set.asSet })
	control := each(func(r seedRun) float64 { return r.control.exact })
	wall := each(func(r seedRun) float64 { return r.seconds })
	result.Numbers = []Number{
		{Name: "sequence task, exact match", Unit: "share", Values: sequence, Expected: ptr(1), From: "M6"},
		{Name: "set task, right set", Unit: "share", Values: set, Expected: ptr(1), From: "M6"},
		{Name: "no encoder positions, exact match", Unit: "share", Values: control, Expected: ptr(meanChance), From: "mean of 1/L!"},
		{Name: "no encoder positions, right set", Unit: "share", Values: each(func(r seedRun) float64 { return r.control.asSet })},
		{Name: "set task, scored in order", Unit: "share", Values: each(func(r seedRun) float64 { return r.set.exact }), Expected: ptr(meanChance), From: "mean of 1/L!"},
		{Name: "sequence loss at the end", Unit: "nats", Values: each(func(r seedRun) float64 { return r.sequence.loss }),
			Expected: ptr(math.Log(float64(c.alphabet().vocabulary()))), From: "uniform guess, ln V"},
		{Name: "unseen inputs", Unit: "inputs", Values: each(func(seedRun) float64 { return float64(c.HeldOut) })},
		// Reported, not checked: a busy machine is no reason to call a right result wrong.
		{Name: "wall time", Unit: "s", Values: wall, Expected: ptr(60), From: "at most, XLA on two quiet cores"},
	}

	inputs := float64(c.HeldOut)
	for i, seed := range result.Seeds {
		check := func(name, want, got string, passed bool) {
			result.Checks = append(result.Checks, Check{fmt.Sprintf("%s, seed %d", name, seed), want, got, passed})
		}
		unseen := fmt.Sprintf("1.000 on %d unseen inputs", c.HeldOut)
		check("sequence task, exact match", unseen, figure3(sequence[i]), sequence[i] == 1)
		check("set task, right set", unseen, figure3(set[i]), set[i] == 1)
		spread := 4 * math.Sqrt(guess[i]*(1-guess[i])/inputs)
		check("no encoder positions, exact match", fmt.Sprintf("chance, at most %.3f + 4σ = %.3f", guess[i], guess[i]+spread),
			figure3(control[i]), control[i] <= guess[i]+spread)
	}
	for i, run := range runs {
		for _, part := range []struct {
			name  string
			score score
		}{{"sequence", run.sequence}, {"set", run.set}, {"no positions", run.control}} {
			result.Curves = append(result.Curves, Curve{fmt.Sprintf("%s, seed %d", part.name, result.Seeds[i]), "step", "nats", part.score.steps, part.score.losses})
		}
	}
	result.Maps, result.Examples = runs[0].maps, runs[0].examples
}

func figure3(x float64) string { return fmt.Sprintf("%.4f", x) }

func m6() Milestone {
	return Milestone{
		ID: "M6", Title: "Letters to numbers, as sequences and as sets",
		Shows:  "an encoder-decoder learns a → 1, b → 2; without positions it learns the set, but never its order",
		Expect: "exact match 1.000 on 2,000 unseen inputs; without positions 1/L! (about 0.05)", Takes: "30 s a seed",
		Headline: []string{"sequence task, exact match", "set task, right set", "no encoder positions, exact match"},
		Run: func(o Options) (Result, error) {
			config := DefaultLettersConfig()
			if o.Quick {
				config = QuickLettersConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return LettersToNumbers(config)
		},
	}
}
