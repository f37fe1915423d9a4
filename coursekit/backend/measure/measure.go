package measure

import (
	"fmt"
	"math"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Result is what one case gave on one backend. Times are the shortest of several: what else the machine does makes
// them longer, never shorter.
type Result struct {
	Case    string  `json:"case"`
	Error   float64 `json:"error"`   // largest difference to the reference, over the reference's largest value
	Compile float64 `json:"compile"` // seconds until the first answer, less Run
	Run     float64 `json:"run"`     // seconds of a run
}

// compiles is how often a graph is compiled, to find the shortest time.
const compiles = 3

// Run measures the case on b, in float32, running it for at least the given time. The reference must be a backend with
// float64.
func Run(c Case, b, reference compute.Backend, atLeast time.Duration) (Result, error) {
	want, err := values[float64](c, reference, dtypes.Float64)
	if err != nil {
		return Result{}, fmt.Errorf("reference of %s: %w", c.Name, err)
	}
	result := Result{Case: c.Name, Compile: math.Inf(1), Run: math.Inf(1)}
	for range compiles {
		if err := result.once(c, b, want, atLeast/compiles); err != nil {
			return Result{}, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	result.Compile = math.Max(0, result.Compile-result.Run)
	return result, nil
}

// once compiles the case and runs it for a while.
func (r *Result) once(c Case, b compute.Backend, want [][]float64, atLeast time.Duration) error {
	exec, err := NewExec(b, c.Graph)
	if err != nil {
		return err
	}
	defer exec.Finalize()
	inputs := c.Inputs(dtypes.Float32)
	for n, begin := 0, time.Now(); n < 2 || time.Since(begin) < atLeast; n++ {
		start := time.Now()
		out, err := exec.Call(inputs...)
		if err != nil {
			return err
		}
		got, err := flatten[float32](out)
		if err != nil {
			return err
		}
		if took := time.Since(start).Seconds(); n == 0 {
			r.Compile = math.Min(r.Compile, took)
		} else {
			r.Run = math.Min(r.Run, took)
		}
		r.Error = math.Max(r.Error, worst(got, want))
	}
	return nil
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
