package backend_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend"
	"courselab/coursekit/backend/backendtest"
)

// add is a step that adds x to a large variable of zeros, says so if told to, and returns 2x.
func add(t *testing.T, b compute.Backend, size int, tell bool) (*model.Exec, *model.Variable) {
	store := model.NewStore()
	store.RootScope().VariableWithValue("sum", make([]float32, size))
	exec, err := model.NewExec(b, store, func(scope *model.Scope, x *Node) *Node {
		g := x.Graph()
		sum := store.GetVariable("/sum")
		sum.SetNodeValue(Add(sum.NodeValue(g), x))
		if tell {
			backend.UpdateInPlace([]*Node{g.GetParameterByName(sum.Path())})
		}
		return MulScalar(x, 2)
	})
	require.NoError(t, err)
	return exec, store.GetVariable("/sum")
}

// TestUpdateInPlace: the results are the same with and without, and with it XLA takes no new memory for a step.
func TestUpdateInPlace(t *testing.T) {
	if os.Getenv("GLIBC_TUNABLES") != "" { // the pages counted below are small ones
		out := again(t, "TestUpdateInPlace", "GLIBC_TUNABLES=", "PJRT_PLUGIN_LIBRARY_PATH="+os.Getenv("PJRT_PLUGIN_LIBRARY_PATH"))
		assert.Contains(t, out, "--- PASS: TestUpdateInPlace")
		return
	}
	const steps = 3
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		size := 10_007
		if b.Name() == "xla" {
			size = 9_000_011 // 36 MB: so much at once, the allocator always gets from the system and gives back to it
		}
		pages := map[bool]int64{}
		for _, tell := range []bool{false, true} {
			exec, sum := add(t, b, size, tell)
			step := func() {
				outputs, err := exec.Call(float32(0.5))
				require.NoError(t, err)
				assert.InDelta(t, 1, tensors.ToScalar[float32](outputs[0]), 0)
			}
			step()
			before := faults(t)
			for range steps {
				step()
			}
			pages[tell] = faults(t) - before
			values := tensors.MustCopyFlatData[float32](sum.MustValue())
			assert.InDelta(t, 0.5*(steps+1), values[0], 0)
			assert.InDelta(t, 0.5*(steps+1), values[size-1], 0)
		}
		if b.Name() == "xla" {
			one := int64(size * 4 / 4096)
			assert.Less(t, pages[true], one, "told: less than one copy's pages in all steps")
			assert.GreaterOrEqual(t, pages[false], steps*one, "not told: a copy each step")
		}
	})
}

// faults is how many pages of memory this process has been given so far.
func faults(t *testing.T) int64 {
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Minflt
}
