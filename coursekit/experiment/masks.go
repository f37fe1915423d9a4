package experiment

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gomlx/compute"

	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// MasksConfig is the setting of ThreeMasks. Start from DefaultMasksConfig or QuickMasksConfig.
type MasksConfig struct {
	// Seeds, one run each: the source, the first parameters, the texts.
	Seeds []int64
	// Letters of the source, in which the two before a letter decide about it.
	Letters int
	// Length of a text, and Prefix, how much of it the prefix language model sees from both sides.
	Length, Prefix int
	// Hidden is the share of letters that the cloze language model must fill in while training.
	Hidden float64

	// ModelDim, Heads, FFDim and Layers of the one network.
	ModelDim, Heads, FFDim, Layers int
	// Batch is the number of texts in a step, each read in three ways.
	Batch, Steps int
	// LearningRate is where a cosine to 0 begins, after WarmUp steps of linear rise.
	LearningRate float64
	WarmUp       int
	// Tests is the number of held-out letters that all three predict.
	Tests int

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultMasksConfig is texts of 24 letters, the first 12 as prefix, two layers of width 64, three seeds.
func DefaultMasksConfig() MasksConfig {
	return MasksConfig{
		Seeds: []int64{1, 2, 3}, Letters: 11, Length: 24, Prefix: 12, Hidden: 0.15,
		ModelDim: 64, Heads: 4, FFDim: 128, Layers: 2, Batch: 32, Steps: 1000, LearningRate: 5e-3, WarmUp: 50, Tests: 2000,
	}
}

// QuickMasksConfig is a smaller alphabet and network, one seed.
func QuickMasksConfig() MasksConfig {
	config := DefaultMasksConfig()
	config.quick, config.Seeds = true, []int64{1}
	config.Letters, config.Length, config.Prefix, config.ModelDim, config.FFDim, config.Batch = 3, 10, 5, 32, 32, 16
	config.Steps, config.LearningRate, config.Hidden, config.Tests = 300, 1e-2, 0.3, 500
	return config
}

// Validate returns nil or every rule that is broken.
func (c MasksConfig) Validate() error {
	r := rules{name: "three masks"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Letters >= 2, "Letters is %d, must be at least 2", c.Letters)
	r.must(c.Prefix >= 2, "Prefix is %d, must be at least 2: two letters decide about the next", c.Prefix)
	r.must(c.Length >= c.Prefix+3, "Length is %d, must be at least Prefix+3, which is %d", c.Length, c.Prefix+3)
	r.must(c.Hidden > 0 && c.Hidden < 1, "Hidden is %g, must be between 0 and 1", c.Hidden)
	r.must(c.Batch >= 1 && c.Steps >= 1 && c.Tests >= 1, "Batch is %d, Steps %d, Tests %d, must be at least 1 each", c.Batch, c.Steps, c.Tests)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.WarmUp >= 0, "WarmUp is %d, must be at least 0", c.WarmUp)
	return errors.Join(r.err(), c.model().Validate())
}

// model has one more token than letters: the one that hides a letter.
func (c MasksConfig) model() transformer.LanguageConfig {
	config := transformer.DefaultLanguageConfig()
	config.Vocab, config.ModelDim, config.Heads, config.FFDim, config.Layers = c.Letters+1, c.ModelDim, c.Heads, c.FFDim, c.Layers
	config.MaxLength = max(c.Length, 1)
	return config
}

// maskNames are the three ways to read a text.
var maskNames = [3]string{"causal", "prefix", "bidirectional"}

// ThreeMasks is milestone M7: one network, with one set of variables, is a causal, a prefix and a bidirectional language
// model, by its mask. It is trained as all three at once, the mean of their losses, on texts of a source of which the
// least possible loss is known: of the next letter, and of a letter between others.
//
// Which outputs move when a letter is changed is compared with the mask, to the bit, after the training: what may not be
// seen has no influence at all. The losses are of the same held-out letters.
//
// Source: lecture 7, "Redundant terminology"; Raffel et al. 2020, figure 4; one network for all: Dong et al. 2019 (UniLM).
func ThreeMasks(config MasksConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M7", Title: "One network, three masks", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	var runs []masksRun
	for _, seed := range config.Seeds {
		run, err := config.run(b, seed)
		if err != nil {
			return Result{}, fmt.Errorf("three masks, seed %d: %w", seed, err)
		}
		runs = append(runs, run)
	}
	result.Seconds = time.Since(began).Seconds()
	config.report(&result, runs)
	return result, nil
}

// masksRun is what was found with one seed, by mask.
type masksRun struct {
	nll, possible [3]float64
	leak          [3]float64     // the largest change of an output that may not see the changed letter
	blind         [3]int         // outputs that may see a changed letter and did not move
	moved         [3][][]float64 // [output][changed letter], the largest change of a logit
	history       training.History
}

func (c MasksConfig) run(b compute.Backend, seed int64) (run masksRun, err error) {
	task := masksTask{c, newLetterSource(c.Letters, uint64(seed))}
	store, history, err := task.train(b, seed)
	if err != nil {
		return run, err
	}
	defer store.Finalize()
	run.history = history
	if err := task.evaluate(b, store, training.Rand(seed, 0), &run); err != nil {
		return run, err
	}
	return run, task.leaks(b, store, training.Rand(seed, -1), &run)
}

func (c MasksConfig) report(result *Result, runs []masksRun) {
	each := func(f func(masksRun) float64) (values []float64) {
		for _, run := range runs {
			values = append(values, f(run))
		}
		return values
	}
	mean := func(values []float64) (m float64) {
		for _, v := range values {
			m += v / float64(len(values))
		}
		return m
	}
	for mask, name := range maskNames {
		from := "entropy of the source"
		if mask == 2 {
			from = "Bayes' rule, all other letters known"
		}
		least := mean(each(func(r masksRun) float64 { return r.possible[mask] }))
		result.Numbers = append(result.Numbers, Number{Name: name + ", loss a letter", Unit: "nats", Values: each(func(r masksRun) float64 { return r.nll[mask] }), Expected: &least, From: from})
	}
	result.Numbers = append(result.Numbers, Number{Name: "uniform guess", Unit: "nats", Values: []float64{math.Log(float64(c.Letters))}})
	for mask, name := range maskNames {
		result.Numbers = append(result.Numbers, Number{Name: name + ", leak", Unit: "logit", Values: each(func(r masksRun) float64 { return r.leak[mask] }), Expected: ptr(0), From: "M7"})
	}
	for i, run := range runs {
		check := func(name, want, got string, passed bool) {
			result.Checks = append(result.Checks, Check{fmt.Sprintf("%s, seed %d", name, result.Seeds[i]), want, got, passed})
		}
		for mask, name := range maskNames {
			if mask < 2 {
				check(name+": what may not be seen", "moves nothing, to the bit", fmt.Sprintf("%g", run.leak[mask]), run.leak[mask] == 0)
			}
			check(name+": what may be seen", "moves every output", fmt.Sprintf("%d did not move", run.blind[mask]), run.blind[mask] == 0)
			// A network that saw what it must predict would come out below.
			least := run.possible[mask] - c.slack()
			check(name+": loss", fmt.Sprintf("at least the possible %.3f, to %.3f, and below uniform", run.possible[mask], c.slack()), fmt.Sprintf("%.4f", run.nll[mask]),
				run.nll[mask] >= least && run.nll[mask] < math.Log(float64(c.Letters)))
		}
		check("both sides tell more than one", "bidirectional below causal", fmt.Sprintf("%.4f and %.4f", run.nll[2], run.nll[0]), run.nll[2] < run.nll[0])
		steps, losses := run.history.Curve()
		result.Curves = append(result.Curves, Curve{fmt.Sprintf("mean of the three, seed %d", result.Seeds[i]), "step", "nats", steps, losses})
	}
	for mask, name := range maskNames {
		m := Map{Name: name + ": output (row) moved by a changed letter (column)", Weights: make([][]float64, c.Length)}
		for i := range c.Length {
			m.Rows, m.Columns = append(m.Rows, fmt.Sprint(i)), append(m.Columns, fmt.Sprint(i))
			for _, change := range runs[0].moved[mask][i] {
				m.Weights[i] = append(m.Weights[i], map[bool]float64{true: 1}[change > 0])
			}
		}
		result.Maps = append(result.Maps, m)
	}
}

// slack is four standard errors of the mean of Tests losses: one is at most about ln(Letters/(1-likely)) wide.
func (c MasksConfig) slack() float64 {
	return 4 * math.Log(float64(c.Letters)/(1-likely)) / 2 / math.Sqrt(float64(c.Tests))
}

func m7() Milestone {
	return Milestone{
		ID: "M7", Title: "One network, three masks",
		Shows:  "the mask alone makes a network a causal, a prefix or a bidirectional language model; what it hides has no influence, to the bit",
		Expect: "leak 0; the letter between others costs less than the next letter (1.21 nats at best)", Takes: "20 s a seed",
		Headline: []string{"causal, loss a letter", "prefix, loss a letter", "bidirectional, loss a letter"},
		Run: func(o Options) (Result, error) {
			config := DefaultMasksConfig()
			if o.Quick {
				config = QuickMasksConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return ThreeMasks(config)
		},
	}
}
