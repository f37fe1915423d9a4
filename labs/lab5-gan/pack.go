package gan

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Pack joins P examples that follow each other in the batch to one, which the discriminator judges as a whole (task pack). A
// generator that makes the same thing again and again is found out: packs of real examples differ within.
//
//	x [B, X]        ->  [B/P, P·X]         example by example, side by side
//	x [B, H, W, C]  ->  [B/P, H, W, P·C]   at each pixel the channels of the first example, then of the second, ...
//
// size is P, a divisor of B; with 1, x comes back as it is. Examples 0 to P-1 make pack 0.
//
// Hint: follow one pixel. Its channels lie side by side in memory, those of the next example do not.
//
// Source: Lin et al. 2018, PacGAN.
func Pack(x *Node, size int) *Node {
	// BEGIN SOLUTION
	packs := x.Shape().Dim(0) / size
	if x.Rank() == 2 {
		return Reshape(x, packs, -1)
	}
	height, width, channels := x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	x = Reshape(x, packs, size, height, width, channels)
	x = TransposeAllAxes(x, 0, 2, 3, 1, 4) // [B/P, H, W, P, C]
	return Reshape(x, packs, height, width, size*channels)
	// END SOLUTION
}
