package experiment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"courselab/coursekit/backend"
	"courselab/coursekit/bert"
	"courselab/coursekit/metric"
	"courselab/coursekit/training"
)

// MaskingConfig is the setting of Masking. Start from DefaultMaskingConfig or QuickMaskingConfig.
type MaskingConfig struct {
	// Seeds, one corpus and one corruption each. The negative control is judged on all of them together.
	Seeds []int64
	// Tokens to corrupt for each seed, special ones counted; rounded up to whole rows.
	Tokens int
	// Length of a row, which holds two sentences; 15 % of it must be a whole number, so that rows are rounded to no other share.
	Length int
	// Vocabulary is the number of ids, special ones included.
	Vocabulary int
	// Level is the probability below which a chi-square test rejects.
	Level float64

	quick bool
}

// DefaultMaskingConfig corrupts 10^5 tokens for each of five seeds, in rows of 120.
func DefaultMaskingConfig() MaskingConfig {
	return MaskingConfig{Seeds: []int64{1, 2, 3, 4, 5}, Tokens: 100_000, Length: 120, Vocabulary: 8192, Level: 0.001}
}

// QuickMaskingConfig is the same: it takes a tenth of a second.
func QuickMaskingConfig() MaskingConfig {
	config := DefaultMaskingConfig()
	config.quick = true
	return config
}

// Validate returns nil or every rule that is broken.
func (c MaskingConfig) Validate() error {
	r := rules{name: "masking"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Tokens >= 10_000, "Tokens is %d, must be at least 10000 for the tests to mean something", c.Tokens)
	r.must(c.Length >= 20 && c.Length%20 == 0, "Length is %d, must be a multiple of 20", c.Length)
	r.must(c.Vocabulary >= 100, "Vocabulary is %d, must be at least 100", c.Vocabulary)
	r.must(c.Level > 0 && c.Level < 0.5, "Level is %g, must be between 0 and 0.5", c.Level)
	return r.err()
}

var maskingSpecials = bert.Specials{Pad: 0, Unknown: 1, Class: 2, Separator: 3, Mask: 4}

// fates counts what became of tokens.
type fates struct {
	tokens, chosen, special       int
	masked, replaced, kept        int
	positions, drawn              []int // by place in the row; by sixteenths of the vocabulary
	specialDrawn, outsideOfChosen int
}

func (c MaskingConfig) fates() fates {
	return fates{positions: make([]int, c.Length), drawn: make([]int, 16)}
}

// add counts a row and what was made of it.
func (f *fates) add(c MaskingConfig, before []int32, after bert.Corruption) {
	f.tokens += len(before)
	f.chosen += len(after.Positions)
	special, k := maskingSpecials.IDs(), 0
	for i, id := range before {
		if k == len(after.Positions) || int(after.Positions[k]) != i {
			if after.IDs[i] != id {
				f.outsideOfChosen++
			}
			continue
		}
		k++
		f.positions[i]++
		if slices.Contains(special, id) {
			f.special++
		}
		switch now := after.IDs[i]; {
		case now == maskingSpecials.Mask:
			f.masked++
		case now == id:
			f.kept++
		default:
			f.replaced++
			if slices.Contains(special, now) {
				f.specialDrawn++
			} else {
				f.drawn[(int(now)-len(special))*len(f.drawn)/(c.Vocabulary-len(special))]++
			}
		}
	}
}

// split tests that 80, 10 and 10 % of the chosen tokens are masked, replaced and kept. A random token is now and then the
// token itself, which looks like kept.
func (f fates) split(c MaskingConfig) (metric.Test, error) {
	same := 0.1 / float64(c.Vocabulary-len(maskingSpecials.IDs()))
	return metric.ChiSquare([]int{f.masked, f.replaced, f.kept}, []float64{0.8, 0.1 - same, 0.1 + same})
}

// Masking is milestone M8: what the masked-LM corruption does to 10^5 tokens. It counts in plain Go and needs no backend.
//
// Chi-square tests compare, for each seed, how the chosen tokens split into masked, replaced and kept, where in the row
// they stand, and which tokens are drawn, with what the rule says. The negative control draws "random" and "stays"
// independently of each other, as some implementations do, which gives 81, 10 and 9 %; the same test must reject it.
//
// Source: lecture 7, "BERT: masked language model"; Devlin et al. 2019, section 3.1.
func Masking(config MaskingConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	began := time.Now()
	result := Result{
		ID: "M8", Title: "Masked words: 15 % chosen, 80/10/10", Quick: config.quick, Seeds: config.Seeds,
		Backend: backend.Info{Name: "none", Reason: "counts in plain Go, no graph is computed"},
	}
	right, wrong := config.fates(), config.fates()
	var shares [4][]float64
	var splits, places, draws []float64
	for _, seed := range config.Seeds {
		f := config.fates()
		if err := config.corrupt(seed, &f, &wrong); err != nil {
			return Result{}, fmt.Errorf("masking, seed %d: %w", seed, err)
		}
		for i, n := range []int{f.chosen, f.masked, f.replaced, f.kept} {
			shares[i] = append(shares[i], float64(n)/float64(f.tokens))
		}
		right.special, right.specialDrawn, right.outsideOfChosen = right.special+f.special, right.specialDrawn+f.specialDrawn, right.outsideOfChosen+f.outsideOfChosen
		split, err := f.split(config)
		if err != nil {
			return Result{}, fmt.Errorf("masking, seed %d: %w", seed, err)
		}
		place, err := metric.ChiSquare(config.content(f.positions), equal(config.Length-3))
		if err != nil {
			return Result{}, fmt.Errorf("masking, seed %d: %w", seed, err)
		}
		draw, err := metric.ChiSquare(f.drawn, equal(len(f.drawn)))
		if err != nil {
			return Result{}, fmt.Errorf("masking, seed %d: %w", seed, err)
		}
		splits, places, draws = append(splits, split.P), append(places, place.P), append(draws, draw.P)
	}
	control, err := wrong.split(config)
	if err != nil {
		return Result{}, fmt.Errorf("masking, control: %w", err)
	}
	const from = "Devlin et al. 2019, section 3.1"
	share := func(n int) float64 { return float64(n) / float64(wrong.chosen) }
	result.Numbers = []Number{
		{"chosen", "share of tokens", shares[0], ptr(0.15), from},
		{"masked", "share of tokens", shares[1], ptr(0.12), from},
		{"replaced", "share of tokens", shares[2], ptr(0.015), from},
		{"kept", "share of tokens", shares[3], ptr(0.015), from},
		{"p of the split 80/10/10", "probability", splits, nil, ""},
		{"p of the places", "probability", places, nil, ""},
		{"p of the tokens drawn", "probability", draws, nil, ""},
		{"wrong rule: masked", "share of chosen", []float64{share(wrong.masked)}, ptr(0.81), "0.9 · 0.9"},
		{"wrong rule: replaced", "share of chosen", []float64{share(wrong.replaced)}, ptr(0.10), "0.1"},
		{"wrong rule: kept", "share of chosen", []float64{share(wrong.kept)}, ptr(0.09), "0.1 · 0.9"},
		{"wrong rule: p of the split 80/10/10", "probability", []float64{control.P}, nil, ""},
		{"wrong rule: special tokens drawn", "tokens", []float64{float64(wrong.specialDrawn)}, nil, ""},
	}
	accepted := func(name string, p []float64) Check {
		return Check{name, fmt.Sprintf("p > %g for every seed", config.Level), fmt.Sprintf("%.3g at least", slices.Min(p)), slices.Min(p) > config.Level}
	}
	none := func(name string, n int) Check { return Check{name, "0", fmt.Sprint(n), n == 0} }
	result.Checks = []Check{
		{"share chosen", "0.15", fmt.Sprintf("%.4f to %.4f", slices.Min(shares[0]), slices.Max(shares[0])), slices.Min(shares[0]) > 0.15-1e-9 && slices.Max(shares[0]) < 0.15+1e-9},
		accepted("split into 80, 10 and 10 %", splits),
		accepted("all places alike", places),
		accepted("all tokens drawn alike", draws),
		none("special tokens chosen", right.special),
		none("special tokens drawn", right.specialDrawn),
		none("tokens changed that were not chosen", right.outsideOfChosen),
		{"negative control: 81, 10 and 9 %, all seeds together", fmt.Sprintf("p < %g", config.Level), fmt.Sprintf("%.3g", control.P), control.P < config.Level},
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// corrupt draws the rows of a seed and counts what the right rule and the wrong one make of them.
func (c MaskingConfig) corrupt(seed int64, right, wrong *fates) error {
	corrupter := bert.DefaultCorrupter(c.Vocabulary, maskingSpecials)
	corrupter.MaxChosen = c.Length
	text, rule, control := training.Rand(seed, 0), training.Rand(seed, 1), training.Rand(seed, 2)
	special := len(maskingSpecials.IDs())
	for right.tokens < c.Tokens {
		words := make([]int32, c.Length-3)
		for i := range words {
			words[i] = int32(special + text.IntN(c.Vocabulary-special))
		}
		row, err := maskingSpecials.Pair(words[:c.first()], words[c.first():], c.Length)
		if err != nil {
			return err
		}
		hidden, err := corrupter.Corrupt(rule, row.IDs)
		if err != nil {
			return err
		}
		right.add(c, row.IDs, hidden)
		for range max(1, 5/len(c.Seeds)) { // so many that the test can tell the rules apart
			wrong.add(c, row.IDs, c.independently(control, row.IDs, hidden))
		}
	}
	return nil
}

// first is the number of words in a row's first sentence.
func (c MaskingConfig) first() int { return (c.Length - 3) / 2 }

// content are the counts of the places without special tokens: the row is [CLS] first [SEP] second [SEP].
func (c MaskingConfig) content(places []int) []int {
	return slices.Concat(places[1:1+c.first()], places[2+c.first():c.Length-1])
}

// independently is the wrong rule, at the places that the right one chose: "random" and "stays" are drawn each by itself,
// and the random token from the whole vocabulary.
func (c MaskingConfig) independently(rng *rand.Rand, row []int32, chosen bert.Corruption) bert.Corruption {
	chosen.IDs = slices.Clone(row)
	for _, at := range chosen.Positions {
		random, stays := rng.Float64() < 0.1, rng.Float64() < 0.1
		switch {
		case random:
			chosen.IDs[at] = int32(rng.IntN(c.Vocabulary))
		case !stays:
			chosen.IDs[at] = maskingSpecials.Mask
		}
	}
	return chosen
}

// equal weights for n outcomes.
func equal(n int) []float64 { return slices.Repeat([]float64{1}, n) }

func m8() Milestone {
	return Milestone{
		ID: "M8", Title: "Masked words: 15 % chosen, 80/10/10",
		Shows:  "what BERT's corruption does to a text, and that a chi-square test tells it from a rule that is off by one in a hundred",
		Expect: "12.0, 1.5 and 1.5 % masked, replaced, kept; the rule of 81/10/9 rejected", Takes: "1 s",
		Headline: []string{"chosen", "masked", "replaced"},
		Run: func(o Options) (Result, error) {
			config := DefaultMaskingConfig()
			if o.Quick {
				config = QuickMaskingConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			return Masking(config)
		},
	}
}
