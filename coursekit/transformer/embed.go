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
	length := ids.Shape().Dimensions[1]
	scope := m.config.embeddingScope(m.scope, side)
	x := m.config.lookUp(scope, ids, vocabulary)
	return m.config.place(scope, x, m.config.positionTable(scope, ids.Graph(), positions, length))
}

// embeddingScope is where the embeddings of a side lie, with their first values if none are configured.
func (c Config) embeddingScope(scope *model.Scope, side string) *model.Scope {
	scope = scope.In("%s", side)
	if c.Initializer == nil {
		scope = scope.WithInitializer(initializer.RandomNormalFn(scope, 1/math.Sqrt(float64(c.ModelDim))))
	}
	return scope
}

// lookUp returns the rows of the embedding table for ids [B, L], scaled, [B, L, D].
func (c Config) lookUp(scope *model.Scope, ids *Node, vocabulary int) *Node {
	// The last axis of size 1 holds the index; without it, GoMLX would take ids [B, 1] for that.
	x := layers.Embedding(scope, InsertAxes(ids, -1), c.DType, vocabulary, c.ModelDim) // [B, L, D]
	if c.ScaleEmbedding {
		x = MulScalar(x, math.Sqrt(float64(c.ModelDim)))
	}
	return x
}

// place adds the rows [L, D] of the positions to x [B, L, D], if there are any.
func (c Config) place(scope *model.Scope, x, rows *Node) *Node {
	if rows != nil {
		x = Add(x, BroadcastToDims(InsertAxes(rows, 0), x.Shape().Dimensions...))
	}
	return c.dropout(scope, x)
}

// positionTable is what is added to the L embeddings, [L, D], or nil.
func (c Config) positionTable(scope *model.Scope, g *Graph, positions Positions, length int) *Node {
	switch positions {
	case None, Rotary:
		return nil
	case Sinusoidal:
		return position.Sinusoidal(g, c.DType, length, c.ModelDim, c.PositionBase)
	case Learned:
		return position.Learned(scope, g, c.DType, length, c.MaxLength, c.ModelDim)
	}
	exceptions.Panicf("transformer: positions are %s, must be Sinusoidal, Learned, Rotary or None", positions)
	return nil
}
