package gan

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Pack joins each P = size examples that follow each other to one that the discriminator judges as a whole: [B, X] becomes
// [B/P, P·X], and images [B, H, W, C] become [B/P, H, W, P·C]. A generator that makes the same thing again and again is
// found out, for packs of real examples differ within. Size 1 returns x.
//
// It panics, naming the shape, if x has another rank or size does not divide B.
// Source: Lin et al. 2018, "PacGAN: The power of two samples in generative adversarial networks", section 2.
func Pack(x *graph.Node, size int) *graph.Node {
	if x.Rank() != 2 && x.Rank() != 4 {
		exceptions.Panicf("gan: packs are made of [B, X] or [B, H, W, C], got %s", x.Shape())
	}
	batch := x.Shape().Dimensions[0]
	if size < 1 || batch%size != 0 {
		exceptions.Panicf("gan: %s cannot be packed by %d: the first axis must be a multiple", x.Shape(), size)
	}
	if size == 1 {
		return x
	}
	if x.Rank() == 2 {
		return graph.Reshape(x, batch/size, -1)
	}
	height, width, channels := x.Shape().Dimensions[1], x.Shape().Dimensions[2], x.Shape().Dimensions[3]
	x = graph.Reshape(x, batch/size, size, height, width, channels)
	x = graph.TransposeAllAxes(x, 0, 2, 3, 1, 4)
	return graph.Reshape(x, batch/size, height, width, size*channels)
}

// WithDeviation adds a column to features [B, D]: the standard deviation over the batch, averaged over the D features, the
// same in each row: [B, D+1]. A discriminator whose last hidden layer has it sees if its batch is all alike. Real and
// generated examples must be judged apart then: set Config.Separate.
//
// Source: Karras et al. 2018, "Progressive Growing of GANs", section 3.
func WithDeviation(features *graph.Node) *graph.Node {
	if features.Rank() != 2 {
		exceptions.Panicf("gan: features must be [B, D], got %s", features.Shape())
	}
	batch := features.Shape().Dimensions[0]
	apart := graph.Sub(features, graph.ReduceAndKeep(features, graph.ReduceMean, 0))
	variance := graph.ReduceMean(graph.Square(apart), 0)                          // [D]
	deviation := graph.ReduceAllMean(graph.Sqrt(graph.AddScalar(variance, 1e-8))) // scalar
	return graph.Concatenate([]*graph.Node{features, graph.BroadcastToDims(graph.Reshape(deviation, 1, 1), batch, 1)}, -1)
}
