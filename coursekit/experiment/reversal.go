package experiment

import (
	"errors"
	"fmt"
	"io"
	"time"

	"courselab/coursekit/rnn"
)

// ReversalConfig is the settings of milestone M5.
type ReversalConfig struct {
	// Seeds: each trains all models once. Three are needed for a claim.
	Seeds []int64
	// Symbols is how many different ones there are. A sequence is MinLength to MaxLength of them, none twice.
	Symbols, MinLength, MaxLength int
	// Judged is the length at which the models are compared; between MinLength and MaxLength, a multiple of 5.
	Judged int
	// HeldOut is how many new sequences of each length are decoded.
	HeldOut int

	// The model: see rnn.Seq2SeqConfig.
	Embedding, Hidden, Window int
	// Batch is the number of sequences a step.
	Batch int
	// Steps of the trainings that are judged, and ControlSteps of the two that must fail, at LearningRate, reached in WarmUp
	// steps and left by a cosine. A model that could learn the task would have learnt half of it in half of the steps.
	Steps        int
	ControlSteps int
	LearningRate float64
	WarmUp       int

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultReversalConfig is the milestone: 40 symbols, lengths 5 to 30, judged at 20, three seeds.
func DefaultReversalConfig() ReversalConfig {
	return ReversalConfig{
		Seeds: []int64{1, 2, 3}, Symbols: 40, MinLength: 5, MaxLength: 30, Judged: 20, HeldOut: 200,
		Embedding: 64, Hidden: 128, Window: 1, Batch: 64,
		Steps: 1000, ControlSteps: 300, LearningRate: 5e-3, WarmUp: 30,
	}
}

// QuickReversalConfig is one seed, with sequences of 8 to 10 symbols, small enough for the pure-Go backend.
func QuickReversalConfig() ReversalConfig {
	config := DefaultReversalConfig()
	config.quick = true
	config.Seeds = []int64{1}
	config.Symbols, config.MinLength, config.MaxLength, config.Judged = 12, 8, 10, 10
	config.Embedding, config.Hidden, config.Batch, config.HeldOut = 32, 64, 24, 100
	config.Steps, config.ControlSteps, config.LearningRate = 220, 220, 1e-2
	return config
}

// Validate returns nil or every rule that is broken.
func (c ReversalConfig) Validate() error {
	r := rules{name: "reversal"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.MinLength >= 1, "MinLength is %d, must be at least 1", c.MinLength)
	r.must(c.MaxLength >= c.MinLength, "MaxLength is %d, must be at least MinLength, which is %d", c.MaxLength, c.MinLength)
	r.must(c.Symbols >= c.MaxLength, "Symbols is %d, must be at least MaxLength, which is %d: none comes twice", c.Symbols, c.MaxLength)
	r.must(c.Judged >= c.MinLength && c.Judged <= c.MaxLength && c.Judged%lengthStep == 0,
		"Judged is %d, must be a multiple of %d between MinLength and MaxLength", c.Judged, lengthStep)
	r.must(c.HeldOut >= 1, "HeldOut is %d, must be at least 1", c.HeldOut)
	r.must(c.Batch >= 1, "Batch is %d, must be at least 1", c.Batch)
	r.must(c.Steps >= 1, "Steps is %d, must be at least 1", c.Steps)
	r.must(c.ControlSteps >= 1 && c.ControlSteps <= c.Steps, "ControlSteps is %d, must be 1 to Steps, which is %d", c.ControlSteps, c.Steps)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.WarmUp >= 0 && c.WarmUp <= c.ControlSteps, "WarmUp is %d, must be 0 to ControlSteps, which is %d", c.WarmUp, c.ControlSteps)
	r.must(c.Window >= 0 && 2*c.Window+1 < c.MaxLength, "Window is %d, must be at least 0 and leave something of MaxLength, %d, out", c.Window, c.MaxLength)
	if err := c.model(rnn.Global).Validate(); err != nil {
		r.broken = append(r.broken, err)
	}
	return r.err()
}

// lengthStep is the distance of the lengths that are decoded.
const lengthStep = 5

// model is the configuration of a model.
func (c ReversalConfig) model(attention rnn.Attention) rnn.Seq2SeqConfig {
	config := rnn.DefaultSeq2SeqConfig()
	config.SourceVocab, config.TargetVocab = c.Symbols+3, c.Symbols+3
	config.Embedding, config.Hidden, config.Attention, config.Window, config.Pad = c.Embedding, c.Hidden, attention, c.Window, padToken
	return config
}

// reversalRun is one training: which task, and with which attention.
type reversalRun struct {
	name      string
	copied    bool // the task is to copy, not to reverse
	attention rnn.Attention
	control   bool // it must fail
}

// The order is that of the report.
var reversalRuns = []reversalRun{
	{"reversal, no attention", false, rnn.NoAttention, true},
	{"reversal, global attention", false, rnn.Global, false},
	{"reversal, local attention", false, rnn.Local, true},
	{"copy, global attention", true, rnn.Global, false},
	{"copy, local attention", true, rnn.Local, false},
}

// Reversal is milestone M5: an encoder-decoder of GRUs writes a sequence backwards, without attention, with global soft
// attention and with local attention; and copies one, where the alignment is monotone as local attention supposes.
//
// Without attention everything goes through one vector, whatever the length. Local attention is monotone (local-m): it looks
// around position t at step t, where a reversal has nothing to find; that it must fail there is the negative control.
//
// Source: lecture 7, "attention as RNN input"; Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine
// Translation", sections 3.1 and 3.2.
func Reversal(config ReversalConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M5", Title: "Sequences reversed, with and without attention", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	scores := make([][]reversalScore, len(reversalRuns)) // by run and seed
	for i, run := range reversalRuns {
		for j, seed := range config.Seeds {
			score, err := config.run(b, run, seed, j == 0)
			if err != nil {
				return Result{}, fmt.Errorf("%s, seed %d: %w", run.name, seed, err)
			}
			scores[i] = append(scores[i], score)
		}
	}
	difference, err := config.localIsGlobal(b)
	if err != nil {
		return Result{}, errors.Join(errors.New("reversal: local against global"), err)
	}
	result.Seconds = time.Since(began).Seconds()
	config.report(&result, scores, difference)
	return result, nil
}

func m5() Milestone {
	return Milestone{
		ID: "M5", Title: "Sequences reversed, with and without attention",
		Shows:  "one vector cannot hold a long sequence; attention looks it up; a window is enough where the alignment is monotone",
		Expect: "exact match at length 20: at least .99 with global attention, 0 without", Takes: "6 min",
		Headline: []string{"reversal, no attention, exact match at 20", "reversal, global attention, exact match at 20", "copy, local attention, exact match at 20"},
		Run: func(o Options) (Result, error) {
			config := DefaultReversalConfig()
			if o.Quick {
				config = QuickReversalConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return Reversal(config)
		},
	}
}
