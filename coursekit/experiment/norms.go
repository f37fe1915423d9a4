package experiment

import (
	"errors"
	"fmt"
	"io"
	"time"

	"courselab/coursekit/transformer"
)

// NormsConfig is the setting of NormsAndWarmUp. Start from DefaultNormsConfig or QuickNormsConfig.
type NormsConfig struct {
	// Seeds, one run each of every variant.
	Seeds []int64
	// Digits are the tokens, of which Length make an input; the target is the input reversed.
	Digits, Length int
	// ModelDim, Heads, FFDim and Layers of the encoder.
	ModelDim, Heads, FFDim, Layers int
	// Batch examples a step, Steps at most.
	Batch, Steps int
	// LearningRate is reached after WarmUp steps of linear rise, or, in the variants without, at once; then it stays.
	LearningRate float64
	WarmUp       int
	// Every is the number of steps between two measurements on Tests held-out inputs.
	Every, Tests int
	// Goal is the share of right tokens to be reached.
	Goal float64

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultNormsConfig is a stack of six layers, deep enough for the difference, three seeds.
func DefaultNormsConfig() NormsConfig {
	return NormsConfig{
		Seeds: []int64{1, 2, 3}, Digits: 10, Length: 8, ModelDim: 32, Heads: 1, FFDim: 64, Layers: 6,
		Batch: 32, Steps: 300, LearningRate: 1e-2, WarmUp: 100, Every: 20, Tests: 128, Goal: 0.99,
	}
}

// QuickNormsConfig is one seed and shorter inputs.
func QuickNormsConfig() NormsConfig {
	config := DefaultNormsConfig()
	config.quick, config.Seeds = true, []int64{1}
	config.Length, config.Layers, config.Batch, config.Steps, config.Tests, config.WarmUp = 6, 4, 24, 150, 64, 50
	return config
}

// Validate returns nil or every rule that is broken.
func (c NormsConfig) Validate() error {
	r := rules{name: "norms and warm-up"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Digits >= 2, "Digits is %d, must be at least 2", c.Digits)
	r.must(c.Length >= 2, "Length is %d, must be at least 2", c.Length)
	r.must(c.Batch >= 1 && c.Tests >= 1, "Batch is %d, Tests %d, must be at least 1 each", c.Batch, c.Tests)
	r.must(c.Every >= 1 && c.Steps >= c.Every, "Steps is %d, must be at least Every, which is %d, which must be at least 1", c.Steps, c.Every)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.WarmUp >= 1, "WarmUp is %d, must be at least 1: it is what one of two variants has", c.WarmUp)
	r.must(c.Goal > 1/float64(max(c.Digits, 1)) && c.Goal <= 1, "Goal is %g, must be above chance, 1/%d, and at most 1", c.Goal, c.Digits)
	return errors.Join(r.err(), c.model(transformer.PreLN).Validate())
}

func (c NormsConfig) model(norm transformer.Norm) transformer.LanguageConfig {
	config := transformer.DefaultLanguageConfig()
	config.Vocab, config.ModelDim, config.Heads, config.FFDim, config.Layers = c.Digits, c.ModelDim, c.Heads, c.FFDim, c.Layers
	config.Norm, config.MaxLength, config.TiedOutput = norm, max(c.Length, 1), false
	return config
}

// normsVariant is one of the four.
type normsVariant struct {
	norm   transformer.Norm
	warmUp bool
}

func (v normsVariant) String() string {
	if v.warmUp {
		return v.norm.String() + ", warm-up"
	}
	return v.norm.String() + ", no warm-up"
}

var normsVariants = []normsVariant{
	{transformer.PreLN, true}, {transformer.PreLN, false}, {transformer.PostLN, true}, {transformer.PostLN, false},
}

// NormsAndWarmUp is milestone M10: how many steps an encoder needs to reverse sequences of digits, with LayerNorm before
// (pre-LN) and after (post-LN) its sub-layers, and with and without a warm-up of the learning rate.
//
// Reported are the steps to the goal, at most Steps, and the length of the first gradient.
// In pre-LN it reaches the goal with and without warm-up; whether post-LN does depends on depth and rate, and is
// said.
//
// Source: lecture 7, "Layer normalization"; Xiong et al. 2020; the task is that of the UvA tutorial 6.
func NormsAndWarmUp(config NormsConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M10", Title: "Pre-LN and post-LN, with and without warm-up", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	steps := map[normsVariant][]float64{}
	for _, variant := range normsVariants {
		var last, first []float64
		for _, seed := range config.Seeds {
			run, err := config.run(b, variant, seed)
			if err != nil {
				return Result{}, fmt.Errorf("norms and warm-up, %s, seed %d: %w", variant, seed, err)
			}
			steps[variant] = append(steps[variant], run.reached)
			last, first = append(last, run.accuracy[len(run.accuracy)-1]), append(first, run.gradient)
			result.Curves = append(result.Curves, Curve{fmt.Sprintf("%s, seed %d", variant, seed), "step", "share of right tokens", run.steps, run.accuracy})
		}
		result.Numbers = append(result.Numbers,
			Number{Name: fmt.Sprintf("%s, steps to %.0f %%", variant, 100*config.Goal), Unit: "steps", Values: steps[variant]},
			Number{Name: variant.String() + ", right at the end", Unit: "share", Values: last},
			Number{Name: variant.String() + ", first gradient", Unit: "norm", Values: first})
	}
	chance := 1 / float64(config.Digits)
	result.Numbers = append(result.Numbers, Number{Name: "chance", Unit: "share", Values: []float64{chance}})
	result.Seconds = time.Since(began).Seconds()
	config.check(&result, steps)
	return result, nil
}

// check is on what was measured: pre-LN always gets there, and post-LN without warm-up is never the first.
func (c NormsConfig) check(result *Result, steps map[normsVariant][]float64) {
	for i, seed := range result.Seeds {
		add := func(name, want, got string, passed bool) {
			result.Checks = append(result.Checks, Check{fmt.Sprintf("%s, seed %d", name, seed), want, got, passed})
		}
		say := func(v normsVariant) string {
			if n := steps[v][i]; n <= float64(c.Steps) {
				return fmt.Sprintf("%.0f steps", n)
			}
			return fmt.Sprintf("not in %d steps", c.Steps)
		}
		for _, v := range normsVariants[:2] {
			add(v.String(), fmt.Sprintf("%.0f %% within %d steps", 100*c.Goal, c.Steps), say(v), steps[v][i] <= float64(c.Steps))
		}
		bare := normsVariants[3]
		add("post-LN without warm-up", "later than pre-LN with it, or never", fmt.Sprintf("%s; post-LN with warm-up: %s", say(bare), say(normsVariants[2])),
			steps[bare][i] > steps[normsVariants[0]][i])
	}
}

func m10() Milestone {
	return Milestone{
		ID: "M10", Title: "Pre-LN and post-LN, with and without warm-up",
		Shows:  "where LayerNorm stands decides if a deep stack trains without warm-up",
		Expect: "pre-LN gets to 99 % either way; post-LN without warm-up later or not at all", Takes: "12 s a seed",
		Headline: []string{"pre-LN, no warm-up, steps to 99 %", "post-LN, warm-up, steps to 99 %", "post-LN, no warm-up, right at the end"},
		Run: func(o Options) (Result, error) {
			config := DefaultNormsConfig()
			if o.Quick {
				config = QuickNormsConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return NormsAndWarmUp(config)
		},
	}
}
