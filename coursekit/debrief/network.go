package debrief

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// builder builds a demonstration's graph.
type builder = func(scope *model.Scope, x []*graph.Node) []*graph.Node

// network is a small graph with its variables.
type network struct {
	store *model.Store
	exec  *model.Exec
}

// newNetwork compiles f for inputs of these shapes. The trainable variables get normally distributed values, of deviation
// 1/√rows for a matrix, each drawn from the seed and its path, so that they are the same on every backend.
func newNetwork(b compute.Backend, seed int64, f builder, inputs ...*tensors.Tensor) (*network, error) {
	n := &network{store: model.NewStore()}
	var err error
	if n.exec, err = model.NewExec(b, n.store, f); err != nil {
		return nil, err
	}
	n.exec.WithName("demonstration")
	var dims []shapes.Shape
	for _, x := range inputs {
		dims = append(dims, x.Shape())
	}
	if _, err := n.exec.Compile(dims...); err != nil {
		return nil, err
	}
	for v := range n.store.IterVariables() {
		if !v.Trainable {
			continue
		}
		path := fnv.New64a()
		path.Write([]byte(v.Path()))
		r := rand.New(rand.NewPCG(uint64(seed), path.Sum64()))
		values, rows := make([]float64, v.Shape().Size()), 1
		if v.Shape().Rank() > 1 {
			rows = v.Shape().Size() / v.Shape().Dimensions[v.Shape().Rank()-1]
		}
		for i := range values {
			values[i] = r.NormFloat64() / math.Sqrt(float64(rows))
		}
		if err := n.set(v.Path(), values); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// set gives a variable its values.
func (n *network) set(path string, values []float64) error {
	v := n.store.GetVariable(path)
	if v == nil {
		return fmt.Errorf("no variable %s", path)
	}
	return v.SetValue(tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...))
}

// scale multiplies a variable.
func (n *network) scale(path string, factor float64) error {
	v := n.store.GetVariable(path)
	if v == nil {
		return fmt.Errorf("no variable %s", path)
	}
	values := tensors.MustCopyFlatData[float64](v.MustValue())
	for i := range values {
		values[i] *= factor
	}
	return n.set(path, values)
}

// call runs the graph and returns its outputs, flat.
func (n *network) call(inputs ...*tensors.Tensor) ([][]float64, error) {
	args := make([]any, len(inputs))
	for i, x := range inputs {
		args[i] = x
	}
	outputs, err := n.exec.Call(args...)
	if err != nil {
		return nil, err
	}
	values := make([][]float64, len(outputs))
	for i, o := range outputs {
		values[i] = tensors.MustCopyFlatData[float64](o)
		o.MustFinalizeAll()
	}
	return values, nil
}

// release frees the graph and the variables.
func (n *network) release() {
	n.exec.Finalize()
	n.store.Finalize()
}

// run compiles f, calls it once and frees it.
func run(b compute.Backend, seed int64, f builder, inputs ...*tensors.Tensor) ([][]float64, error) {
	n, err := newNetwork(b, seed, f, inputs...)
	if err != nil {
		return nil, err
	}
	defer n.release()
	return n.call(inputs...)
}

// parameters builds f for a float64 input of the given axes, without compiling it, and counts what there is to train.
func parameters(b compute.Backend, f builder, dims ...int) (count int, err error) {
	store := model.NewStore()
	defer store.Finalize()
	g := graph.NewGraph(b, "count")
	defer g.Finalize()
	err = exceptions.TryCatch[error](func() {
		f(store.RootScope(), []*graph.Node{graph.Parameter(g, "x", shapes.Make(dtypes.Float64, dims...))})
	})
	for v := range store.IterVariables() {
		if v.Trainable {
			count += v.Shape().Size()
		}
	}
	return count, err
}

// random is a generator for one demonstration: name sets those of one seed apart.
func random(seed int64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// normals are n draws from a standard normal distribution.
func normals(r *rand.Rand, n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	return values
}

// tensor is a float64 tensor.
func tensor(values []float64, dims ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(values, dims...)
}

// norm is the Euclidean length.
func norm(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// farthest is the largest absolute difference; NaN counts as infinite.
func farthest(a, b []float64) float64 {
	largest := 0.0
	for i := range a {
		d := math.Abs(a[i] - b[i])
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		largest = max(largest, d)
	}
	return largest
}

// moments are the mean and the variance (divided by n) of the values.
func moments(values []float64) (mean, variance float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		variance += (v - mean) * (v - mean) / n
	}
	return mean, variance
}

// dot is the inner product.
func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
