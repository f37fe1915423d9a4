package measure

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Result is what one case gave on one backend.
type Result struct {
	Case    string  `json:"case"`
	Error   float64 `json:"error"`   // largest difference to the reference, over the reference's largest value
	Compile float64 `json:"compile"` // seconds until the first answer
	Run     float64 `json:"run"`     // median seconds of a run
}

// Run measures the case on b, in float32, for at least the given time. The reference must be a backend with float64.
func Run(c Case, b, reference compute.Backend, atLeast time.Duration) (Result, error) {
	want, err := values[float64](c, reference, dtypes.Float64)
	if err != nil {
		return Result{}, fmt.Errorf("reference of %s: %w", c.Name, err)
	}
	exec, err := NewExec(b, c.Graph)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", c.Name, err)
	}
	defer exec.Finalize()
	inputs := c.Inputs(dtypes.Float32)
	call := func() ([][]float32, time.Duration, error) {
		start := time.Now()
		out, err := exec.Call(inputs...)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", c.Name, err)
		}
		got, err := flatten[float32](out)
		return got, time.Since(start), err
	}
	got, first, err := call()
	if err != nil {
		return Result{}, err
	}
	var times []time.Duration
	for start := time.Now(); len(times) < 3 || time.Since(start) < atLeast; {
		_, took, err := call()
		if err != nil {
			return Result{}, err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	return Result{c.Name, worst(got, want), first.Seconds(), times[len(times)/2].Seconds()}, nil
}

func values[T float32 | float64](c Case, b compute.Backend, dtype dtypes.DType) ([][]T, error) {
	exec, err := NewExec(b, c.Graph)
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	out, err := exec.Call(c.Inputs(dtype)...)
	if err != nil {
		return nil, err
	}
	return flatten[T](out)
}

func flatten[T float32 | float64](out []*tensors.Tensor) ([][]T, error) {
	var all [][]T
	for _, t := range out {
		flat, err := tensors.CopyFlatData[T](t)
		if err != nil {
			return nil, err
		}
		all = append(all, flat)
		if err := t.FinalizeAll(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// worst is the largest relative error over all outputs. A NaN is infinitely wrong.
func worst(got [][]float32, want [][]float64) float64 {
	largest := 0.0
	for n := range want {
		var difference, scale float64
		for i := range want[n] {
			d := math.Abs(float64(got[n][i]) - want[n][i])
			if math.IsNaN(d) {
				return math.Inf(1)
			}
			difference, scale = math.Max(difference, d), math.Max(scale, math.Abs(want[n][i]))
		}
		largest = math.Max(largest, difference/scale)
	}
	return largest
}
