package experiment

import (
	"fmt"
	"math"
	"strings"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/text"
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

// WorkedNumbers is milestone M1: coursekit's functions against the lecture's numbers, those that it prints to the digits that
// it prints, and all to the tolerance against float64. Numbers that the lecture does not print are marked as derived, those of
// its lost figure as reconstructed.
func WorkedNumbers(config WorkedConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	store := model.NewStore()
	defer store.Finalize()
	parts := workedParts()
	exec, err := model.NewExec(b, store, func(scope *model.Scope, g *Graph) (outputs []*Node) {
		for _, part := range parts {
			outputs = append(outputs, part.build(scope, g)...)
		}
		return outputs
	})
	if err != nil {
		return Result{}, err
	}
	defer exec.Finalize()
	for path, value := range truncationVariables() {
		if _, err := store.CreateVariable(path, value); err != nil {
			return Result{}, fmt.Errorf("worked numbers: %w", err)
		}
	}
	outputs, err := exec.Call()
	if err != nil {
		return Result{}, fmt.Errorf("worked numbers: %w", err)
	}
	var flat [][]float64
	for _, output := range outputs {
		flat = append(flat, tensors.MustCopyFlatData[float64](output))
		output.MustFinalizeAll()
	}
	result := Result{ID: "M1", Title: "The lecture's worked numbers", Backend: info}
	for _, part := range parts {
		part.compare(config, &result, flat[:part.outputs])
		flat = flat[part.outputs:]
	}
	for _, compare := range []func(*Result) error{compareBatch, config.compareTables} {
		if err := compare(&result); err != nil {
			return Result{}, fmt.Errorf("worked numbers: %w", err)
		}
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

// compareTables lets the language models of coursekit say how many numbers they would have to store.
func (c WorkedConfig) compareTables(result *Result) error {
	e := worked.TableExample
	vocabulary := int(e.Vocabulary)
	fourGram, err := text.NewNGram([]int32{0, 1, 2, 3}, vocabulary, text.NGramConfig{Order: worked.TableSizes.FourGram, Alpha: 0.1})
	if err != nil {
		return err
	}
	bag, err := text.NewBagOfWords([]int32{0, 1, 2, 3}, vocabulary, text.BagOfWordsConfig{Order: worked.TableSizes.FourGram, Alpha: 0.1})
	if err != nil {
		return err
	}
	const from = "slide \"N-gram language models\" with |V| = 10000 and 4 bytes an entry, derived"
	c.compare(result, "4-gram table, petabytes", fourGram.Cells()*e.EntryBytes/1e15, e.FourGramBytes/1e15, e.FourGramBytes/1e15, 0, from)
	c.compare(result, "bag of words, gigabytes", bag.Cells()*e.EntryBytes/1e9, e.BagOfWordsGigabytes, e.BagOfWordsGigabytes, 1, from)
	return nil
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
		Shows:  "attention, positions, layer norm, the token batch, the linear classifier and what follows from them, computed by coursekit, give the lecture's digits",
		Expect: "every printed digit; 1e-6 against float64", Takes: "4 s",
		Headline: []string{"q1·k1 / √64", "softmax 1", "cells of the token batch"},
		Run: func(o Options) (Result, error) {
			config := DefaultWorkedConfig()
			config.Backend = o.Backend
			return WorkedNumbers(config)
		},
	}
}
