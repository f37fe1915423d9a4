package backend

import "github.com/gomlx/gomlx/core/graph"

// UpdateInPlace says that the first outputs of the graph that is being built are new values of these parameters, in this
// order, nil for an output that is none. The backend may then write a new value into the memory of the old one, if the
// caller donates that: GoMLX donates the variables that a graph changes, but does not tell XLA what to do with them, so
// that each call takes new memory for all of them and gives the old back.
//
// It changes no result, and does nothing where the backend has no use for it.
func UpdateInPlace(parameters []*graph.Node) {
	for i, parameter := range parameters {
		if parameter != nil {
			alias(parameter, i)
		}
	}
}
