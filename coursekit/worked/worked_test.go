package worked_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/position"
	"courselab/coursekit/worked"
)

func TestAttention(t *testing.T) {
	a := worked.Attention
	var exp [2]float64
	for i := range exp {
		assert.Equal(t, a.Scores[i], float64(a.KeyWidth)*a.Query*a.Keys[i])
		assert.Equal(t, a.Scaled[i], a.Scores[i]/math.Sqrt(float64(a.KeyWidth)))
		exp[i] = math.Exp(a.Scaled[i])
	}
	for i := range exp {
		weight := exp[i] / (exp[0] + exp[1])
		assert.InDelta(t, a.Weights[i], weight, 1e-8)
		assert.Equal(t, a.Printed[i], math.Round(weight*100)/100)
	}
	small := 1 / (1 + math.Exp(a.Scores[0]-a.Scores[1]))
	assert.InDelta(t, a.Unscaled, small, 1e-14)
	assert.InDelta(t, a.SlopeUnscaled, small*(1-small), 1e-14)
	assert.InDelta(t, a.Slope, a.Weights[0]*a.Weights[1], 1e-8)
}

func TestPositions(t *testing.T) {
	p := worked.Positions
	table := position.Table(8, p.Dim, p.Base)
	for k, row := range p.Printed {
		for i, printed := range row {
			assert.InDelta(t, printed, table[k][i], 0.005+1e-12, "position %d, dimension %d", k, i)
		}
	}
	dots, distances := position.Similarity(table)
	for k, dot := range p.Dots {
		assert.InDelta(t, dot, dots[k], 0.0005, "position %d", k)
	}
	assert.Len(t, p.Distances, 2)
	for k, distance := range p.Distances {
		assert.InDelta(t, distance, distances[k], 0.0005, "position %d", k)
	}
	assert.Less(t, p.Distances[6], p.Distances[1])
}

func TestBatchHasTheLecturesShape(t *testing.T) {
	special := map[string]int32{"START": worked.Start, "END": worked.End, "PAD": worked.Pad, "UNK": worked.Unknown}
	ids := map[string]int32{}
	for r, row := range worked.Batch.IDs {
		require.Len(t, row, worked.Batch.Width)
		require.Len(t, worked.Batch.Words[r], worked.Batch.Width)
		for c, id := range row {
			word := worked.Batch.Words[r][c]
			if want, ok := special[word]; ok {
				assert.Equal(t, want, id)
			}
			if known, ok := ids[word]; ok {
				assert.Equal(t, known, id, "one word, one id: %s", word)
			}
			ids[word] = id
		}
	}
	assert.NotContains(t, worked.Batch.Words[2], "END", "the third row is cut off")
}

func TestLinear(t *testing.T) {
	l := worked.Linear
	for class, score := range l.Scores {
		got := l.Bias[class]
		for i, pixel := range l.Pixels {
			got += l.Weights[class][i] * pixel
		}
		assert.InDelta(t, score, got, 1e-9, l.Classes[class])
	}
}

func TestLinearLosses(t *testing.T) {
	scores, hinge, sum := worked.Linear.Scores, 0.0, 0.0
	require.Equal(t, worked.Linear.Classes[0], worked.LinearLosses.Truth)
	for class, score := range scores {
		if class != 0 {
			hinge += math.Max(0, score-scores[0]+1)
		}
		sum += math.Exp(score - scores[0])
	}
	assert.InDelta(t, worked.LinearLosses.Hinge, hinge, 1e-9)
	assert.InDelta(t, worked.LinearLosses.CrossEntropy, math.Log(sum), 1e-9)
}

func TestKL(t *testing.T) {
	for _, kl := range worked.KL {
		variance := kl.Deviation * kl.Deviation
		assert.InDelta(t, kl.Nats, (kl.Mean*kl.Mean+variance-1)/2-math.Log(kl.Deviation), 1e-8)
		// And as what it is, the mean of ln p/q under N(μ, σ²), by a sum over a fine grid.
		const step = 1e-3
		sum := 0.0
		for z := -8.0; z <= 8; z += step {
			x := kl.Mean + z*kl.Deviation
			sum += math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * step * (x*x/2 - z*z/2 - math.Log(kl.Deviation))
		}
		assert.InDelta(t, kl.Nats, sum, 1e-6)
	}
}

// The gradient by hand: each step's dh'/dw = h + w·dh/dw, cut off after the last k steps.
func TestTruncation(t *testing.T) {
	c := worked.Truncation
	gradient := func(k int) (slope float64) {
		h := 0.0
		for step := range c.Steps {
			if c.Steps-step > k {
				slope = 0
			}
			if c.Steps-step <= k {
				slope = h + c.Weight*slope
			}
			h = c.Weight*h + 1
		}
		return slope
	}
	require.Len(t, c.Shares, len(c.K))
	for i, k := range c.K {
		assert.InDelta(t, c.Shares[i], gradient(k)/gradient(c.Steps), 0.0005, "k = %d", k)
	}
}

func TestDropout(t *testing.T) {
	p := worked.Dropout.Rate
	mean, square := (1-p)*(1/(1-p)), (1-p)/((1-p)*(1-p))
	assert.InDelta(t, 1, mean, 1e-12)
	assert.InDelta(t, worked.Dropout.Variance, square-mean*mean, 1e-8)
}

func TestLayerNorm(t *testing.T) {
	var mean, variance float64
	for _, x := range worked.LayerNorm.Input {
		mean += x / 4
	}
	for _, x := range worked.LayerNorm.Input {
		variance += (x - mean) * (x - mean) / 4
	}
	for i, x := range worked.LayerNorm.Input {
		assert.InDelta(t, worked.LayerNorm.Output[i], (x-mean)/math.Sqrt(variance), 1e-8)
		assert.InDelta(t, worked.LayerNormUnbiased[i], (x-mean)/math.Sqrt(variance*4/3), 1e-8)
	}
}

func TestRates(t *testing.T) {
	m := worked.Masking
	assert.InDelta(t, 1, m.Mask+m.Random+m.Keep, 1e-12)
	assert.InDelta(t, 0.12, m.Selected*m.Mask, 1e-12)
	assert.Equal(t, 2, worked.TableSizes.FourGram-worked.TableSizes.BagOfWords)
	assert.Less(t, worked.Midterm.Mean, worked.Midterm.Median, "the scores lean to the left")
	assert.Len(t, worked.Midterm.Questions, 8)
}

func TestTables(t *testing.T) {
	e := worked.TableExample
	assert.Equal(t, math.Pow(e.Vocabulary, float64(worked.TableSizes.FourGram)), e.FourGramEntries)
	assert.Equal(t, e.FourGramEntries*e.EntryBytes, e.FourGramBytes)
	assert.Equal(t, math.Pow(e.Vocabulary, float64(worked.TableSizes.BagOfWords)), e.BagOfWordsEntries)
	assert.Equal(t, e.BagOfWordsEntries*e.EntryBytes/1e9, e.BagOfWordsGigabytes)
}

func TestLettersKeepTheirNumber(t *testing.T) {
	for i, letter := range worked.Letters.Input {
		assert.Equal(t, int(letter[0]-'a')+1, worked.Letters.Sequence[i])
	}
	assert.ElementsMatch(t, worked.Letters.Sequence, worked.Letters.Set)
}
