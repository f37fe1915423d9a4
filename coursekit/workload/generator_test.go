package workload_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"courselab/coursekit/workload"
)

func TestGeneratorAgreesWithTheOtherFrameworks(t *testing.T) {
	g := workload.Named("W4/e1.w")
	for i, want := range []float64{0.7493166923522949, 0.4545694589614868, 0.8254337310791016} {
		assert.Equal(t, want, g.Uniform(i))
	}
	g = workload.Named("W1/batch0/len")
	for i, want := range []float64{0.09194642305374146, 0.7536441087722778, 0.1805058717727661} {
		assert.Equal(t, want, g.Uniform(i))
	}
}

func TestNormals(t *testing.T) {
	var mean, square float64
	values := workload.Named("any").Normals(20011)
	for _, x := range values {
		mean += float64(x) / float64(len(values))
		square += float64(x) * float64(x) / float64(len(values))
	}
	assert.InDelta(t, 0, mean, 0.03)
	assert.InDelta(t, 1, square, 0.04)
}

func TestGlorotBounds(t *testing.T) {
	for _, x := range workload.Named("any").GlorotOf(3, 5, 2, 7) {
		assert.LessOrEqual(t, math.Abs(float64(x)), math.Sqrt(6./(3*5*2+3*5*7)))
	}
	assert.Len(t, workload.Named("any").GlorotOf(3, 5, 2, 7), 210)
	assert.Equal(t, workload.Named("any").Glorot(6, 2, 3), workload.Named("any").GlorotOf(2, 3))
}
