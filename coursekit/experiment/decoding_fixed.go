package experiment

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/decode"
	"courselab/coursekit/metric"
)

// listedModel is a model small enough to be written down: the probabilities of A, B, C and the end after each beginning.
// Its tokens are 0 padding, 1 start, 2 end, 3 A, 4 B, 5 C.
type listedModel struct{ length int }

const listedTokens = 6

// after returns the probabilities of all tokens after the tokens so far. On the two paths A B C and A C B they are those
// of "Dive into deep learning"; elsewhere they are chosen so that nothing else is as likely.
func (m listedModel) after(tokens []int32) []float64 {
	name := ""
	for _, token := range tokens {
		name += string("..|ABC"[token])
	}
	if known, ok := map[string][]float64{
		"": {0, 0, 0.05, 0.5, 0.25, 0.2}, "A": {0, 0, 0.1, 0.2, 0.4, 0.3},
		"AB": {0, 0, 0.2, 0.2, 0.2, 0.4}, "AC": {0, 0, 0.1, 0.1, 0.6, 0.2},
		"ABC": {0, 0, 0.6, 0, 0.2, 0.2}, "ACB": {0, 0, 0.6, 0.1, 0.2, 0.1},
	}[name]; ok {
		return known
	}
	return []float64{0, 0, 0.1, 0.3, 0.3, 0.3}
}

// rows are the log-probabilities after all beginnings of less than length tokens, the shorter first.
func (m listedModel) rows() (rows [][]float32) {
	for beginnings := [][]int32{{}}; len(beginnings[0]) < m.length; {
		var longer [][]int32
		for _, tokens := range beginnings {
			row := make([]float32, listedTokens)
			for token, p := range m.after(tokens) {
				row[token] = float32(math.Log(p))
				longer = append(longer, append(slices.Clone(tokens), int32(token)))
			}
			rows = append(rows, row)
		}
		beginnings = longer
	}
	return rows
}

// Encode needs nothing of the input but its rows.
func (listedModel) Encode(*model.Scope, []*Node) []*Node { return nil }

// Logits looks up the row of each beginning by its number: number(x, token) = number(x)·V + token + 1.
func (m listedModel) Logits(_ *model.Scope, _ []*Node, tokens *Node) *Node {
	rows := m.rows()
	number := ZerosLike(Slice(tokens, AxisRange(), AxisRange(0, 1)))
	numbers := []*Node{number}
	for t := 1; t < tokens.Shape().Dimensions[1]; t++ {
		number = AddScalar(Add(MulScalar(number, listedTokens), Slice(tokens, AxisRange(), AxisRange(t, t+1))), 1)
		numbers = append(numbers, number)
	}
	last := Scalar(tokens.Graph(), tokens.DType(), len(rows)-1) // nothing is asked after the last position
	return Gather(Const(tokens.Graph(), rows), InsertAxes(Min(Concatenate(numbers, 1), last), -1))
}

// best is the most likely sequence of all, by trying them all.
func (m listedModel) best() (tokens []int32, probability float64) {
	var try func(tokens []int32, p float64)
	var found []int32
	try = func(prefix []int32, p float64) {
		if p <= probability {
			return
		}
		if len(prefix) == m.length {
			found, probability = slices.Clone(prefix), p
			return
		}
		for token, more := range m.after(prefix) {
			switch {
			case token != endToken:
				try(append(slices.Clone(prefix), int32(token)), p*more)
			case p*more > probability:
				found, probability = slices.Clone(prefix), p*more
			}
		}
	}
	try(nil, 1)
	return found, probability
}

// fixedModel adds what the listed model shows.
func (c DecodingConfig) fixedModel(b compute.Backend, result *Result) error {
	m := listedModel{4}
	config := decode.Config{Start: startToken, End: endToken, Pad: padToken, Length: m.length}
	one := tensors.FromValue([]int32{0})
	check := func(name, want, got string, passed bool) {
		result.Checks = append(result.Checks, Check{"fixed model: " + name, want, got, passed})
	}
	number := func(name string, value float64, expected *float64, from string) {
		result.Numbers = append(result.Numbers, Number{Name: "fixed model, " + name, Unit: "probability", Values: []float64{value}, Expected: expected, From: from})
	}
	spell := func(tokens []int32) (name string) {
		for _, token := range tokens {
			name += string("..|ABC"[token])
		}
		return name
	}

	greedy, err := decode.NewGreedy(b, model.NewStore(), m, config)
	if err != nil {
		return err
	}
	likeliest, err := greedy.Decode(one)
	if err != nil {
		return err
	}
	bestTokens, best := m.best()
	everything := int(math.Pow(listedTokens, float64(m.length))) // V^T
	curve := Curve{Name: "fixed model", XLabel: "beam width", YLabel: "log-probability, nats"}
	for _, width := range []int{1, 2, 3, 4, 8, everything} {
		search, err := decode.NewBeam(b, model.NewStore(), m, decode.BeamConfig{Config: config, Width: width, Best: 1})
		if err != nil {
			return err
		}
		found, err := search.Decode(one)
		if err != nil {
			return err
		}
		curve.X, curve.Y = append(curve.X, float64(width)), append(curve.Y, found[0][0].LogProb)
		p := math.Exp(found[0][0].LogProb)
		switch width {
		case 1:
			number("greedy", p, ptr(0.048), "Dive into deep learning, 10.8.1")
			check("greedy", "ABC, 0.048", fmt.Sprintf("%s, %.4f", spell(likeliest[0]), p), spell(likeliest[0]) == "ABC" && math.Abs(p-0.048) < 1e-6)
		case 2:
			number("beam 2", p, ptr(0.054), "Dive into deep learning, 10.8.1")
			check("beam 2", "ACB, 0.054", fmt.Sprintf("%s, %.4f", spell(found[0][0].Tokens), p), spell(found[0][0].Tokens) == "ACB" && math.Abs(p-0.054) < 1e-6)
		case everything:
			number("all sequences", best, nil, "")
			check(fmt.Sprintf("beam V^T = %d", everything), fmt.Sprintf("%s, %.4f, as by trying all", spell(bestTokens), best),
				fmt.Sprintf("%s, %.4f", spell(found[0][0].Tokens), p), slices.Equal(found[0][0].Tokens, bestTokens) && math.Abs(p-best) < 1e-6)
		}
	}
	check("wider beams", "never less likely", fmt.Sprintf("%.4f", curve.Y), slices.IsSorted(curve.Y))
	result.Curves = append(result.Curves, curve)

	for _, t := range []float64{0, 0.01} {
		sample := decode.DefaultSampleConfig(config)
		sample.Temperature = t
		cold, err := decode.NewSampler(b, model.NewStore(), m, sample)
		if err != nil {
			return err
		}
		drawn, err := cold.Decode(1, one)
		if err != nil {
			return err
		}
		check(fmt.Sprintf("temperature %g", t), "greedy", spell(drawn[0].Tokens), slices.Equal(drawn[0].Tokens, likeliest[0]))
	}
	return c.samplers(b, m, check)
}

// samplers compares the frequencies of the first token with the probabilities.
func (c DecodingConfig) samplers(b compute.Backend, m listedModel, check func(name, want, got string, passed bool)) error {
	first := decode.Config{Start: startToken, End: endToken, Pad: padToken, Length: 1}
	for _, way := range []struct {
		name     string
		change   func(*decode.SampleConfig)
		expected map[int]float64 // token: probability
	}{
		{"sampling", func(*decode.SampleConfig) {}, map[int]float64{2: 0.05, 3: 0.5, 4: 0.25, 5: 0.2}},
		{"top-k 2", func(s *decode.SampleConfig) { s.TopK = 2 }, map[int]float64{3: 2. / 3, 4: 1. / 3}},
		{"nucleus 0.9", func(s *decode.SampleConfig) { s.TopP = 0.9 }, map[int]float64{3: 0.5, 4: 0.25, 5: 0.2}},
		{"temperature 2", func(s *decode.SampleConfig) { s.Temperature = 2 },
			map[int]float64{2: math.Sqrt(0.05), 3: math.Sqrt(0.5), 4: math.Sqrt(0.25), 5: math.Sqrt(0.2)}},
	} {
		config := decode.DefaultSampleConfig(first)
		way.change(&config)
		sampler, err := decode.NewSampler(b, model.NewStore(), m, config)
		if err != nil {
			return err
		}
		counts := make([]int, listedTokens)
		drawn, err := sampler.Decode(uint64(c.Seeds[0]), tensors.FromValue(make([]int32, c.Draws)))
		if err != nil {
			return err
		}
		for _, sequence := range drawn {
			if sequence.Ended {
				counts[endToken]++
			} else {
				counts[sequence.Tokens[0]]++
			}
		}
		var observed []int
		var expected []float64
		others := 0
		for token, count := range counts {
			if p := way.expected[token]; p > 0 {
				observed, expected = append(observed, count), append(expected, p)
			} else {
				others += count
			}
		}
		right, err := metric.ChiSquare(observed, expected)
		if err != nil {
			return err
		}
		wrong, err := metric.ChiSquare(observed, equal(len(observed)))
		if err != nil {
			return err
		}
		check(way.name+", first token", "χ² does not reject the probabilities (p > 0.001), and rejects equal ones; no other token",
			fmt.Sprintf("p = %.3f and %.1g, %d others", right.P, wrong.P, others), right.P > 0.001 && wrong.P < 0.001 && others == 0)
	}
	return nil
}
