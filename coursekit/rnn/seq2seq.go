package rnn

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"
)

// Seq2Seq is an encoder-decoder of two recurrent networks (Sutskever et al. 2014), with Luong's attention or without:
//
//	s_1..s_Ls  the encoder's states, both directions side by side; its last state is the decoder's first
//	h_t        the decoder's state after target token t
//	a_t        softmax over the positions j of h_t·W_a·s_j ("general" score)
//	h̃_t        tanh(W_c·[Σ_j a_t,j·s_j; h_t]); without attention h_t
//	logits     W_o·h̃_t + b_o
//
// h̃ is not fed into the next step ("input feeding" is left out), so that in training, with the right tokens as the
// decoder's input, all attention is computed at once.
//
// It is a decode.Incremental, so that it is decoded as a Transformer is: its only input is the source. Its variables lie in
// the scope given to the functions: source and target (embeddings), encoder, decoder, attention, mix and output.
type Seq2Seq struct{ config Seq2SeqConfig }

// NewSeq2Seq returns the model, or an error with every broken rule of the configuration.
func NewSeq2Seq(config Seq2SeqConfig) (*Seq2Seq, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	return &Seq2Seq{config}, nil
}

// Encode returns what decoding needs of the source ids [B, Ls], its only input: the encoder's states [B, Ls, H], the numbers
// of tokens before Pad [B], and the parts of the last state [B, H].
func (m *Seq2Seq) Encode(scope *model.Scope, inputs []*graph.Node) []*graph.Node {
	ids := inputs[0]
	ids.AssertRank(2)
	lengths := m.lengths(ids)
	x := m.embed(scope.In("source"), ids, m.config.SourceVocab)
	states, forward, backward := Bidirectional(scope.In("encoder"), m.config.Kind, m.config.Hidden/2, x, lengths)
	encoded := []*graph.Node{states, lengths}
	for i, part := range forward.parts() {
		encoded = append(encoded, graph.Concatenate([]*graph.Node{part, backward.parts()[i]}, 1))
	}
	return encoded
}

// Logits returns [B, Lt, V] for target tokens [B, Lt].
func (m *Seq2Seq) Logits(scope *model.Scope, encoded []*graph.Node, tokens *graph.Node) *graph.Node {
	logits, _ := m.Decode(scope, encoded, tokens)
	return logits
}

// Decode returns [B, Lt, V] for target tokens [B, Lt], as Logits, and the weights a, [B, Lt, Ls]; nil without attention.
func (m *Seq2Seq) Decode(scope *model.Scope, encoded []*graph.Node, tokens *graph.Node) (logits, weights *graph.Node) {
	x := m.embed(scope.In("target"), tokens, m.config.TargetVocab)
	layer := New(scope.In("decoder"), m.config.Kind, m.config.Hidden)
	hidden, _ := layer.WithInitial(layer.state(encoded[2:])).Apply(x)
	positions := graph.Iota(tokens.Graph(), shapes.Make(dtypes.Int32, tokens.Shape().Dimensions[1]), 0)
	return m.look(scope, encoded[0], encoded[1], hidden, positions)
}

// Begin returns the encoder's states and lengths, which stay, and the decoder's first state.
func (m *Seq2Seq) Begin(_ *model.Scope, encoded []*graph.Node, _ int) (fixed, state []*graph.Node) {
	return encoded[:2], encoded[2:]
}

// Next is one step: from tokens [R] at a position, a scalar, the logits [R, V], and the decoder's next state.
func (m *Seq2Seq) Next(scope *model.Scope, fixed, state []*graph.Node, tokens, position *graph.Node) (logits *graph.Node, next []*graph.Node) {
	rows := tokens.Shape().Dimensions[0]
	x := m.embed(scope.In("target"), graph.InsertAxes(tokens, -1), m.config.TargetVocab)
	layer := New(scope.In("decoder"), m.config.Kind, m.config.Hidden)
	after := layer.Step(graph.Reshape(x, rows, m.config.Embedding), layer.state(state))
	positions := graph.Reshape(graph.ConvertDType(position, dtypes.Int32), 1)
	logits, _ = m.look(scope, fixed[0], fixed[1], graph.InsertAxes(after.Hidden, 1), positions)
	return graph.Reshape(logits, rows, m.config.TargetVocab), after.parts()
}

// look returns logits [B, Lt, V] and weights for the decoder's states [B, Lt, H] at the positions [Lt] of the target.
func (m *Seq2Seq) look(scope *model.Scope, memory, lengths, hidden, positions *graph.Node) (logits, weights *graph.Node) {
	dims := hidden.Shape().Dimensions
	batch, steps, width := dims[0], dims[1], dims[2]
	dense := func(name string, x *graph.Node, bias bool, out int) *graph.Node { // of [B, Lt, ·]
		in := x.Shape().Dimensions[2]
		y := layers.Dense(scope.In("%s", name), graph.Reshape(x, batch*steps, in), bias, out)
		return graph.Reshape(y, batch, steps, out)
	}
	if m.config.Attention == NoAttention {
		// The Go backend fails if an input is not used.
		return dense("output", graph.Add(hidden, unused(hidden.DType(), memory, lengths, positions)), true, m.config.TargetVocab), nil
	}
	query := dense("attention", hidden, false, width)
	var context *graph.Node
	if source := memory.Shape().Dimensions[1]; m.config.Attention == Local && steps > 1 && 2*m.config.Window+1 < source {
		context, weights = m.window(query, memory, lengths)
	} else {
		context, weights = m.global(query, memory, lengths, positions)
	}
	mixed := graph.Tanh(dense("mix", graph.Concatenate([]*graph.Node{context, hidden}, 2), false, width))
	return dense("output", mixed, true, m.config.TargetVocab), weights
}

// global attends to all positions that there are, or that lie within the window, by a mask.
func (m *Seq2Seq) global(query, memory, lengths, positions *graph.Node) (context, weights *graph.Node) {
	g, steps, source := query.Graph(), query.Shape().Dimensions[1], memory.Shape().Dimensions[1]
	batch := query.Shape().Dimensions[0]
	scores := graph.DotGeneral(query, []int{2}, []int{0}, memory, []int{2}, []int{0}) // [B, Lt, Ls]
	all := []int{batch, steps, source}
	allowed := graph.BroadcastToDims(graph.InsertAxes(within(lengths, source), 1), all...)
	j := graph.Iota(g, shapes.Make(dtypes.Int32, all...), 2)
	distance := graph.Abs(graph.Sub(j, graph.BroadcastToDims(graph.InsertAxes(positions, 0, -1), all...)))
	reach := math.MaxInt32 // Global's; the comparison stands there for both, so that the positions are used
	if m.config.Attention == Local {
		reach = m.config.Window
	}
	allowed = graph.LogicalAnd(allowed, graph.LessOrEqual(distance, graph.Const(g, int32(reach))))
	weights = softmaxOf(scores, allowed)
	return graph.DotGeneral(weights, []int{2}, []int{0}, memory, []int{1}, []int{0}), weights
}

// window attends to 2·D+1 positions, one product of rows for each place of the window.
func (m *Seq2Seq) window(query, memory, lengths *graph.Node) (context, weights *graph.Node) {
	g, dims := query.Graph(), query.Shape().Dimensions
	batch, steps, width := dims[0], dims[1], dims[2]
	source, d := memory.Shape().Dimensions[1], m.config.Window
	zeros := func(rows int) *graph.Node { return graph.Zeros(g, shapes.Make(memory.DType(), batch, rows, width)) }
	around := []*graph.Node{memory, zeros(max(d, steps+d-source))}
	if d > 0 {
		around = append([]*graph.Node{zeros(d)}, around...)
	}
	padded := graph.Concatenate(around, 1)
	var shifted, scores, allowed []*graph.Node
	for place := range 2*d + 1 { // position t + place - d of the source
		part := graph.SliceAxis(padded, 1, graph.AxisRange(place, place+steps)) // [B, Lt, H]
		shifted = append(shifted, part)
		scores = append(scores, graph.ReduceSum(graph.Mul(query, part), -1))
		j := graph.AddScalar(graph.Iota(g, shapes.Make(dtypes.Int32, batch, steps), 1), place-d)
		ends := graph.BroadcastToDims(graph.InsertAxes(graph.ConvertDType(lengths, dtypes.Int32), -1), batch, steps)
		allowed = append(allowed, graph.LogicalAnd(graph.GreaterOrEqual(j, graph.ZerosLike(j)), graph.LessThan(j, ends)))
	}
	near := softmaxOf(graph.Stack(scores, 2), graph.Stack(allowed, 2)) // [B, Lt, 2·D+1]
	j := graph.Iota(g, shapes.Make(dtypes.Int32, batch, steps, source), 2)
	t := graph.Iota(g, shapes.Make(dtypes.Int32, batch, steps, source), 1)
	for place, part := range shifted {
		weight := graph.SliceAxis(near, 2, graph.AxisRange(place, place+1)) // [B, Lt, 1]
		mixed := graph.Mul(graph.BroadcastToDims(weight, batch, steps, width), part)
		here := graph.Equal(j, graph.AddScalar(t, place-d))
		row := graph.Where(here, graph.BroadcastToDims(weight, batch, steps, source), graph.Zeros(g, shapes.Make(weight.DType(), batch, steps, source)))
		if place == 0 {
			context, weights = mixed, row
			continue
		}
		context, weights = graph.Add(context, mixed), graph.Add(weights, row)
	}
	return context, weights
}

// softmaxOf is the softmax over the last axis of the allowed scores; zeros if none is.
func softmaxOf(scores, allowed *graph.Node) *graph.Node {
	low := graph.Scalar(scores.Graph(), scores.DType(), -1e30)
	weights := graph.Softmax(graph.Where(allowed, scores, graph.BroadcastToDims(low, scores.Shape().Dimensions...)), -1)
	return graph.Where(allowed, weights, graph.ZerosLike(weights))
}

// embed returns the vectors of ids [B, L], [B, L, E].
func (m *Seq2Seq) embed(scope *model.Scope, ids *graph.Node, vocabulary int) *graph.Node {
	return layers.Embedding(scope, graph.InsertAxes(ids, -1), dtypes.Float32, vocabulary, m.config.Embedding)
}

// lengths are the numbers of tokens before the first Pad, [B].
func (m *Seq2Seq) lengths(ids *graph.Node) *graph.Node {
	length := ids.Shape().Dimensions[1]
	pads := graph.Equal(ids, graph.Scalar(ids.Graph(), ids.DType(), m.config.Pad))
	positions := graph.Iota(ids.Graph(), shapes.Make(dtypes.Int32, ids.Shape().Dimensions...), 1)
	return graph.ReduceMin(graph.Where(pads, positions, graph.AddScalar(graph.ZerosLike(positions), length)), 1)
}

// unused is a zero that depends on what a model has no use for.
func unused(dtype dtypes.DType, nodes ...*graph.Node) *graph.Node {
	sum := graph.Scalar(nodes[0].Graph(), dtype, 0)
	for _, x := range nodes {
		sum = graph.Add(sum, graph.MulScalar(graph.ConvertDType(graph.ReduceAllSum(x), dtype), 0))
	}
	return sum
}
