package experiment

import (
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gomlx/compute"

	"courselab/coursekit/transformer"
)

// DecodingConfig is the setting of WaysToDecode. Start from DefaultDecodingConfig or QuickDecodingConfig.
type DecodingConfig struct {
	// Seeds, one run each of what is trained or drawn.
	Seeds []int64
	// Draws of the first token of the fixed model, for the tests of the sampler.
	Draws int
	// Widths of the beams, ascending.
	Widths []int

	// Letters of the source that the trained model learns.
	Letters int
	// ModelDim, Heads, FFDim and Layers of the trained model.
	ModelDim, Heads, FFDim, Layers int
	// Batch texts of Context letters a step.
	Batch, Context, Steps int
	// LearningRate is where a cosine to 0 begins, after WarmUp steps.
	LearningRate float64
	WarmUp       int
	// Prompts of two letters are continued by Written letters.
	Prompts, Written int

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultDecodingConfig is three seeds, a language model of two layers and 100 prompts.
func DefaultDecodingConfig() DecodingConfig {
	return DecodingConfig{
		Seeds: []int64{1, 2, 3}, Draws: 5000, Widths: []int{1, 2, 4, 8}, Letters: 8,
		ModelDim: 64, Heads: 4, FFDim: 128, Layers: 2, Batch: 32, Context: 32, Steps: 400, LearningRate: 5e-3, WarmUp: 30,
		Prompts: 100, Written: 16,
	}
}

// QuickDecodingConfig is one seed and a small alphabet.
func QuickDecodingConfig() DecodingConfig {
	config := DefaultDecodingConfig()
	config.quick, config.Seeds, config.Draws, config.Widths = true, []int64{1}, 1000, []int{1, 4}
	config.Letters, config.ModelDim, config.FFDim, config.Batch, config.Context, config.Steps = 4, 32, 32, 24, 16, 150
	config.LearningRate, config.Prompts, config.Written = 1e-2, 40, 10
	return config
}

// Validate returns nil or every rule that is broken.
func (c DecodingConfig) Validate() error {
	r := rules{name: "ways to decode"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Draws >= 200, "Draws is %d, must be at least 200 for the tests to hold", c.Draws)
	r.must(len(c.Widths) > 0, "Widths is empty")
	for i, width := range c.Widths {
		r.must(width >= 1 && (i == 0 || width > c.Widths[i-1]), "Widths is %v, must ascend from 1 on", c.Widths)
	}
	r.must(c.Letters >= 2, "Letters is %d, must be at least 2", c.Letters)
	r.must(c.Context >= 3, "Context is %d, must be at least 3", c.Context)
	r.must(c.Batch >= 1 && c.Steps >= 1, "Batch is %d, Steps %d, must be at least 1 each", c.Batch, c.Steps)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	r.must(c.WarmUp >= 0, "WarmUp is %d, must be at least 0", c.WarmUp)
	r.must(c.Prompts >= 2, "Prompts is %d, must be at least 2", c.Prompts)
	r.must(c.Written >= 3 && c.Written+2 <= c.Context, "Written is %d, must be at least 3 and at most Context-2, which is %d", c.Written, c.Context-2)
	return errors.Join(r.err(), c.model().Validate())
}

func (c DecodingConfig) model() transformer.LanguageConfig {
	config := transformer.DefaultLanguageConfig()
	config.Vocab, config.ModelDim, config.Heads, config.FFDim, config.Layers = c.Letters, c.ModelDim, c.Heads, c.FFDim, c.Layers
	config.MaxLength = max(c.Context, 1)
	return config
}

// WaysToDecode is milestone M11: greedy decoding, beams, sampling, top-k and nucleus, on a model small enough to list all
// that it can write, and on a trained one.
//
// The small model is that of "Dive into deep learning" (10.8.1), whose greedy sequence has probability 0.048 and whose best
// 0.054. The trained one is a causal Transformer of a source of letters whose probabilities are known: of what is written,
// the log-likelihood under the truth can be computed, and the likeliest continuation is known.
//
// Source: lecture 7, "Supervision: sequences"; Holtzman et al. 2020.
func WaysToDecode(config DecodingConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M11", Title: "Ways to decode", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	if err := config.fixedModel(b, &result); err != nil {
		return Result{}, fmt.Errorf("ways to decode, fixed model: %w", err)
	}
	var runs []decodingRun
	for _, seed := range config.Seeds {
		run, err := config.trainedModel(b, seed)
		if err != nil {
			return Result{}, fmt.Errorf("ways to decode, seed %d: %w", seed, err)
		}
		runs = append(runs, run)
	}
	result.Seconds = time.Since(began).Seconds()
	config.report(&result, runs)
	return result, nil
}

// written is what one way of decoding wrote for all prompts.
type written struct {
	way string
	// exact is the share of continuations that are the source's likeliest.
	exact float64
	// logProb is the mean log-probability of a continuation under the trained model, nll the mean negative
	// log-likelihood of a letter under the source, in nats.
	logProb, nll float64
	// distinct is the share of different ones among the runs of three letters.
	distinct float64
	first    string
}

// decodingRun is what was found with one seed; the ways are in the order in which they are tried.
type decodingRun struct {
	entropy float64
	loss    float64 // at the end of the training
	ways    []written
}

// way finds one by its name.
func (r decodingRun) way(name string) written {
	for _, w := range r.ways {
		if w.way == name {
			return w
		}
	}
	return written{}
}

func (c DecodingConfig) report(result *Result, runs []decodingRun) {
	for i, way := range runs[0].ways {
		number := func(name, unit string, f func(w written) float64) {
			n := Number{Name: way.way + ", " + name, Unit: unit}
			for _, run := range runs {
				n.Values = append(n.Values, f(run.ways[i]))
			}
			if name == "source's loss a letter" && way.way == "sampling" {
				n.Expected, n.From = &runs[0].entropy, "entropy of the source"
			}
			result.Numbers = append(result.Numbers, n)
		}
		number("likeliest continuation", "share", func(w written) float64 { return w.exact })
		number("log-probability", "nats", func(w written) float64 { return w.logProb })
		number("source's loss a letter", "nats", func(w written) float64 { return w.nll })
		number("distinct-3", "share", func(w written) float64 { return w.distinct })
		result.Examples = append(result.Examples, Example{Input: way.way, Want: runs[0].ways[i].first, Got: runs[0].ways[i].first})
	}
	for i, run := range runs {
		check := func(name, want, got string, passed bool) {
			result.Checks = append(result.Checks, Check{fmt.Sprintf("%s, seed %d", name, result.Seeds[i]), want, got, passed})
		}
		greedy, sampling, nucleus := run.way("greedy"), run.way("sampling"), run.way("nucleus 0.9")
		widest := run.way(fmt.Sprintf("beam %d", c.Widths[len(c.Widths)-1]))
		check("the widest beam against greedy", "no less likely", fmt.Sprintf("%.4f and %.4f", widest.logProb, greedy.logProb), widest.logProb >= greedy.logProb-1e-3)
		check("variety", "greedy below nucleus below sampling", fmt.Sprintf("%.3f, %.3f, %.3f", greedy.distinct, nucleus.distinct, sampling.distinct),
			greedy.distinct < nucleus.distinct && nucleus.distinct < sampling.distinct)
		check("likelihood under the source", "greedy above nucleus above sampling", fmt.Sprintf("loss %.3f, %.3f, %.3f", greedy.nll, nucleus.nll, sampling.nll),
			greedy.nll < nucleus.nll && nucleus.nll < sampling.nll)
		check("samples are the source's", fmt.Sprintf("loss within 0.15 of the entropy, %.3f", run.entropy), fmt.Sprintf("%.4f", sampling.nll), math.Abs(sampling.nll-run.entropy) < 0.15)
	}
}

func m11() Milestone {
	return Milestone{
		ID: "M11", Title: "Ways to decode",
		Shows:  "greedy misses the best sequence, a beam finds it; sampling keeps the variety, nucleus and top-k some of it",
		Expect: "0.048 greedy, 0.054 beam 2 and exhaustive; variety greedy < nucleus < sampling", Takes: "9 s a seed",
		Headline: []string{"fixed model, greedy", "fixed model, beam 2", "sampling, distinct-3"},
		Run: func(o Options) (Result, error) {
			config := DefaultDecodingConfig()
			if o.Quick {
				config = QuickDecodingConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return WaysToDecode(config)
		},
	}
}

// trainedModel trains a language model and continues prompts in all ways.
func (c DecodingConfig) trainedModel(b compute.Backend, seed int64) (decodingRun, error) {
	task := decodingTask{c, newLetterSource(c.Letters, uint64(seed))}
	store, history, err := task.train(b, seed)
	if err != nil {
		return decodingRun{}, err
	}
	defer store.Finalize()
	_, losses := history.Curve()
	run := decodingRun{entropy: task.source.entropy(), loss: losses[len(losses)-1]}
	run.ways, err = task.decode(b, store, seed)
	return run, err
}
