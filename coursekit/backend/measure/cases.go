// Package measure compares compute backends: how far their numbers are from a float64 reference, and how long they take
// to compile and to run.
//
// The reference is GoMLX's Go backend in float64, which shares no code with XLA. The inputs are drawn in plain Go from a
// fixed seed, so that every backend gets the same.
package measure

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Case is a graph with its inputs.
type Case struct {
	Name   string
	Shapes [][]int // of the inputs
	Scale  float64 // inputs are between -Scale and Scale
	Graph  func(inputs []*Node) []*Node
}

// Cases are what the course's models are made of, one at a time, and last a Transformer-like training step.
func Cases() []Case {
	return []Case{
		{"matrix product", [][]int{{257, 509}, {509, 263}}, 1, func(in []*Node) []*Node {
			return []*Node{Dot(in[0], in[1]).Product()}
		}},
		{"exp", [][]int{{65537}}, 20, func(in []*Node) []*Node { return []*Node{Exp(in[0])} }},
		{"softmax", [][]int{{127, 1021}}, 20, func(in []*Node) []*Node { return []*Node{Softmax(in[0], -1)} }},
		{"layer norm", [][]int{{127, 509}}, 3, func(in []*Node) []*Node { return []*Node{layerNorm(in[0])} }},
		{"training step", [][]int{{16, 64, 64}, {64, 256}, {256, 64}}, 1, trainingStep},
	}
}

func layerNorm(x *Node) *Node {
	x = Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	return Div(x, Sqrt(AddScalar(ReduceAndKeep(Mul(x, x), ReduceMean, -1), 1e-5)))
}

// trainingStep is the forward and backward pass of self-attention, layer normalisation and a feed-forward layer:
// x [B, L, D], weights [D, F] and [F, D]; it returns the loss and both gradients.
func trainingStep(in []*Node) []*Node {
	x, w1, w2 := in[0], MulScalar(in[1], 0.125), MulScalar(in[2], 0.0625)
	scores := MulScalar(Einsum("bqd,bkd->bqk", x, x), 1/math.Sqrt(64)) // [B, L, L]
	y := layerNorm(Einsum("bqk,bkd->bqd", Softmax(scores, -1), x))     // [B, L, D]
	y = Einsum("bld,df->blf", y, w1)                                   // [B, L, F]
	y = Mul(y, Sigmoid(MulScalar(y, 1.702)))                           // nearly GELU
	y = Einsum("blf,fd->bld", y, w2)                                   // [B, L, D]
	loss := ReduceAllMean(Mul(y, y))
	return append([]*Node{loss}, Gradient(loss, in[1], in[2])...)
}

// Inputs makes the case's tensors with the given type.
func (c Case) Inputs(dtype dtypes.DType) []any {
	var inputs []any
	for n, shape := range c.Shapes {
		size := 1
		for _, d := range shape {
			size *= d
		}
		random := rand.New(rand.NewPCG(7, uint64(n)))
		narrow, wide := make([]float32, size), make([]float64, size)
		for i := range narrow {
			narrow[i] = float32(c.Scale * (2*random.Float64() - 1))
			wide[i] = float64(narrow[i]) // the same number: rounding the inputs is no error of the backend
		}
		if dtype == dtypes.Float64 {
			inputs = append(inputs, tensors.FromFlatDataAndDimensions(wide, shape...))
		} else {
			inputs = append(inputs, tensors.FromFlatDataAndDimensions(narrow, shape...))
		}
	}
	return inputs
}
