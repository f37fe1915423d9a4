package rnn

import (
	"github.com/gomlx/gomlx/core/graph"
)

// slopes are the derivatives of all steps' nonlinearities, stacked by step, [L, B, ·] each: what [Layer.pullBack] needs besides
// the gradient. seen and the states before and after are stacked, too.
//
// Each unit of the next state depends on its own gates and on itself alone, so that a derivative is a number a unit.
//
//	LSTM   ∂h'/∂c', [H]; ∂c' or, for o, ∂h' by the gates, [4·H]; ∂c'/∂c, [H]
//	GRU    ∂h' by what is seen, [4·H]; ∂h'/∂h, [H]
//	vanilla ∂h' by what is seen, [H]
//
// With lengths there is one more for the LSTM and the vanilla RNN: ∂h'/∂h, [H], which is 1 where the sequence has ended.
func (l *Layer) slopes(seen *graph.Node, before, after State) []*graph.Node {
	var slopes []*graph.Node
	var kept *graph.Node // ∂h'/∂h
	switch l.kind {
	case LSTM:
		i, f := graph.Sigmoid(l.gate(seen, 0)), graph.Sigmoid(l.gate(seen, 1))
		g, o := graph.Tanh(l.gate(seen, 2)), graph.Sigmoid(l.gate(seen, 3))
		bounded := graph.Tanh(after.Cell)
		gates := graph.Concatenate([]*graph.Node{
			graph.Mul(g, sigmoidSlope(i)), graph.Mul(before.Cell, sigmoidSlope(f)), graph.Mul(i, tanhSlope(g)), graph.Mul(bounded, sigmoidSlope(o)),
		}, -1)
		slopes = []*graph.Node{graph.Mul(o, tanhSlope(bounded)), gates, f}
	case GRU:
		r, z := graph.Sigmoid(l.gate(seen, 0)), graph.Sigmoid(l.gate(seen, 1))
		fromHidden := l.gate(seen, 3)
		n := graph.Tanh(graph.Add(l.gate(seen, 2), graph.Mul(r, fromHidden)))
		bySum := graph.Mul(graph.OneMinus(z), tanhSlope(n)) // by the argument of n's tanh
		slopes = []*graph.Node{graph.Concatenate([]*graph.Node{
			graph.Mul(graph.Mul(bySum, fromHidden), sigmoidSlope(r)),
			graph.Mul(graph.Sub(before.Hidden, n), sigmoidSlope(z)),
			bySum,
			graph.Mul(bySum, r),
		}, -1)}
		kept = z
	default:
		leaf := graph.Identity(seen)
		slopes = graph.Gradient(graph.ReduceAllSum(l.activation(leaf)), leaf)
	}
	if l.lengths != nil {
		slopes, kept = l.ended(slopes, kept, seen.Shape().Dimensions[0])
	}
	if kept != nil {
		slopes = append(slopes, kept)
	}
	return slopes
}

// ended returns the slopes with those of the identity where a sequence has ended.
func (l *Layer) ended(slopes []*graph.Node, kept *graph.Node, length int) (all []*graph.Node, last *graph.Node) {
	alive := l.alive(length) // [L, B, H]
	zeros := graph.ConvertDType(graph.ZerosLike(alive), slopes[0].DType())
	ones := graph.OnesLike(zeros)
	if kept == nil {
		kept = zeros
	}
	for i, slope := range slopes {
		fill := zeros
		if l.kind == LSTM && i == 2 {
			fill = ones // of the cell by itself
		}
		var parts []*graph.Node
		for gate := range slope.Shape().Dimensions[2] / l.hidden {
			parts = append(parts, graph.Where(alive, l.gate(slope, gate), fill))
		}
		all = append(all, graph.Concatenate(parts, -1))
	}
	return all, graph.Where(alive, kept, ones)
}

// pullBack takes the gradient of the state after a step back through its nonlinearities: it returns those of what they see
// and of the state before, whose hidden part is nil if it goes in through the product alone. The slopes are one step's, [B, ·].
func (l *Layer) pullBack(after State, slopes []*graph.Node) (seen *graph.Node, before State) {
	hidden := after.Hidden
	switch l.kind {
	case LSTM:
		cell := graph.Add(after.Cell, graph.Mul(hidden, slopes[0]))
		seen = graph.Mul(graph.Concatenate([]*graph.Node{cell, cell, cell, hidden}, 1), slopes[1])
		before.Cell = graph.Mul(cell, slopes[2])
		slopes = slopes[3:]
	case GRU:
		seen = graph.Mul(graph.Concatenate([]*graph.Node{hidden, hidden, hidden, hidden}, 1), slopes[0])
		slopes = slopes[1:]
	default:
		seen = graph.Mul(hidden, slopes[0])
		slopes = slopes[1:]
	}
	if l.kind == GRU || l.lengths != nil {
		before.Hidden = graph.Mul(hidden, slopes[0])
	}
	return seen, before
}

// sigmoidSlope is σ' where σ is y.
func sigmoidSlope(y *graph.Node) *graph.Node { return graph.Mul(y, graph.OneMinus(y)) }

// tanhSlope is tanh' where tanh is y.
func tanhSlope(y *graph.Node) *graph.Node { return graph.OneMinus(graph.Square(y)) }
