package training

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
)

// slowAdam is the definition of Adam and AdamW in float64, for one list of tensors.
type slowAdam struct {
	Adam
	m, v [][]float64
	step int
}

func (a *slowAdam) update(parameters, gradients [][]float64, rank []int, rate, clip float64) (norm float64) {
	if a.m == nil {
		for _, p := range parameters {
			a.m = append(a.m, make([]float64, len(p)))
			a.v = append(a.v, make([]float64, len(p)))
		}
	}
	a.step++
	for _, gradient := range gradients {
		for _, g := range gradient {
			norm += g * g
		}
	}
	norm = math.Sqrt(norm)
	scale := 1.0
	if clip > 0 && norm > clip {
		scale = clip / norm
	}
	for i, p := range parameters {
		decay := a.WeightDecay
		if rank[i] < 2 {
			decay = 0
		}
		for j := range p {
			g := gradients[i][j] * scale
			a.m[i][j] = a.Beta1*a.m[i][j] + (1-a.Beta1)*g
			a.v[i][j] = a.Beta2*a.v[i][j] + (1-a.Beta2)*g*g
			m := a.m[i][j] / (1 - math.Pow(a.Beta1, float64(a.step)))
			v := a.v[i][j] / (1 - math.Pow(a.Beta2, float64(a.step)))
			p[j] -= rate * (m/(math.Sqrt(v)+a.Epsilon) + decay*p[j])
		}
	}
	return norm
}

// quadratic is a loss with known gradients: the sum of weight·(p-target)² over all entries of a matrix [2, 3] and
// a vector [5]; entry i has weight i+1 and target i/2.
func quadratic(scope *model.Scope, g *Graph) *Node {
	part := func(name string, dims ...int) *Node {
		start := make([]float32, 1)
		for len(start) < tensorSize(dims) {
			start = append(start, float32(len(start))*0.25)
		}
		p := scope.VariableWithValue(name, tensors.FromFlatDataAndDimensions(start, dims...)).NodeValue(g)
		order := Reshape(IotaFull(g, p.Shape()), dims...)
		return ReduceAllSum(Mul(OnePlus(order), Square(Sub(p, MulScalar(order, 0.5)))))
	}
	return Add(part("matrix", 2, 3), part("vector", 5))
}

func tensorSize(dims []int) int {
	size := 1
	for _, d := range dims {
		size *= d
	}
	return size
}

func quadraticGradient(p []float64) []float64 {
	gradient := make([]float64, len(p))
	for i := range p {
		gradient[i] = 2 * float64(i+1) * (p[i] - float64(i)/2)
	}
	return gradient
}

func TestAdamIsTheDefinition(t *testing.T) {
	cases := map[string]struct {
		adam Adam
		clip float64
	}{
		"Adam":                {DefaultAdam(), 0},
		"AdamW, W2's numbers": {Adam{0.9, 0.99, 1e-8, 0.1}, 1},
		"large epsilon":       {Adam{0.5, 0.9, 0.3, 0}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			backendtest.Each(t, func(t *testing.T, b compute.Backend) {
				store := model.NewStore()
				exec, err := model.NewExec(b, store, func(scope *model.Scope, rate *Node) *Node {
					return c.adam.Update(scope, quadratic(scope.In("model"), rate.Graph()), rate, c.clip)
				})
				require.NoError(t, err)

				matrix, vector := []float64{0, .25, .5, .75, 1, 1.25}, []float64{0, .25, .5, .75, 1}
				slow := slowAdam{Adam: c.adam}
				for step := 1; step <= 11; step++ {
					rate := 0.1 / float64(step)
					want := slow.update([][]float64{matrix, vector},
						[][]float64{quadraticGradient(matrix), quadraticGradient(vector)}, []int{2, 1}, rate, c.clip)
					outputs, err := exec.Call(float32(rate))
					require.NoError(t, err)
					assert.InEpsilon(t, want, tensors.ToScalar[float32](outputs[0]), 1e-5, "gradient norm at step %d", step)
				}
				for name, want := range map[string][]float64{"matrix": matrix, "vector": vector} {
					got := tensors.MustCopyFlatData[float32](store.GetVariable("/model/" + name).MustValue())
					for i := range want {
						assert.InDelta(t, want[i], got[i], 2e-6, "%s[%d]", name, i)
					}
				}
			})
		})
	}
}

// TestAdamNotGoMLXDefault is the negative control: GoMLX's default epsilon would have been seen above.
func TestAdamNotGoMLXDefault(t *testing.T) {
	right, wrong := slowAdam{Adam: Adam{0.5, 0.9, 0.3, 0}}, slowAdam{Adam: Adam{0.5, 0.9, 1e-7, 0}}
	p, q := []float64{0, 1}, []float64{0, 1}
	right.update([][]float64{p}, [][]float64{quadraticGradient(p)}, []int{1}, 0.1, 0)
	wrong.update([][]float64{q}, [][]float64{quadraticGradient(q)}, []int{1}, 0.1, 0)
	assert.Greater(t, math.Abs(p[1]-q[1]), 1e-3)
}
