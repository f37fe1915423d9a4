// Package worker is the untrusted side: it runs a student's functions and answers requests about them.
//
// A generated main links the student's package and calls [Main]; the process holds nothing secret. Functions are
// adapted by reflection on their signature:
//
//   - *graph.Node arguments are tensors: the function is built into a graph and run on the backend; a nil argument
//     stays nil; []*graph.Node (also variadic) is a list of tensors;
//   - *graph.Graph and *model.Scope arguments are supplied by the worker (a scope may be given, see wire.Scope);
//   - bool, string, integers, floats, dtypes.DType (by name) and slices of these are plain values;
//   - *rand.Rand (math/rand/v2) is given as an integer, its seed;
//   - results likewise, one or many, with an optional trailing error.
//
// Functions without *Node and *Graph are called directly.
//
// Every call is wrapped: a panic of any value becomes a fault with capped text. GoMLX hangs for ever when a graph
// function panics with a value that is no error, so such values are wrapped before GoMLX sees them.
//
// Non-goals: defending itself. A student's function shares this process and may do anything to it; see autograde/check
// and autograde/sandbox for what makes that harmless.
package worker

// Functions maps the names that checks use to the student's functions.
type Functions map[string]any
