package metric

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type goldenTest struct {
	Observed       []int
	Expected, A, B []float64
	Statistic, P   float64
}

// golden is testdata/golden.json, which testdata/golden.py writes with SciPy and NumPy.
type golden struct {
	Frechet struct {
		A, B [][]float64
		Want float64
	}
	ChiSquare     []goldenTest `json:"chi_square"`
	PairedT       []goldenTest `json:"paired_t"`
	JensenShannon []struct {
		P, Q []float64
		Want float64
	} `json:"jensen_shannon"`
	Probe struct {
		X               [][]float64
		Y               []int
		Penalty         float64
		LogisticWeights []float64 `json:"logistic_weights"`
		RidgeWeights    []float64 `json:"ridge_weights"`
		RidgeBias       []float64 `json:"ridge_bias"`
	}
}

func loadGolden(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &g))
	return g
}

func TestAgainstSciPy(t *testing.T) {
	g := loadGolden(t)

	distance, err := FrechetDistance(g.Frechet.A, g.Frechet.B)
	require.NoError(t, err)
	assert.InEpsilon(t, g.Frechet.Want, distance, 1e-9)

	require.Len(t, g.ChiSquare, 3)
	for _, c := range g.ChiSquare {
		got, err := ChiSquare(c.Observed, c.Expected)
		require.NoError(t, err)
		assert.InEpsilon(t, c.Statistic, got.Statistic, 1e-12)
		assert.InEpsilon(t, c.P, got.P, 1e-9)
	}
	require.Len(t, g.PairedT, 3)
	for _, c := range g.PairedT {
		got, err := PairedT(c.A, c.B)
		require.NoError(t, err)
		assert.InEpsilon(t, c.Statistic, got.Statistic, 1e-9)
		assert.InEpsilon(t, c.P, got.P, 1e-9)
	}
	require.Len(t, g.JensenShannon, 2)
	for _, c := range g.JensenShannon {
		got, err := JensenShannon(c.P, c.Q)
		require.NoError(t, err)
		assert.InEpsilon(t, c.Want, got, 1e-9)
	}

	p := g.Probe
	ridge, err := FitRidge(p.X, p.Y, 3, p.Penalty)
	require.NoError(t, err)
	assert.InDeltaSlice(t, p.RidgeWeights, ridge.weights.RawMatrix().Data, 1e-10)
	assert.InDeltaSlice(t, p.RidgeBias, ridge.bias, 1e-10)
	logistic, err := FitLogistic(p.X, p.Y, 3, p.Penalty)
	require.NoError(t, err)
	assert.InDeltaSlice(t, p.LogisticWeights, logistic.weights.RawMatrix().Data, 1e-4)
}
