package attention

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Causal returns a mask [1, 1, L, L] in which position i may attend to the positions 0..i: left-to-right, or
// autoregressive, attention (lecture 7, "Redundant terminology").
func Causal(g *graph.Graph, length int) *graph.Node {
	return Prefix(g, length, 0)
}

// Prefix returns a mask [1, 1, L, L] in which every position may attend to the first prefix positions, and to all
// positions up to its own: a prefix language model. Prefix 0 or 1 is [Causal], prefix L is no mask at all.
//
// It panics if prefix is not in 0..length. Source: Raffel et al. 2020 (T5), section 3.2.1.
func Prefix(g *graph.Graph, length, prefix int) *graph.Node {
	if length < 1 || prefix < 0 || prefix > length {
		exceptions.Panicf("attention: a prefix mask needs 1 <= length and 0 <= prefix <= length, got length %d and prefix %d", length, prefix)
	}
	square := shapes.Make(dtypes.Int32, 1, 1, length, length)
	query, key := graph.Iota(g, square, 2), graph.Iota(g, square, 3)
	mask := graph.GreaterOrEqual(query, key)
	if prefix > 1 {
		mask = graph.LogicalOr(mask, graph.LessThan(key, graph.Scalar(g, dtypes.Int32, prefix)))
	}
	return mask // [1, 1, L, L]
}

// Padding returns a mask [B, 1, 1, L] that hides the keys whose token is the padding token: ids [B, L] are token ids.
func Padding(ids *graph.Node, pad int) *graph.Node {
	if ids.Rank() != 2 {
		exceptions.Panicf("attention: a padding mask needs token ids [B, L], got %s", ids.Shape())
	}
	return graph.InsertAxes(graph.NotEqual(ids, graph.Scalar(ids.Graph(), ids.DType(), pad)), 1, 1) // [B, 1, 1, L]
}

// And returns the mask that allows what all the given masks allow, for example And(Causal(g, L), Padding(ids, pad)).
// Masks that are nil are left out; with none left, it returns nil, which means that everything is allowed. The masks
// broadcast against each other: axes of size 1 are repeated, and a mask with fewer axes than another gets leading ones.
//
// It panics if a mask is not boolean, or if two do not broadcast.
func And(masks ...*graph.Node) *graph.Node {
	var both *graph.Node
	for _, mask := range masks {
		if mask == nil {
			continue
		}
		if mask.DType() != dtypes.Bool {
			exceptions.Panicf("attention: a mask must be boolean (true = may attend), got %s", mask.Shape())
		}
		if both == nil {
			both = mask
			continue
		}
		rank := max(both.Rank(), mask.Rank())
		left, right := graph.ExpandLeftToRank(both, rank), graph.ExpandLeftToRank(mask, rank)
		for axis := range rank {
			if a, b := left.Shape().Dimensions[axis], right.Shape().Dimensions[axis]; a != b && a != 1 && b != 1 {
				exceptions.Panicf("attention: the masks %s and %s do not broadcast: axis %d", both.Shape(), mask.Shape(), axis)
			}
		}
		both = graph.LogicalAnd(left, right)
	}
	return both
}
