package metric_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/metric"
)

// clouds draws n points in five classes, each around its own corner of a space of the given width.
func clouds(seed uint64, n, width int, spread float32) (points [][]float32, labels []int) {
	r := rand.New(rand.NewPCG(seed, 5))
	for i := range n {
		point := make([]float32, width)
		for j := range point {
			point[j] = 100 + spread*float32(r.NormFloat64())
		}
		point[i%5] += 3
		points, labels = append(points, point), append(labels, i%5)
	}
	return points, labels
}

func TestProbesLearnWhatIsLinear(t *testing.T) {
	points, labels := clouds(1, 211, 7, .5)
	others, wanted := clouds(2, 1009, 7, .5)
	shuffled := append([]int(nil), labels...)
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for name, fit := range map[string]func(labels []int) (*metric.Probe, error){
		"ridge":    func(l []int) (*metric.Probe, error) { return metric.FitRidge(points, l, 5, 1) },
		"logistic": func(l []int) (*metric.Probe, error) { return metric.FitLogistic(points, l, 5, .01) },
	} {
		probe, err := fit(labels)
		require.NoError(t, err)
		right, err := metric.ProbeAccuracy(probe, others, wanted)
		require.NoError(t, err)
		assert.Greater(t, right, .98, name)
		probe, err = fit(shuffled)
		require.NoError(t, err)
		chance, err := metric.ProbeAccuracy(probe, others, wanted)
		require.NoError(t, err)
		assert.Less(t, chance, .5, "%s on shuffled labels", name)
	}
}

// TestRidgeBothSystems fits the same examples with few features and, padded with zeros, with many: two systems, one answer.
func TestRidgeBothSystems(t *testing.T) {
	points, labels := clouds(3, 31, 7, 2)
	padded := make([][]float32, len(points))
	for i, p := range points {
		padded[i] = append(append([]float32(nil), p...), make([]float32, 60)...)
	}
	narrow, err := metric.FitRidge(points, labels, 5, .7)
	require.NoError(t, err)
	wide, err := metric.FitRidge(padded, labels, 5, .7)
	require.NoError(t, err)
	a, err := metric.Predict(narrow, points)
	require.NoError(t, err)
	b, err := metric.Predict(wide, padded)
	require.NoError(t, err)
	assert.Equal(t, a, b)
}

// TestPenaltyDecides: with an endless penalty only the classes' shares are left, so that the most frequent always wins.
func TestPenaltyDecides(t *testing.T) {
	points, labels := clouds(4, 50, 7, .5)
	points, labels = append(points, points[3]), append(labels, 3)
	for name, fit := range map[string]func() (*metric.Probe, error){
		"ridge":    func() (*metric.Probe, error) { return metric.FitRidge(points, labels, 5, 1e12) },
		"logistic": func() (*metric.Probe, error) { return metric.FitLogistic(points, labels, 5, 1e6) },
	} {
		probe, err := fit()
		require.NoError(t, err, name)
		predictions, err := metric.Predict(probe, points)
		require.NoError(t, err)
		for _, p := range predictions {
			assert.Equal(t, 3, p, name)
		}
	}
}

func TestProbesRefuse(t *testing.T) {
	x := [][]float64{{1}, {2}}
	for want, f := range map[string]func() error{
		"1 labels for 2 examples": func() error { _, err := metric.FitRidge(x, []int{0}, 2, 1); return err },
		"label 1 is 2":            func() error { _, err := metric.FitRidge(x, []int{0, 2}, 2, 1); return err },
		"probe of 1 classes":      func() error { _, err := metric.FitRidge(x, []int{0, 0}, 1, 1); return err },
		"with penalty 0":          func() error { _, err := metric.FitLogistic(x, []int{0, 1}, 2, 0); return err },
		"row 0, entry 0 is +Inf":  func() error { _, err := metric.FitLogistic([][]float64{{math.Inf(1)}}, []int{0}, 2, 1); return err },
		"features of 2 entries for ": func() error {
			p, _ := metric.FitRidge(x, []int{0, 1}, 2, 1)
			_, err := metric.Predict(p, [][]float64{{1, 2}})
			return err
		},
		"1 predictions for 2": func() error {
			p, _ := metric.FitRidge(x, []int{0, 1}, 2, 1)
			_, err := metric.ProbeAccuracy(p, x[:1], []int{0, 1})
			return err
		},
	} {
		assert.ErrorContains(t, f(), want)
	}
}

// TestNearestAgainstLoops compares with the definition, also far from the origin, where |q|² - 2q·r + |r|² alone has no digits.
func TestNearestAgainstLoops(t *testing.T) {
	for seed := range uint64(5) {
		for _, offset := range []float64{0, 1e7} {
			queries := normals(seed, 263, []float64{offset, offset, offset}, []float64{1, 1, 1})
			references := normals(seed+50, 101, []float64{offset, offset, offset}, []float64{1, 1, 1})
			got, err := metric.NearestNeighbours(queries, references)
			require.NoError(t, err)
			assert.Equal(t, slowNearest(queries, references, false), got)
			others, err := metric.NearestOthers(queries)
			require.NoError(t, err)
			assert.Equal(t, slowNearest(queries, queries, true), others)
		}
	}
}

func slowNearest(queries, references [][]float64, others bool) []int {
	result := make([]int, len(queries))
	for i, q := range queries {
		best := math.Inf(1)
		for j, r := range references {
			d := 0.
			for k := range q {
				d += (q[k] - r[k]) * (q[k] - r[k])
			}
			if d < best && !(others && i == j) {
				result[i], best = j, d
			}
		}
	}
	return result
}

func TestNearestNeighbourAccuracy(t *testing.T) {
	references, labels := [][]float64{{0, 0}, {10, 0}}, []string{"left", "right"}
	got, err := metric.NearestNeighbourAccuracy(references, labels, [][]float64{{1, 1}, {9, 9}, {4, 0}}, []string{"left", "right", "right"})
	require.NoError(t, err)
	assert.InDelta(t, 2./3, got, 1e-15)
	_, err = metric.NearestNeighbourAccuracy(references, labels[:1], references, labels)
	assert.ErrorContains(t, err, "1 labels for 2 references")
	_, err = metric.NearestNeighbours(references, [][]float64{{1}})
	assert.ErrorContains(t, err, "queries has 2 columns, references has 1")
	_, err = metric.NearestNeighbours(references, nil)
	assert.Error(t, err)
	_, err = metric.NearestNeighbours(nil, references)
	assert.Error(t, err)
	_, err = metric.NearestOthers(references[:1])
	assert.ErrorContains(t, err, "1 rows have no others")
}

func ExampleFitRidge() {
	features := [][]float64{{0, 1}, {0, 2}, {1, 0}, {2, 0}}
	labels := []int{0, 0, 1, 1}
	probe, _ := metric.FitRidge(features, labels, 2, 0.1)
	classes, _ := metric.Predict(probe, [][]float64{{0, 5}, {5, 0}})
	fmt.Println(classes)
	// Output: [0 1]
}
