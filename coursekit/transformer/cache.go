package transformer

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/attention"
	"courselab/coursekit/position"
)

// A cache is a list of nodes: with a padding token, the tokens [B, T], for the mask; then the key and the value of each
// layer, [B·H, T, K] each. Not [B, H, T, K]: between a row that is written and the product that reads it, XLA on the CPU
// takes a change of shape as a reason to write twice, and copies the whole cache four times for that.

// emptyCache is a cache before the first token.
func (c Config) emptyCache(g *Graph, batch, length, layers int) (cache []*Node) {
	if c.Pad >= 0 {
		cache = append(cache, BroadcastToDims(Scalar(g, dtypes.Int32, c.Pad), batch, length))
	}
	for range 2 * layers {
		cache = append(cache, Zeros(g, shapes.Make(c.DType, batch*c.Heads, length, c.ModelDim/c.Heads)))
	}
	return cache
}

// start fills a cache with the keys and values of several positions, from 0 on.
type start struct {
	config Config
	length int
	mask   *Node
	cache  []*Node
}

// newStart is for ids [B, L], of which it stores the tokens.
func newStart(c Config, ids *Node, length int) *start {
	s := &start{config: c, length: length}
	s.mask = attention.And(attention.Causal(ids.Graph(), ids.Shape().Dimensions[1]), c.padding(ids))
	if c.Pad >= 0 {
		s.cache = append(s.cache, fill(ConvertDType(ids, dtypes.Int32), 1, length, float64(c.Pad)))
	}
	return s
}

// attend is the causal self-attention of a layer, whose keys and values are stored.
func (s *start) attend(scope *model.Scope, x *Node) (y, weights *Node) {
	a := s.config.attention(scope).WithRotation(s.config.rotation())
	key, value := s.keep(a, x)
	return a.Attend(a.Query(x), key, value, s.mask)
}

// keep stores the keys and values of x.
func (s *start) keep(a *attention.MultiHead, x *Node) (key, value *Node) {
	key, value = a.Key(x), a.Value(x)
	s.cache = append(s.cache, fill(together(key), 1, s.length, 0), fill(together(value), 1, s.length, 0))
	return key, value
}

// fill makes an axis of x length long, with value at its end.
func fill(x *Node, axis, length int, value float64) *Node {
	dims := append([]int{}, x.Shape().Dimensions...)
	dims[axis] = length - dims[axis]
	if dims[axis] == 0 {
		return x
	}
	return Concatenate([]*Node{x, BroadcastToDims(Scalar(x.Graph(), x.DType(), value), dims...)}, axis)
}

// step is one position of all layers.
type step struct {
	config          Config
	token, position *Node // [B] and a scalar
	mask            *Node // [B or 1, 1, 1, T]
	length          int
	cache, next     []*Node // what the layers have not read yet; what they and newStep have written
}

func newStep(c Config, cache []*Node, layers int, token, position *Node) *step {
	want := 2 * layers
	if c.Pad >= 0 {
		want++
	}
	if len(cache) != want {
		exceptions.Panicf("transformer: a cache of %d tensors, want %d: is it one that Begin returned?", len(cache), want)
	}
	if token.Rank() != 1 || !token.DType().IsInt() {
		exceptions.Panicf("transformer: the tokens of a step must be integers [B], got %s", token.Shape())
	}
	position.AssertScalar()
	s := &step{config: c, token: token, position: ConvertDType(position, dtypes.Int32), cache: cache}
	s.length = cache[len(cache)-1].Shape().Dimensions[1]
	g := token.Graph()
	past := Iota(g, shapes.Make(dtypes.Int32, 1, 1, 1, s.length), 3)
	s.mask = LessOrEqual(past, s.position)
	if c.Pad >= 0 {
		tokens := write(s.take(), InsertAxes(ConvertDType(token, dtypes.Int32), -1), s.position, 1) // [B, T]
		s.next = append(s.next, tokens)
		s.mask = attention.And(s.mask, attention.Padding(tokens, c.Pad))
	}
	return s
}

// take is the cache's next tensor.
func (s *step) take() *Node {
	first := s.cache[0]
	s.cache = s.cache[1:]
	return first
}

// embed returns the token's vector with its position, [B, 1, D].
func (s *step) embed(scope *model.Scope, vocabulary int, positions Positions) *Node {
	x := s.config.lookUp(scope, InsertAxes(s.token, -1), vocabulary)
	table := s.config.positionTable(scope, s.token.Graph(), positions, s.length)
	if table != nil {
		table = s.row(table)
	}
	return s.config.place(scope, x, table)
}

// row is the row of a table [T, D] at the position, [1, D].
func (s *step) row(table *Node) *Node {
	return Gather(table, Reshape(s.position, 1, 1))
}

// attend is the self-attention of a layer: from x [B, 1, D] to all positions so far.
func (s *step) attend(scope *model.Scope, x *Node) (y, weights *Node) {
	a := s.config.attention(scope)
	if s.config.SourcePositions == Rotary {
		cos, sin := position.RotaryTables(x.Graph(), s.config.DType, s.length, s.config.ModelDim/s.config.Heads, s.config.PositionBase)
		cos, sin = s.row(cos), s.row(sin)
		a = a.WithRotation(func(heads *Node) *Node { return position.Rotate(heads, cos, sin) })
	}
	query, key, value := a.Query(x), a.Key(x), a.Value(x) // [B, H, 1, K]
	keys, values := write(s.take(), together(key), s.position, 1), write(s.take(), together(value), s.position, 1)
	s.next = append(s.next, keys, values)
	return a.Attend(query, s.apart(keys), s.apart(values), s.mask)
}

// together returns x [B, H, L, K] as [B·H, L, K].
func together(x *Node) *Node {
	dims := x.Shape().Dimensions
	return Reshape(x, dims[0]*dims[1], dims[2], dims[3])
}

// apart returns x [B·H, L, K] as [B, H, L, K].
func (s *step) apart(x *Node) *Node {
	dims := x.Shape().Dimensions
	return Reshape(x, -1, s.config.Heads, dims[1], dims[2])
}

// write puts row, whose axis has size 1, at the position of the axis of all.
func write(all, row, position *Node, axis int) *Node {
	g := all.Graph()
	if g.Backend().Capabilities().Operations[compute.OpTypeDynamicUpdateSlice] {
		start := make([]*Node, all.Rank())
		for i := range start {
			start[i] = ScalarZero(g, dtypes.Int32)
		}
		start[axis] = position
		return DynamicUpdateSlice(all, row, start)
	}
	here := Equal(Iota(g, shapes.Make(dtypes.Int32, all.Shape().Dimensions...), axis), position)
	return Where(here, BroadcastToDims(row, all.Shape().Dimensions...), all)
}
