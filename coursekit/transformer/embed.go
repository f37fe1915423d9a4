package transformer

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/position"
)

// embed turns ids [B, L] into vectors [B, L, D]: a row of the embedding table each, scaled, plus its position.
//
// An id outside the vocabulary is not an error in a graph, backends clamp it: check ids where they are made.
func (m *EncoderDecoder) embed(side string, ids *Node, vocabulary int, positions Positions) *Node {
	checkIDs(ids)
	c, g := m.config, ids.Graph()
	batch, length := ids.Shape().Dimensions[0], ids.Shape().Dimensions[1]
	scope := m.scope.In("%s", side)
	if c.Initializer == nil {
		scope = scope.WithInitializer(initializer.RandomNormalFn(scope, 1/math.Sqrt(float64(c.ModelDim))))
	}

	// The last axis of size 1 holds the index; without it, GoMLX would take ids [B, 1] for that.
	x := layers.Embedding(scope, InsertAxes(ids, -1), c.DType, vocabulary, c.ModelDim) // [B, L, D]
	if c.ScaleEmbedding {
		x = MulScalar(x, math.Sqrt(float64(c.ModelDim)))
	}
	if table := c.positionTable(scope, g, positions, length); table != nil {
		x = Add(x, BroadcastToDims(InsertAxes(table, 0), batch, length, c.ModelDim))
	}
	x.AssertDims(batch, length, c.ModelDim)
	return c.dropout(scope, x)
}

// positionTable is what is added to the L embeddings, [L, D], or nil.
func (c Config) positionTable(scope *model.Scope, g *Graph, positions Positions, length int) *Node {
	switch positions {
	case None:
		return nil
	case Sinusoidal:
		return position.Sinusoidal(g, c.DType, length, c.ModelDim, c.PositionBase)
	case Learned:
		return position.Learned(scope, g, c.DType, length, c.MaxLength, c.ModelDim)
	}
	exceptions.Panicf("transformer: positions are %s, must be Sinusoidal, Learned or None", positions)
	return nil
}
