package debrief

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/position"
	"courselab/coursekit/rnn"
)

func question25() Question {
	return Question{
		Number: 25, Topic: "inductive biases of RNNs",
		Text: "Which assumptions are built into an RNN that reads a sequence once, from its beginning to its end?",
		Lost: "the marks of the right choices and the figure of the slide on sequence modelling that explains them",
		Choices: []Choice{{
			Text:    "To encode the input at step t it is enough to know that at step t-1: an RNN looks back one step.",
			Verdict: Wrong, Known: Derived, find: looksBackOneStep,
			Reason: "One step back lies the previous state, not just the previous input, and that state carries all earlier inputs along. The input at t itself is needed as well.",
		}, {
			Text:    "Each token is influenced by every token that comes before it in the sequence.",
			Verdict: Right, Known: Derived, find: allEarlierTokens,
			Reason: "The state after step t is a function of the inputs 1 to t, through the chain of states. How much of an early one is left is another matter.",
		}, {
			Text:    "The encoding of a token does not depend on the position at which it enters the RNN.",
			Verdict: Right, Known: Derived, find: sameAtEveryStep,
			Support: "the slide on sequence modelling: the functions that are learnt do not depend on the time step",
			Doubt:   "read as a statement on the state after the token it would be false, as that depends on what came before; the key follows if it is about the function, which is the same at every step",
			Reason:  "The same weights are used at each step and no step number enters: from the same state, the same token leads to the same next state wherever it stands.",
		}, {
			Text:    "The tokens may enter the RNN without regard to their original order.",
			Verdict: Wrong, Known: Derived, find: anyOrder,
			Doubt:  "nothing stops one from feeding tokens in another order; wrong is that the RNN would not care",
			Reason: "An RNN is made to be sensitive to order: other orders of the same tokens lead to other states. That the input is a set is the assumption of a bag of words, or of attention without positions.",
		}, {
			Text:    "The state that encodes the sequence so far can be brought up to date token by token.",
			Verdict: Right, Known: Derived, find: tokenByToken,
			Reason: "The next state needs the state before and the new token, and nothing else. That makes an RNN fit for streams.",
		}},
	}
}

// Sizes of the RNN that reads in this question.
const (
	readLength = 6
	readWidth  = 2
	readState  = 3
)

// reading runs a vanilla RNN over x [B, L, D] and returns the states after each step, [B, L, H].
func reading(scope *model.Scope, x []*graph.Node) []*graph.Node {
	states, _ := rnn.New(scope.In("rnn"), rnn.Vanilla, readState).Apply(x[0])
	return []*graph.Node{states}
}

// influences returns how far a change of token s moves the state after step t, for an RNN as it is and for the same one
// without the weights from state to state: [s][t] each, counted from 0.
func influences(b compute.Backend, seed int64) (with, without [][]float64, err error) {
	const tokens = readLength * readWidth
	sequence := normals(random(seed, "sequence"), tokens)
	var batch []float64 // the sequence, then with one token changed at a time
	for s := -1; s < readLength; s++ {
		batch = append(batch, sequence...)
		for k := range readWidth {
			if s >= 0 {
				batch[len(batch)-tokens+s*readWidth+k] += 1
			}
		}
	}
	x := tensor(batch, readLength+1, readLength, readWidth)
	n, err := newNetwork(b, seed, reading, x)
	if err != nil {
		return nil, nil, err
	}
	defer n.release()
	moved := func() ([][]float64, error) {
		out, err := n.call(x)
		if err != nil {
			return nil, err
		}
		const states = readLength * readState
		by := make([][]float64, readLength)
		for s := range by {
			for t := range readLength {
				from := t * readState
				by[s] = append(by[s], farthest(out[0][from:from+readState], out[0][(s+1)*states+from:][:readState]))
			}
		}
		return by, nil
	}
	if with, err = moved(); err != nil {
		return nil, nil, err
	}
	if err := n.scale("/rnn/hidden_weights", 0); err != nil {
		return nil, nil, err
	}
	without, err = moved()
	return with, without, err
}

func looksBackOneStep(b compute.Backend, seed int64) (finding, error) {
	with, without, err := influences(b, seed)
	if err != nil {
		return finding{}, err
	}
	const last = readLength - 1
	older := func(by [][]float64) float64 {
		most := 0.0
		for s := range last - 1 {
			most = max(most, by[s][last])
		}
		return most
	}
	f := finding{
		claim:    "no input before step t-1 moves the state after step t",
		contrast: "the same network without the weights from state to state",
		met:      older(with) == 0, contrastMet: older(without) == 0,
	}
	for s := range readLength {
		f.number(fmt.Sprintf("state 6 moved by input %d", s+1), with[s][last], "1")
	}
	f.text = fmt.Sprintf("Changing input 1 of %d still moves the last state by %.2g; without the recurrent weights only input %d does (%.2g).",
		readLength, with[0][last], readLength, without[last][last])
	return f, nil
}

func allEarlierTokens(b compute.Backend, seed int64) (finding, error) {
	with, without, err := influences(b, seed)
	if err != nil {
		return finding{}, err
	}
	all := func(by [][]float64) (pairs int, least, future float64) {
		least = math.Inf(1)
		for s := range by {
			for t := range by[s] {
				if t < s {
					future = max(future, by[s][t])
					continue
				}
				least = min(least, by[s][t])
				if by[s][t] > 0 {
					pairs++
				}
			}
		}
		return pairs, least, future
	}
	pairs, least, future := all(with)
	cut, _, _ := all(without)
	const want = readLength * (readLength + 1) / 2
	f := finding{
		claim:    "every input moves the states after its own and every later step, and no earlier one",
		contrast: "the same network without the weights from state to state",
		met:      pairs == want && future == 0, contrastMet: cut == want,
	}
	f.number("pairs of input and later state", float64(pairs), "of 21")
	f.number("smallest move of them", least, "1")
	f.number("largest move of an earlier state", future, "1")
	f.number("pairs, no recurrent weights", float64(cut), "of 21")
	f.text = fmt.Sprintf("All %d pairs of an input and a state at or after it move, by %.2g at least; earlier states stay to the last bit. Without recurrent weights %d pairs move.",
		pairs, least, cut)
	return f, nil
}

func sameAtEveryStep(b compute.Backend, seed int64) (finding, error) {
	x := tensor(normals(random(seed, "sequence"), readLength*readWidth), 1, readLength, readWidth)
	out, err := run(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		layer := rnn.New(scope.In("rnn"), rnn.Vanilla, readState)
		// The largest difference between the states of the whole run and those of single steps, all taken as the first.
		apart := func(whole, first *graph.Node) *graph.Node {
			states, _ := layer.Apply(whole)
			before := layer.Zero(whole.Graph(), whole.DType(), 1).Hidden
			var differences []*graph.Node
			for t := range readLength {
				after := stepOf(states, t)
				once := layer.Step(stepOf(first, t), rnn.State{Hidden: before}).Hidden
				differences = append(differences, graph.ReduceAllMax(graph.Abs(graph.Sub(after, once))))
				before = after
			}
			return graph.ReduceAllMax(graph.Stack(differences, 0))
		}
		table := graph.InsertAxes(position.Sinusoidal(in[0].Graph(), dtypes.Float64, readLength, readWidth, position.Base), 0) // [1, L, D]
		start := graph.BroadcastToDims(graph.SliceAxis(table, 1, graph.AxisElem(0)), 1, readLength, readWidth)
		return []*graph.Node{apart(in[0], in[0]), apart(graph.Add(in[0], table), graph.Add(in[0], start))}
	}, x)
	if err != nil {
		return finding{}, err
	}
	plain, marked := out[0][0], out[1][0]
	f := finding{
		claim:    "from the same state, a token leads to the same next state at step t as at step 1",
		contrast: "an RNN whose inputs have a positional encoding added",
		met:      plain < 1e-12, contrastMet: marked < 1e-12,
	}
	f.number("largest difference", plain, "1")
	f.number("largest difference, with positions", marked, "1")
	f.text = fmt.Sprintf("Each of %d steps, taken as if it were the first, gives the same state (difference %.1g); with positions added to the inputs it would not (%.2g).",
		readLength, plain, marked)
	return f, nil
}

// stepOf is the part of step t, [B, D], of x [B, L, D].
func stepOf(x *graph.Node, t int) *graph.Node {
	dims := x.Shape().Dimensions
	return graph.Reshape(graph.SliceAxis(x, 1, graph.AxisElem(t)), dims[0], dims[2])
}

func anyOrder(b compute.Backend, seed int64) (finding, error) {
	const orders = readLength + 1
	r := random(seed, "orders")
	sequence := normals(r, readLength*readWidth)
	var batch []float64
	for i := range orders {
		order := r.Perm(readLength)
		for t := range readLength {
			from := t
			if i > 0 {
				from = order[t]
			}
			batch = append(batch, sequence[from*readWidth:(from+1)*readWidth]...)
		}
	}
	x := tensor(batch, orders, readLength, readWidth)
	n, err := newNetwork(b, seed, reading, x)
	if err != nil {
		return finding{}, err
	}
	defer n.release()
	out, err := n.call(x)
	if err != nil {
		return finding{}, err
	}
	// What of the states [B, L, H] encodes the sequence: the last one, or for the bag their sum.
	spread := func(states []float64, code func(states []float64) []float64) float64 {
		const size = readLength * readState
		most := 0.0
		for i := 1; i < orders; i++ {
			most = max(most, farthest(code(states[:size]), code(states[i*size:(i+1)*size])))
		}
		return most
	}
	ordered := spread(out[0], func(states []float64) []float64 { return states[len(states)-readState:] })
	if err := n.scale("/rnn/hidden_weights", 0); err != nil {
		return finding{}, err
	}
	if out, err = n.call(x); err != nil {
		return finding{}, err
	}
	bag := spread(out[0], func(states []float64) []float64 {
		sum := make([]float64, readState)
		for i, s := range states {
			sum[i%readState] += s
		}
		return sum
	})
	f := finding{
		claim:    "every order of the same tokens is encoded alike",
		contrast: "a bag: the tokens encoded one by one, without recurrent weights, and summed",
		met:      ordered < 1e-12, contrastMet: bag < 1e-12,
	}
	f.number("largest move of the last state", ordered, "1")
	f.number("largest move of the bag", bag, "1")
	f.text = fmt.Sprintf("Over %d shuffles the last state moves by up to %.2g, the sum of a bag by %.1g.", orders-1, ordered, bag)
	return f, nil
}

// streams compares the states of all but the last token with those of the whole sequence: how far the last token moves
// earlier outputs, for one direction and for both, and how far one step from the kept state is from the state of the whole.
func streams(b compute.Backend, seed int64) (one, both, step float64, err error) {
	x := tensor(normals(random(seed, "sequence"), readLength*readWidth), 1, readLength, readWidth)
	out, err := run(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		known := graph.SliceAxis(in[0], 1, graph.AxisRange(0, readLength-1))
		moved := func(before, after *graph.Node) *graph.Node {
			return graph.ReduceAllMax(graph.Abs(graph.Sub(before, graph.SliceAxis(after, 1, graph.AxisRange(0, readLength-1)))))
		}
		layer := rnn.New(scope.In("rnn"), rnn.Vanilla, readState)
		before, kept := layer.Apply(known)
		after, last := layer.Apply(in[0])
		next := layer.Step(stepOf(in[0], readLength-1), kept)
		bothBefore, _, _ := rnn.Bidirectional(scope.In("both"), rnn.Vanilla, readState, known, nil)
		bothAfter, _, _ := rnn.Bidirectional(scope.ResetVisited().In("both"), rnn.Vanilla, readState, in[0], nil)
		return []*graph.Node{moved(before, after), moved(bothBefore, bothAfter), graph.ReduceAllMax(graph.Abs(graph.Sub(next.Hidden, last.Hidden)))}
	}, x)
	if err != nil {
		return 0, 0, 0, err
	}
	return out[0][0], out[1][0], out[2][0], nil
}

func tokenByToken(b compute.Backend, seed int64) (finding, error) {
	one, both, step, err := streams(b, seed)
	if err != nil {
		return finding{}, err
	}
	f := finding{
		claim:    "a new token leaves the earlier states as they are, and one step from the last of them gives the state of the longer sequence",
		contrast: "a bidirectional RNN",
		met:      one < 1e-12 && step < 1e-12, contrastMet: both < 1e-12,
	}
	f.number("earlier states moved", one, "1")
	f.number("one step against the whole run", step, "1")
	f.number("earlier outputs moved, both directions", both, "1")
	f.text = fmt.Sprintf("Token %d moves earlier states by %.1g, and one step from the kept state is the whole run to %.1g; in a bidirectional RNN earlier outputs move by %.2g.",
		readLength, one, step, both)
	return f, nil
}
