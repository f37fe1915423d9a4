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
	assert.InDelta(t, 0.964, distances[1], 0.0005)
	assert.InDelta(t, 0.655, distances[6], 0.0005)
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
	}
}

func TestRates(t *testing.T) {
	m := worked.Masking
	assert.InDelta(t, 1, m.Mask+m.Random+m.Keep, 1e-12)
	assert.InDelta(t, 0.12, m.Selected*m.Mask, 1e-12)
	assert.Equal(t, 2, worked.TableSizes.FourGram-worked.TableSizes.BagOfWords)
	assert.Less(t, worked.Midterm.Mean, worked.Midterm.Median, "the scores lean to the left")
}

func TestLettersKeepTheirNumber(t *testing.T) {
	for i, letter := range worked.Letters.Input {
		assert.Equal(t, int(letter[0]-'a')+1, worked.Letters.Sequence[i])
	}
	assert.ElementsMatch(t, worked.Letters.Sequence, worked.Letters.Set)
}
