package experiment

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"courselab/coursekit/metric"
)

// PretrainingConfig is the setting of Pretraining. Start from DefaultPretrainingConfig or QuickPretrainingConfig.
type PretrainingConfig struct {
	// Seeds, one run each of everything: corpus, labelled sentences, initial parameters.
	Seeds []int64

	// MaxAttractors is the most nouns between the subject and its verb (see synth.Agreement).
	MaxAttractors int
	// Corpus is the number of sentences without labels, all acceptable, to pre-train on.
	Corpus int
	// Labels is the number of labelled sentences to fine-tune on, acceptable or not.
	Labels int
	// Test is the number of labelled sentences to measure on.
	Test int

	// Width of the model, which has two layers.
	Width int
	// Batch is the number of sentences in a step of pre-training.
	Batch int
	// PretrainSteps and FineTuneSteps are the numbers of updates, PretrainRate and FineTuneRate their highest learning rates.
	PretrainSteps, FineTuneSteps int
	PretrainRate, FineTuneRate   float64

	// Checkpoint is the folder of a real pre-trained BERT; where there is one, and SST-2 too (see datasets), the accuracy of
	// its frozen vectors on real sentences is reported beside. Empty leaves that out.
	Checkpoint string

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultPretrainingConfig pre-trains on 8,000 sentences and fine-tunes on 128, for each of five seeds.
func DefaultPretrainingConfig() PretrainingConfig {
	return PretrainingConfig{
		Seeds: []int64{1, 2, 3, 4, 5}, MaxAttractors: 2, Corpus: 8000, Labels: 128, Test: 1000,
		Width: 64, Batch: 64, PretrainSteps: 1000, FineTuneSteps: 200, PretrainRate: 3e-3, FineTuneRate: 1e-3,
		Checkpoint: os.Getenv(BertEnv),
	}
}

// QuickPretrainingConfig has shorter sentences, a smaller model and one seed, for the pure-Go backend.
func QuickPretrainingConfig() PretrainingConfig {
	config := DefaultPretrainingConfig()
	config.quick, config.Checkpoint = true, ""
	config.Seeds, config.MaxAttractors, config.Corpus, config.Test = []int64{1}, 1, 2000, 300
	config.Width, config.Batch, config.PretrainSteps, config.FineTuneSteps, config.PretrainRate = 32, 32, 450, 100, 1e-2
	return config
}

// Validate returns nil or every rule that is broken.
func (c PretrainingConfig) Validate() error {
	r := rules{name: "pre-training"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.MaxAttractors >= 0 && c.MaxAttractors <= 8, "MaxAttractors is %d, must be 0 to 8", c.MaxAttractors)
	r.must(c.Batch >= 1, "Batch is %d, must be at least 1", c.Batch)
	r.must(c.Corpus >= c.Batch, "Corpus is %d, must be at least Batch, which is %d", c.Corpus, c.Batch)
	r.must(c.Labels >= 32, "Labels is %d, must be at least 32, a batch", c.Labels)
	r.must(c.Test >= 100, "Test is %d, must be at least 100", c.Test)
	r.must(c.Width >= 4 && c.Width%4 == 0, "Width is %d, must be a multiple of 4", c.Width)
	r.must(c.PretrainSteps >= 1 && c.FineTuneSteps >= 1, "PretrainSteps is %d and FineTuneSteps %d, must be at least 1", c.PretrainSteps, c.FineTuneSteps)
	r.must(c.PretrainRate > 0 && c.FineTuneRate > 0, "PretrainRate is %g and FineTuneRate %g, must be more than 0", c.PretrainRate, c.FineTuneRate)
	return r.err()
}

// length of the longest sentence: a determiner, a noun, three words an attractor, a verb, a pronoun, an adverb, and [CLS]
// and [SEP].
func (c PretrainingConfig) length() int { return 7 + 3*c.MaxAttractors }

// Gates of the milestone.
const (
	pretrainingNats   = 0.3  // below the entropy of single words
	pretrainingPoints = 0.05 // of accuracy, more than from scratch
	pretrainingLevel  = 0.05 // of the paired t-test
)

// Pretraining is milestone M9: a small BERT learns to fill in masked words of sentences in which everything agrees, and then,
// from few labels, to tell acceptable sentences from unacceptable ones.
//
// For each seed the pre-trained model is fine-tuned whole and with its encoder frozen, and beside it a fresh one is trained
// from scratch on the same labels: that is the baseline. As a negative control, the pre-trained model of the first seed is
// fine-tuned on labels of which half of each class are turned over, from which nothing can be learnt. The sentences are
// those of synth.Agreement, in which no single word says anything about the label: real CoLA is out of reach of a model of
// this size (Turc et al. 2019 report a Matthews correlation of 0 for BERT-mini).
//
// Source: lecture 7, "Pre-training Transformers: BERT"; Devlin et al. 2019; Warstadt et al. 2019 (CoLA).
func Pretraining(config PretrainingConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M9", Title: "BERT: pre-train on masked words, fine-tune on few labels", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	var runs []pretrainingRun
	for i, seed := range config.Seeds {
		run, err := config.run(b, seed, i == 0)
		if err != nil {
			return Result{}, fmt.Errorf("pre-training, seed %d: %w", seed, err)
		}
		runs = append(runs, run)
	}
	if err := config.report(&result, runs); err != nil {
		return Result{}, err
	}
	if config.Checkpoint != "" {
		if err := realSentiment(&result, b, config.Checkpoint, config.Seeds); err != nil {
			return Result{}, fmt.Errorf("pre-training: %w", err)
		}
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

func (c PretrainingConfig) report(result *Result, runs []pretrainingRun) error {
	number := func(name, unit string, value func(r pretrainingRun) float64) []float64 {
		values := make([]float64, len(runs))
		for i, run := range runs {
			values[i] = value(run)
		}
		result.Numbers = append(result.Numbers, Number{Name: name, Unit: unit, Values: values})
		return values
	}
	entropy := number("entropy of single words", "nats", func(r pretrainingRun) float64 { return r.entropy })
	loss := number("masked words, held out", "nats", func(r pretrainingRun) float64 { return r.loss })
	pretrained := number("pre-trained, accuracy", "share", func(r pretrainingRun) float64 { return r.pretrained.accuracy })
	number("frozen encoder, accuracy", "share", func(r pretrainingRun) float64 { return r.frozen.accuracy })
	scratch := number("from scratch, accuracy", "share", func(r pretrainingRun) float64 { return r.scratch.accuracy })
	number("pre-trained, Matthews", "correlation", func(r pretrainingRun) float64 { return r.pretrained.matthews })
	number("frozen encoder, Matthews", "correlation", func(r pretrainingRun) float64 { return r.frozen.matthews })
	number("from scratch, Matthews", "correlation", func(r pretrainingRun) float64 { return r.scratch.matthews })
	number("wall time", "s", func(r pretrainingRun) float64 { return r.seconds })
	shuffled := runs[0].shuffled.accuracy
	result.Numbers = append(result.Numbers, Number{"labels half turned over, accuracy", "share", []float64{shuffled}, ptr(0.5), "chance"})

	least, gain := math.Inf(1), 0.0
	for i := range runs {
		least = min(least, entropy[i]-loss[i])
		gain += (pretrained[i] - scratch[i]) / float64(len(runs))
	}
	result.Checks = []Check{
		{"masked words: below the entropy of single words", fmt.Sprintf("by %g nats for every seed", pretrainingNats), fmt.Sprintf("%.3f at least", least), least >= pretrainingNats},
		{fmt.Sprintf("pre-trained less from scratch at %d labels", c.Labels), fmt.Sprintf("%g points of accuracy", 100*pretrainingPoints), fmt.Sprintf("%.1f", 100*gain), gain >= pretrainingPoints},
		{"negative control: labels half turned over", "0.4 to 0.6", fmt.Sprintf("%.3f", shuffled), shuffled > 0.4 && shuffled < 0.6},
	}
	if len(runs) > 1 {
		test, err := metric.PairedT(pretrained, scratch)
		if err != nil {
			return fmt.Errorf("pre-training: %w", err)
		}
		result.Numbers = append(result.Numbers, Number{"p of the difference, paired t-test", "probability", []float64{test.P}, nil, ""})
		result.Checks = append(result.Checks, Check{"paired t-test over the seeds", fmt.Sprintf("p < %g", pretrainingLevel), fmt.Sprintf("%.2g", test.P), test.P < pretrainingLevel && gain > 0})
	}
	steps := runs[0].steps
	result.Curves = []Curve{
		{"masked words, loss of a batch", "step", "nats", steps, runs[0].losses},
		{"entropy of single words", "step", "nats", steps, slices.Repeat([]float64{entropy[0]}, len(steps))},
	}
	result.Examples = runs[0].examples
	return nil
}

func m9() Milestone {
	return Milestone{
		ID: "M9", Title: "BERT: pre-train on masked words, fine-tune on few labels",
		Shows:  "what is learnt from text without labels makes few labels enough",
		Expect: "masked words about 2 nats below single words' entropy; about 0.97 with 128 labels, 0.5 from scratch", Takes: "90 s",
		Headline: []string{"masked words, held out", "pre-trained, accuracy", "from scratch, accuracy"},
		Run: func(o Options) (Result, error) {
			config := DefaultPretrainingConfig()
			if o.Quick {
				config = QuickPretrainingConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return Pretraining(config)
		},
	}
}
