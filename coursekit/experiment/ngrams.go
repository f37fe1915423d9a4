package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"courselab/coursekit/backend"
	"courselab/coursekit/text"
	"courselab/datasets"
)

// NGramsConfig is the setting of NGramSweep. Start from DefaultNGramsConfig or QuickNGramsConfig.
type NGramsConfig struct {
	// Text to learn from, its characters are the tokens; empty loads Tiny Shakespeare.
	Text string
	// HeldOut is the share of the characters, at the end, that the models are scored on and never learn from.
	HeldOut float64
	// Orders of the models, ascending: order n sees n-1 characters.
	Orders []int
	// Alphas that may be added to the counts. For each order one is chosen by a held-out end of the training text, as large
	// a share as HeldOut; the model then learns from all of the training text.
	Alphas []float64
	// Expected negative log-likelihoods, one for each order, in nats; nil checks none.
	Expected []float64
	// From says where Expected is from.
	From string
	// Tolerance is the largest absolute difference from Expected that passes.
	Tolerance float64
	// Best is the order of the lowest number; after it the numbers must rise.
	Best int
	// Seeds shuffle the text of the negative control.
	Seeds []int64

	quick bool
}

// fixedAlpha is that of the curve in which every order has the same.
const fixedAlpha = 0.1

// controlLength is how many characters of the training text the negative control shuffles at most; more show nothing else.
const controlLength = 200_003

// DefaultNGramsConfig is Tiny Shakespeare, the last tenth held out, orders 2 to 7.
func DefaultNGramsConfig() NGramsConfig {
	return NGramsConfig{
		HeldOut: 0.1, Orders: []int{2, 3, 4, 5, 6, 7}, Alphas: []float64{0.01, 0.1, 0.5},
		Expected: []float64{2.482, 2.046, 1.784, 1.770, 2.007, 2.366}, From: "computed apart, in Python", Tolerance: 0.01, Best: 5,
		Seeds: []int64{1},
	}
}

// QuickNGramsConfig needs no data: the text is drawn from a source that remembers two characters, so that order 3 is best.
func QuickNGramsConfig() NGramsConfig {
	drawn, entropy := secondOrderText(40_009, 11, 5)
	config := DefaultNGramsConfig()
	config.Text, config.Orders, config.Best, config.quick = drawn, []int{2, 3, 4, 5, 6}, 3, true
	config.Expected, config.From, config.Tolerance = []float64{math.NaN(), entropy, math.NaN(), math.NaN(), math.NaN()}, "the source, on the held-out text", 0.02
	return config
}

// Validate returns nil or the rules that are broken.
func (c NGramsConfig) Validate() error {
	r := rules{name: "n-grams"}
	r.must(c.HeldOut > 0 && c.HeldOut < 1, "HeldOut is %g, must be between 0 and 1", c.HeldOut)
	r.must(len(c.Orders) >= 2 && slices.IsSorted(c.Orders) && len(slices.Compact(slices.Clone(c.Orders))) == len(c.Orders) && c.Orders[0] >= 2,
		"Orders is %v, must be two or more, ascending, from 2 on", c.Orders)
	r.must(slices.Contains(c.Orders, c.Best), "Best is %d, must be one of Orders", c.Best)
	r.must(len(c.Alphas) > 0, "Alphas is empty")
	for _, alpha := range c.Alphas {
		r.must(alpha > 0 && !math.IsInf(alpha, 1), "Alphas has %g, must be more than 0 and finite", alpha)
	}
	r.must(c.Expected == nil || len(c.Expected) == len(c.Orders), "Expected has %d numbers for %d orders", len(c.Expected), len(c.Orders))
	r.must(c.Tolerance > 0, "Tolerance is %g, must be more than 0", c.Tolerance)
	r.must(len(c.Seeds) > 0, "Seeds is empty")
	return r.err()
}

// NGramSweep is milestone M2b: n-gram models of characters, scored on the end of the text in nats a character. A longer
// history helps until its counts are too few. It counts in plain Go and needs no backend.
//
// It returns an error that says what to put where if Tiny Shakespeare is needed and not there (datasets.ErrNotFound).
func NGramSweep(config NGramsConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	source := config.Text
	if source == "" {
		corpus, err := datasets.LoadText("tinyshakespeare")
		if err != nil {
			return Result{}, fmt.Errorf("n-grams: %w", err)
		}
		source = corpus.Text
	}
	began := time.Now()
	characters := text.Characters.Split(source)
	alphabet, err := text.BuildAlphabet([][]string{characters})
	if err != nil {
		return Result{}, fmt.Errorf("n-grams: %w", err)
	}
	ids, err := alphabet.Encode(characters)
	if err != nil {
		return Result{}, fmt.Errorf("n-grams: %w", err)
	}
	sweep := nGramSweep{config: config, vocabulary: alphabet.Size()}
	sweep.train, sweep.held = split(ids, config.HeldOut)
	result := Result{
		ID: "M2b", Title: "n-grams of characters: how long a history pays", Quick: config.quick, Seeds: config.Seeds,
		Backend: backend.Info{Name: "none", Reason: "counts in plain Go, no graph is computed"},
	}
	if err := sweep.run(&result); err != nil {
		return Result{}, fmt.Errorf("n-grams: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// split cuts the last share off.
func split(ids []int32, share float64) (train, held []int32) {
	at := int(float64(len(ids)) * (1 - share))
	return ids[:at], ids[at:]
}

type nGramSweep struct {
	config      NGramsConfig
	vocabulary  int
	train, held []int32
}

func (s nGramSweep) run(result *Result) error {
	c := s.config
	alphas, err := s.choose()
	if err != nil {
		return err
	}
	fixed := make([]float64, len(c.Orders))
	for i := range fixed {
		fixed[i] = fixedAlpha
	}
	counts, err := s.count(s.train)
	if err != nil {
		return err
	}
	var chosen, same, smooth, known []float64
	for _, line := range []struct {
		name        string
		to          *[]float64
		ids         []int32
		alphas      []float64
		interpolate bool
	}{
		{"held-out text", &chosen, s.held, alphas, false},
		{"held-out, α = 0.1 throughout", &same, s.held, fixed, false},
		{"held-out, interpolated", &smooth, s.held, fixed, true},
		{"text learnt from", &known, s.train[max(0, len(s.train)-len(s.held)):], alphas, false},
	} {
		if *line.to, err = s.score(counts, line.ids, line.alphas, line.interpolate); err != nil {
			return err
		}
		result.Curves = append(result.Curves, Curve{line.name, "order n", "nats a character", s.orders(), *line.to})
	}
	unigram, err := s.one(counts, s.held, text.NGramConfig{Order: 1, Alpha: fixedAlpha})
	if err != nil {
		return err
	}
	uniform := math.Log(float64(s.vocabulary))
	number := func(name, unit string, values []float64, expected float64, from string) {
		n := Number{Name: name, Unit: unit, Values: values}
		if !math.IsNaN(expected) {
			n.Expected, n.From = &expected, from
		}
		result.Numbers = append(result.Numbers, n)
	}
	number("characters held out", "characters", []float64{float64(len(s.held))}, math.NaN(), "")
	number("all alike", "nats", []float64{uniform}, math.Log(float64(s.vocabulary)), fmt.Sprintf("ln %d", s.vocabulary))
	number("order 1", "nats", []float64{unigram}, math.NaN(), "")
	for i, order := range c.Orders {
		name, expected := fmt.Sprintf("order %d", order), math.NaN()
		if c.Expected != nil {
			expected = c.Expected[i]
		}
		number(name, "nats", chosen[i:i+1], expected, c.From)
		if !math.IsNaN(expected) {
			result.Checks = append(result.Checks, Check{name, fmt.Sprintf("%.3f to %g", expected, c.Tolerance), fmt.Sprintf("%.4f", chosen[i]), math.Abs(chosen[i]-expected) <= c.Tolerance})
		}
	}
	for i, order := range c.Orders {
		number(fmt.Sprintf("order %d, α", order), "count", alphas[i:i+1], math.NaN(), "")
	}
	best, end := slices.Index(c.Orders, c.Best), len(c.Orders)-1
	gap := func(i int) float64 { return chosen[i] - known[i] }
	result.Checks = append(result.Checks,
		Check{fmt.Sprintf("falls to order %d, then rises", c.Best), "↓↑", arrows(chosen), fallsThenRises(chosen, best)},
		Check{"better than all alike", fmt.Sprintf("below %.4f", uniform), fmt.Sprintf("%.4f at most", slices.Max(chosen)), slices.Max(chosen) < uniform},
		Check{"learns by heart: held-out less learnt text", fmt.Sprintf("more at order %d than at %d", c.Orders[end], c.Best), fmt.Sprintf("%.4f and %.4f", gap(end), gap(best)), gap(end) > gap(best) || end == best})
	if err := s.bag(result, alphas[best], chosen[best]); err != nil {
		return err
	}
	return s.control(result, alphas)
}

// choose returns the alpha of each order that scores best on the end of the training text, learnt from what is before it.
func (s nGramSweep) choose() ([]float64, error) {
	train, held := split(s.train, s.config.HeldOut)
	counts, err := s.count(train)
	if err != nil {
		return nil, err
	}
	best, lowest := make([]float64, len(s.config.Orders)), make([]float64, len(s.config.Orders))
	for k, alpha := range s.config.Alphas {
		for i, order := range s.config.Orders {
			nll, err := s.one(counts, held, text.NGramConfig{Order: order, Alpha: alpha})
			if err != nil {
				return nil, err
			}
			if k == 0 || nll < lowest[i] {
				best[i], lowest[i] = alpha, nll
			}
		}
	}
	return best, nil
}

// bag adds the bag of words of the best order's history.
func (s nGramSweep) bag(result *Result, alpha, nGram float64) error {
	bag, err := text.NewBagOfWords(s.train, s.vocabulary, text.BagOfWordsConfig{Order: s.config.Best, Alpha: alpha})
	if err != nil {
		return err
	}
	got, err := text.Score(bag, s.held)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("bag of words, order %d", s.config.Best)
	result.Numbers = append(result.Numbers, Number{Name: name, Unit: "nats", Values: []float64{got.NLL}})
	result.Checks = append(result.Checks, Check{name, fmt.Sprintf("above the n-gram's %.4f: the order is lost", nGram), fmt.Sprintf("%.4f", got.NLL), got.NLL > nGram})
	return nil
}

// control is the same sweep on shuffled characters: where there is no order, no history may help.
func (s nGramSweep) control(result *Result, alphas []float64) error {
	unigrams := Number{Name: "shuffled text, order 1", Unit: "nats"}
	lowest := Number{Name: "shuffled text, best of the orders", Unit: "nats"}
	for _, seed := range s.config.Seeds {
		shuffled := slices.Clone(s.train[:min(controlLength, len(s.train))])
		rand.New(rand.NewPCG(uint64(seed), 0)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		train, held := split(shuffled, s.config.HeldOut)
		counts, err := s.count(train)
		if err != nil {
			return err
		}
		unigram, err := s.one(counts, held, text.NGramConfig{Order: 1, Alpha: fixedAlpha})
		if err != nil {
			return err
		}
		lost, err := s.score(counts, held, alphas, false)
		if err != nil {
			return err
		}
		least := slices.Min(lost)
		unigrams.Values, lowest.Values = append(unigrams.Values, unigram), append(lowest.Values, least)
		name := fmt.Sprintf("shuffled text, seed %d", seed)
		result.Curves = append(result.Curves, Curve{name, "order n", "nats a character", s.orders(), lost})
		result.Checks = append(result.Checks, Check{name, fmt.Sprintf("no order below order 1, %.4f to 0.01", unigram), fmt.Sprintf("%.4f at least", least), least > unigram-0.01})
	}
	result.Numbers = append(result.Numbers, unigrams, lowest)
	return nil
}

// count counts once for all orders.
func (s nGramSweep) count(ids []int32) (*text.NGram, error) {
	return text.NewNGram(ids, s.vocabulary, text.NGramConfig{Order: slices.Max(s.config.Orders), Alpha: fixedAlpha})
}

func (s nGramSweep) score(counts *text.NGram, ids []int32, alphas []float64, interpolate bool) ([]float64, error) {
	nlls := make([]float64, len(s.config.Orders))
	for i, order := range s.config.Orders {
		nll, err := s.one(counts, ids, text.NGramConfig{Order: order, Alpha: alphas[i], Interpolate: interpolate})
		if err != nil {
			return nil, err
		}
		nlls[i] = nll
	}
	return nlls, nil
}

func (s nGramSweep) one(counts *text.NGram, ids []int32, config text.NGramConfig) (float64, error) {
	model, err := counts.With(config)
	if err != nil {
		return 0, err
	}
	got, err := text.Score(model, ids)
	return got.NLL, err
}

func (s nGramSweep) orders() []float64 {
	orders := make([]float64, len(s.config.Orders))
	for i, order := range s.config.Orders {
		orders[i] = float64(order)
	}
	return orders
}

// fallsThenRises says if the values fall up to lowest and rise after it.
func fallsThenRises(values []float64, lowest int) bool {
	for i := 1; i < len(values); i++ {
		if i <= lowest && values[i] >= values[i-1] || i > lowest && values[i] <= values[i-1] {
			return false
		}
	}
	return true
}

// arrows shows the values' directions, as ↓↓↑.
func arrows(values []float64) string {
	var b strings.Builder
	for i := 1; i < len(values); i++ {
		switch {
		case values[i] < values[i-1]:
			b.WriteRune('↓')
		case values[i] > values[i-1]:
			b.WriteRune('↑')
		default:
			b.WriteRune('=')
		}
	}
	return b.String()
}

// secondOrderText draws n letters of the first v from a source in which the two before decide, and returns the mean
// negative log-likelihood of the last tenth under that source itself: no model can expect to do better.
func secondOrderText(n, v int, seed uint64) (drawn string, entropy float64) {
	r := rand.New(rand.NewPCG(seed, 0))
	likely := make([]int, v*v) // after a and b, this letter comes with 0.7, else any
	for i := range likely {
		likely[i] = r.IntN(v)
	}
	letters := make([]int, n)
	_, held := split(make([]int32, n), 0.1)
	for i := range letters {
		letters[i] = r.IntN(v)
		if i < 2 {
			continue
		}
		next := likely[letters[i-2]*v+letters[i-1]]
		if r.Float64() < 0.7 {
			letters[i] = next
		}
		p := 0.3 / float64(v)
		if letters[i] == next {
			p += 0.7
		}
		if i >= n-len(held) {
			entropy -= math.Log(p) / float64(len(held))
		}
	}
	var b strings.Builder
	for _, letter := range letters {
		b.WriteByte(byte('a' + letter))
	}
	return b.String(), entropy
}

func m2b() Milestone {
	return Milestone{
		ID: "M2b", Title: "n-grams of characters: how long a history pays",
		Shows:  "counts alone predict Shakespeare's letters; a longer history helps until its counts are too few",
		Expect: "1.770 nats a character at order 5, then a rise; all alike ln 65 = 4.174; needs Tiny Shakespeare", Takes: "5 s",
		Headline: []string{"order 2", "order 5", "order 7"},
		Run: func(o Options) (Result, error) {
			config := DefaultNGramsConfig()
			if o.Quick {
				config = QuickNGramsConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			return NGramSweep(config)
		},
	}
}
