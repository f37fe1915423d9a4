// Package gradcheck compares the gradients that GoMLX derives with finite differences. It is for tests.
//
//	gradcheck.Check(t, backend, func(x []*graph.Node) *graph.Node { return graph.Tanh(x[0]) }, []float64{-1, .5, 2})
//
// Why it is needed: some gradients of GoMLX v0.28 are silently wrong on one backend or on both, and comparing the two
// backends with each other does not show it.
//
// The rule, for each entry θ of an input or a variable:
//
//  1. The function's output y, of any shape, becomes the scalar s = Σ cᵢ·yᵢ, with fixed coefficients c that are all
//     different, so that errors do not cancel as they can in a plain sum.
//  2. The numeric gradient is n = (s(θ+h) - s(θ-h)) / 2h.
//  3. The analytic gradient a passes if |a-n| ≤ Absolute + Relative·|n|. NaN fails.
//
// Considerations: use float64, which both backends have; float32 works with wide tolerances only. Keep inputs away from
// kinks (relu at 0, ties of a maximum), where there is no gradient to compare with. Integer and boolean inputs are passed on
// unchanged. Functions that draw random numbers cannot be checked.
package gradcheck

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Function is a graph function: it returns one node, of any shape and of floating point type.
type Function func(inputs []*graph.Node) *graph.Node

// ModelFunction is a graph function with variables.
type ModelFunction func(scope *model.Scope, inputs []*graph.Node) *graph.Node

// Config is how exactly to compare. [DefaultConfig] is right for float64.
type Config struct {
	Step     float64 // h, the distance to each side
	Absolute float64 // tolerance, in units of the gradient
	Relative float64 // tolerance, as a share of the numeric gradient
	Entries  int     // the most entries checked in each input and variable, evenly spread; 0 means all
}

// DefaultConfig is for float64: the differences are exact to about 1e-9.
func DefaultConfig() Config { return Config{Step: 1e-5, Absolute: 1e-7, Relative: 1e-5, Entries: 64} }

// Float32Config is for functions that only exist in float32: it finds gradients that are wrong by a few percent.
func Float32Config() Config { return Config{Step: 1e-2, Absolute: 5e-3, Relative: 2e-2, Entries: 64} }

// Check fails the test if a gradient of f with respect to a floating point input is wrong.
func Check(t testing.TB, b compute.Backend, f Function, inputs ...any) {
	t.Helper()
	if err := DefaultConfig().Compare(b, f, inputs...); err != nil {
		t.Fatal(err)
	}
}

// CheckModel fails the test if a gradient of f with respect to a floating point input or to a trainable variable of the
// store is wrong. Variables that the store does not have yet are initialised; they get back the values they had.
func CheckModel(t testing.TB, b compute.Backend, store *model.Store, f ModelFunction, inputs ...any) {
	t.Helper()
	if err := DefaultConfig().CompareModel(b, store, f, inputs...); err != nil {
		t.Fatal(err)
	}
}

// Compare returns an error that names the first entries whose gradients differ, or nil.
func (c Config) Compare(b compute.Backend, f Function, inputs ...any) error {
	return c.CompareModel(b, model.NewStore(), func(_ *model.Scope, x []*graph.Node) *graph.Node { return f(x) }, inputs...)
}

// CompareModel is [Config.Compare] for a function with variables.
func (c Config) CompareModel(b compute.Backend, store *model.Store, f ModelFunction, inputs ...any) error {
	args := make([]any, len(inputs))
	var leaves []*leaf
	for i, input := range inputs {
		value, err := asTensor(input)
		if err != nil {
			return fmt.Errorf("gradcheck: input %d: %w", i, err)
		}
		args[i] = value
		if value.DType().IsFloat() {
			leaves = append(leaves, newLeaf(fmt.Sprintf("input %d", i), value, func(moved *tensors.Tensor) error {
				args[i] = moved
				return nil
			}))
		}
	}

	value, err := model.NewExec(b, store, func(s *model.Scope, x []*graph.Node) *graph.Node { return weightedSum(f(s, x)) })
	if err != nil {
		return fmt.Errorf("gradcheck: %w", err)
	}
	if _, err := value.Call(args...); err != nil { // also creates the variables
		return fmt.Errorf("gradcheck: %w", err)
	}
	var variables []*model.Variable
	for v := range store.IterVariables() {
		if !v.Trainable || !v.DType().IsFloat() {
			continue
		}
		current, err := v.Value()
		if err != nil {
			return fmt.Errorf("gradcheck: %s: %w", v.Path(), err)
		}
		local, err := current.LocalClone()
		if err != nil {
			return fmt.Errorf("gradcheck: %s: %w", v.Path(), err)
		}
		variables = append(variables, v)
		leaves = append(leaves, newLeaf("variable "+v.Path(), local, v.SetValue))
	}
	if len(leaves) == 0 {
		return fmt.Errorf("gradcheck: there is no floating point input and no trainable variable to check")
	}

	gradients, err := model.CallOnceN(b, store, func(s *model.Scope, x []*graph.Node) []*graph.Node {
		sum := weightedSum(f(s, x))
		var wrt []*graph.Node
		for _, node := range x {
			if node.DType().IsFloat() {
				wrt = append(wrt, node)
			}
		}
		for _, v := range variables {
			wrt = append(wrt, v.NodeValue(sum.Graph()))
		}
		return graph.Gradient(sum, wrt...)
	}, args...)
	if err != nil {
		return fmt.Errorf("gradcheck: %w", err)
	}

	var wrong []string
	for i, l := range leaves {
		analytic, err := flat(gradients[i])
		if err != nil {
			return fmt.Errorf("gradcheck: gradient of %s: %w", l.name, err)
		}
		if len(analytic) != len(l.values) {
			return fmt.Errorf("gradcheck: the gradient of %s has the shape %s", l.name, gradients[i].Shape())
		}
		found, err := c.compareLeaf(l, analytic, func() (float64, error) {
			outputs, err := value.Call(args...)
			if err != nil {
				return 0, err
			}
			return tensors.ToScalar[float64](outputs[0]), nil
		})
		if err != nil {
			return fmt.Errorf("gradcheck: %s: %w", l.name, err)
		}
		wrong = append(wrong, found...)
	}
	if len(wrong) == 0 {
		return nil
	}
	shown := wrong[:min(len(wrong), 5)]
	return fmt.Errorf("gradcheck: %d gradients differ from finite differences on %s:\n\t%s",
		len(wrong), b.Name(), strings.Join(shown, "\n\t"))
}

// compareLeaf moves the entries of one leaf, and returns a line for each whose gradient is wrong.
func (c Config) compareLeaf(l *leaf, analytic []float64, evaluate func() (float64, error)) (wrong []string, err error) {
	stride := 1
	if c.Entries > 0 {
		stride = (len(l.values) + c.Entries - 1) / c.Entries
	}
	for k := 0; k < len(l.values); k += stride {
		center := l.values[k]
		var sums, at [2]float64
		for side, h := range []float64{c.Step, -c.Step} {
			l.values[k] = center + h
			if at[side], err = l.set(k); err != nil {
				return nil, err
			}
			if sums[side], err = evaluate(); err != nil {
				return nil, err
			}
		}
		l.values[k] = center
		numeric := (sums[0] - sums[1]) / (at[0] - at[1])
		if !(math.Abs(analytic[k]-numeric) <= c.Absolute+c.Relative*math.Abs(numeric)) {
			wrong = append(wrong, fmt.Sprintf("%s, entry %v: gradient %.9g, finite difference %.9g", l.name, l.index(k), analytic[k], numeric))
		}
	}
	_, err = l.set(0)
	return wrong, err
}

// weightedSum is Σ cᵢ·yᵢ in float64, with c between 0.5 and 1.5 and never the same twice.
func weightedSum(y *graph.Node) *graph.Node {
	y = graph.ConvertDType(y, dtypes.Float64)
	if y.IsScalar() {
		return y
	}
	counter := graph.ConvertDType(graph.IotaFull(y.Graph(), y.Shape()), dtypes.Float64)
	c := graph.AddScalar(graph.MulScalar(graph.Sin(graph.AddScalar(counter, 1)), 0.5), 1)
	return graph.ReduceAllSum(graph.Mul(y, c))
}
