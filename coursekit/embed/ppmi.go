package embed

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// PPMIConfig is the setting of [PPMI]. Start from DefaultPPMIConfig.
type PPMIConfig struct {
	// Width is D, the entries of a vector, at most V.
	Width int
	// Window is how many words to each side of a word are its context.
	Window int
	// Power smooths the distribution of contexts, whose counts are raised to it. 1 is none.
	Power float64
	// Negatives shifts the table down by its logarithm, as that many negatives do in skip-gram; 1 is no shift.
	Negatives int
}

// DefaultPPMIConfig is a window of 2 and width 32 as in DefaultConfig, with power ¾ and no shift, which Levy et al. 2015 found to
// serve best.
func DefaultPPMIConfig() PPMIConfig {
	return PPMIConfig{Width: 32, Window: 2, Power: 0.75, Negatives: 1}
}

// Validate returns nil or every rule that is broken, joined.
func (c PPMIConfig) Validate() error {
	var broken []error
	if c.Width < 1 || c.Window < 1 || c.Negatives < 1 {
		broken = append(broken, fmt.Errorf("embed: PPMI has Width %d, Window %d and Negatives %d, must be at least 1", c.Width, c.Window, c.Negatives))
	}
	if !(c.Power > 0) || math.IsInf(c.Power, 1) {
		broken = append(broken, fmt.Errorf("embed: PPMI has Power %g, must be finite and more than 0", c.Power))
	}
	return errors.Join(broken...)
}

// PPMI makes vectors of counts: the positive pointwise mutual information of words w and contexts c,
// max(0, log p(w,c)/(p(w)·p(c)) - log Negatives), is a table M [V, V]; with M = U·S·Vᵀ, the vectors are the first D columns of
// U·√S. Nothing is drawn. The cost grows as V³: it is for vocabularies of some thousand words.
//
// It returns an error for a bad setting, an id out of the vocabulary, or sentences without a pair. Source: Levy, Goldberg & Dagan
// 2015, "Improving distributional similarity with lessons learned from word embeddings", sections 2.1 and 3.
func PPMI(sentences [][]int32, vocabulary int, config PPMIConfig) (*Vectors, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Width > vocabulary {
		return nil, fmt.Errorf("embed: PPMI of Width %d from %d words, must be at most that", config.Width, vocabulary)
	}
	if _, err := count(sentences, vocabulary); err != nil {
		return nil, err
	}
	table, err := mutualInformation(sentences, vocabulary, config)
	if err != nil {
		return nil, err
	}
	var factors mat.SVD
	if !factors.Factorize(table, mat.SVDThinU) {
		return nil, fmt.Errorf("embed: no singular values were found for a table of %d words", vocabulary)
	}
	var u mat.Dense
	factors.UTo(&u)
	values := factors.Values(nil)
	rows := make([][]float64, vocabulary)
	for i := range rows {
		for j := range config.Width {
			rows[i] = append(rows[i], u.At(i, j)*math.Sqrt(values[j]))
		}
	}
	return NewVectors(rows)
}

// mutualInformation is the table of PPMI, [V, V], word by context.
func mutualInformation(sentences [][]int32, vocabulary int, config PPMIConfig) (*mat.Dense, error) {
	together := mat.NewDense(vocabulary, vocabulary, nil)
	words, contexts, all := make([]float64, vocabulary), make([]float64, vocabulary), 0.
	for _, sentence := range sentences {
		for _, p := range Pairs(sentence, config.Window) {
			i, j := int(p.Centre), int(p.Context)
			together.Set(i, j, together.At(i, j)+1)
			words[i]++
			contexts[j]++
			all++
		}
	}
	if all == 0 {
		return nil, fmt.Errorf("embed: %d sentences have no two neighbouring words to learn from", len(sentences))
	}
	smoothed := 0.
	for j, n := range contexts {
		if n > 0 {
			contexts[j] = math.Pow(n, config.Power)
			smoothed += contexts[j]
		}
	}
	shift := math.Log(float64(config.Negatives))
	together.Apply(func(i, j int, n float64) float64 {
		if n == 0 {
			return 0
		}
		return math.Max(0, math.Log(n*smoothed/(words[i]*contexts[j]))-shift)
	}, together)
	return together, nil
}
