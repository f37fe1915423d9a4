package experiment

import (
	"fmt"
	"math"
	"strings"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gomlx/compute/dtypes"

	"courselab/coursekit/attention"
	"courselab/coursekit/position"
	"courselab/coursekit/text"
	"courselab/coursekit/transformer"
	"courselab/coursekit/worked"
)

// WorkedConfig is the setting of WorkedNumbers.
type WorkedConfig struct {
	// Tolerance is the largest absolute difference from the exact value that passes.
	Tolerance float64
	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
}

// DefaultWorkedConfig allows 1e-6.
func DefaultWorkedConfig() WorkedConfig { return WorkedConfig{Tolerance: 1e-6} }

// Validate returns nil or the rule that is broken.
func (c WorkedConfig) Validate() error {
	r := rules{name: "worked numbers"}
	r.must(c.Tolerance > 0 && c.Tolerance < 0.005, "Tolerance is %g, must be more than 0 and less than half a printed digit, 0.005", c.Tolerance)
	return r.err()
}

// WorkedNumbers is milestone M1: coursekit's graph functions, run on the backend, against the numbers that the lecture
// prints, both to the digits that it prints and to the tolerance against float64.
func WorkedNumbers(config WorkedConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	exec, err := model.NewExec(b, model.NewStore(), workedGraph)
	if err != nil {
		return Result{}, err
	}
	outputs, err := exec.Call()
	if err != nil {
		return Result{}, fmt.Errorf("worked numbers: %w", err)
	}
	scores := outputs[0].Value().([][]float64)[0]
	weights := outputs[1].Value().([][]float64)[0]
	positions := outputs[2].Value().([][]float64)
	normed := outputs[3].Value().([]float64)

	result := Result{ID: "M1", Title: "The lecture's worked numbers", Backend: info}
	a := worked.Attention
	for i, word := range a.Words {
		scaled := scores[i] / math.Sqrt(float64(a.KeyWidth))
		config.compare(&result, fmt.Sprintf("q1·k%d (%s)", i+1, word), scores[i], a.Scores[i], a.Scores[i], 0, "slide \"Self-attention\"")
		config.compare(&result, fmt.Sprintf("q1·k%d / √64", i+1), scaled, a.Scaled[i], a.Scaled[i], 0, "slide \"Self-attention\"")
		config.compare(&result, fmt.Sprintf("softmax %d", i+1), weights[i], a.Weights[i], a.Printed[i], 2, "slide \"Self-attention\"")
	}
	p := worked.Positions
	exact := position.Table(len(p.Words), p.Dim, p.Base)
	for k, word := range p.Words {
		for i, printed := range p.Printed[k] {
			config.compare(&result, fmt.Sprintf("P(%d, %d) of %q", k, i, word), positions[k][i], exact[k][i], printed, 2, "slide \"Positional encoding\"")
		}
	}
	for i, x := range worked.LayerNorm.Input {
		config.compare(&result, fmt.Sprintf("LayerNorm of %g in [1 2 3 4]", x), normed[i], worked.LayerNorm.Output[i], worked.LayerNorm.Output[i], 8, "the formula, ε = 0")
	}
	if err := compareBatch(&result); err != nil {
		return Result{}, fmt.Errorf("worked numbers: %w", err)
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// compareBatch tokenizes the lecture's four sentences and counts the cells of the 4×10 table that come out right.
func compareBatch(result *Result) error {
	special := map[string]bool{"START": true, "END": true, "PAD": true, "UNK": true}
	ids := map[string]int32{}
	for r, row := range worked.Batch.Words {
		for c, word := range row {
			if !special[word] {
				ids[word] = worked.Batch.IDs[r][c]
			}
		}
	}
	vocabulary, err := text.NewVocabulary(ids, text.Specials{Start: worked.Start, End: worked.End, Pad: worked.Pad, Unknown: worked.Unknown})
	if err != nil {
		return err
	}
	var sentences [][]string
	for _, sentence := range worked.Sentences {
		sentences = append(sentences, strings.Fields(sentence))
	}
	batch, err := text.NewBatch(vocabulary, worked.Batch.Width, sentences...)
	if err != nil {
		return err
	}
	right, cells := 0, 0
	for r, row := range worked.Batch.IDs {
		for c, want := range row {
			cells++
			if batch.IDs[r][c] == want {
				right++
			}
		}
	}
	all := float64(cells)
	result.Numbers = append(result.Numbers, Number{Name: "cells of the token batch", Unit: "cells", Values: []float64{float64(right)}, Expected: &all, From: "slide \"Tokenization and batching\""})
	result.Checks = append(result.Checks, Check{"cells of the token batch", fmt.Sprint(cells), fmt.Sprint(right), right == cells})
	return nil
}

// workedGraph returns the scores, the weights, the position table and the normalised vector, in float64.
func workedGraph(scope *model.Scope, g *Graph) []*Node {
	a := worked.Attention
	constant := func(value float64) []float64 {
		vector := make([]float64, a.KeyWidth)
		for i := range vector {
			vector[i] = value
		}
		return vector
	}
	query := Const(g, [][]float64{constant(a.Query)})                      // [1, K]
	key := Const(g, [][]float64{constant(a.Keys[0]), constant(a.Keys[1])}) // [2, K]
	_, weights := attention.ScaledDotProduct(query, key, key, nil)         // [1, 2]
	scores := DotGeneral(query, []int{1}, nil, key, []int{1}, nil)         // [1, 2]

	p := worked.Positions
	table := position.Sinusoidal(g, dtypes.Float64, len(p.Words), p.Dim, p.Base) // [L, D]

	config := transformer.DefaultConfig()
	config.NormEpsilon = 1e-300 // the lecture's example has none
	normed := transformer.LayerNorm(scope.In("norm"), config, Const(g, worked.LayerNorm.Input[:]))
	return []*Node{scores, weights, table, normed}
}

// compare adds a number and its check: within the tolerance of exact, and equal to printed in its digits.
func (c WorkedConfig) compare(result *Result, name string, got, exact, printed float64, digits int, from string) {
	result.Numbers = append(result.Numbers, Number{Name: name, Unit: "1", Values: []float64{got}, Expected: &printed, From: from})
	shown := fmt.Sprintf("%.*f", digits, printed)
	// Half a unit of the last printed digit, as -0.00 and 0.00 are the same number.
	prints := math.Abs(got-printed) <= 0.5*math.Pow(10, -float64(digits))+c.Tolerance
	passed := math.Abs(got-exact) <= c.Tolerance && prints
	result.Checks = append(result.Checks, Check{name, fmt.Sprintf("%s, and %.9g to %g", shown, exact, c.Tolerance), fmt.Sprintf("%.9g", got), passed})
}

func m1() Milestone {
	return Milestone{
		ID: "M1", Title: "The lecture's worked numbers",
		Shows:  "attention, positions, layer norm and the token batch, computed by coursekit, give the lecture's digits",
		Expect: "every printed digit; 1e-6 against float64", Takes: "3 s",
		Run: func(o Options) (Result, error) {
			config := DefaultWorkedConfig()
			config.Backend = o.Backend
			return WorkedNumbers(config)
		},
	}
}
