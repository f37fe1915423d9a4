package debrief

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/rnn"
)

func question23() Question {
	return Question{
		Number: 23, Topic: "what is false of RNNs", AsksFalse: true,
		Text: "Which statements about RNNs are false?",
		Lost: "the marks of the right choices and the figure of the slide on sequence modelling that explains them",
		Choices: []Choice{{
			Text:    "Where the output has to be produced element by element while the input is coming in, a bidirectional RNN fits best.",
			Verdict: Right, Known: Derived, find: bothWaysWhileStreaming,
			Reason: "False: its backward half begins at the end of the input, so that no output is final before the last token has come.",
		}, {
			Text:    "How many parameters a vanilla RNN has is independent of the number of elements in the sequences it reads.",
			Verdict: Wrong, Known: Derived, find: countWithoutLength,
			Support: "the slide on sequence modelling: the functions that are learnt do not depend on the time step",
			Reason:  "True: the parameters are those of one step, D·H + H·H + H for inputs of width D and a state of width H.",
		}, {
			Text:    "A feed-forward network can take the output of each step of an RNN as its input.",
			Verdict: Wrong, Known: Derived, find: outputsOnward,
			Reason: "True: the output is a vector of a fixed width. Tagging each token works in this way, and the gradient goes back through both.",
		}, {
			Text:    "Dependencies over long stretches of the input make an RNN harder to train, as a rule.",
			Verdict: Wrong, Known: Derived, find: longStretches,
			Reason: "True: the gradient is multiplied by the recurrent weights at every step back, so that it fades or grows exponentially with the distance.",
		}, {
			Text:    "A sequence given to an RNN cannot have more tokens than the RNN's hidden state has parameters.",
			Verdict: Right, Known: Derived, find: tokensBeyondParameters,
			Doubt:  "a state has units, not parameters; the statement is false for both, and for all parameters of the RNN",
			Reason: "False: the same step runs as often as there are tokens, however few numbers the state or the parameters are.",
		}},
	}
}

func bothWaysWhileStreaming(b compute.Backend, seed int64) (finding, error) {
	one, both, _, err := streams(b, seed)
	if err != nil {
		return finding{}, err
	}
	f := finding{
		claim:    "the outputs of the first 5 tokens are final before token 6 has come",
		contrast: "an RNN in one direction",
		met:      both < 1e-12, contrastMet: one < 1e-12,
	}
	f.number("earlier outputs moved, both directions", both, "1")
	f.number("earlier outputs moved, one direction", one, "1")
	f.text = fmt.Sprintf("Token 6 still moves the bidirectional outputs of the tokens before it by %.2g; in one direction by %g.", both, one)
	return f, nil
}

func countWithoutLength(b compute.Backend, _ int64) (finding, error) {
	const width, state = 5, 7
	var recurrent, dense []int
	lengths := []int{1, 10, 100}
	for _, length := range lengths {
		count, err := parameters(b, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			states, _ := rnn.New(scope.In("rnn"), rnn.Vanilla, state).Apply(x[0])
			return []*graph.Node{states}
		}, 1, length, width)
		if err != nil {
			return finding{}, err
		}
		flat, err := parameters(b, func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			return []*graph.Node{layers.DenseWithBias(scope, graph.Reshape(x[0], 1, -1), state)}
		}, 1, length, width)
		if err != nil {
			return finding{}, err
		}
		recurrent, dense = append(recurrent, count), append(dense, flat)
	}
	same := func(counts []int) bool { return counts[0] == counts[1] && counts[1] == counts[2] }
	f := finding{
		claim:    "1, 10 and 100 tokens need the same number of parameters",
		contrast: "a fully-connected layer over the flattened sequence",
		met:      same(recurrent) && recurrent[0] == width*state+state*state+state, contrastMet: same(dense),
	}
	for i, length := range lengths {
		f.number(fmt.Sprintf("vanilla RNN, %d tokens", length), float64(recurrent[i]), "parameters")
		f.number(fmt.Sprintf("fully-connected layer, %d tokens", length), float64(dense[i]), "parameters")
	}
	f.text = fmt.Sprintf("With D = 5 and H = 7 there are D·H + H·H + H = %d parameters for 1, 10 and 100 tokens; a fully-connected layer would have %d, %d and %d.",
		recurrent[0], dense[0], dense[1], dense[2])
	return f, nil
}

func outputsOnward(b compute.Backend, seed int64) (finding, error) {
	const tags = 4
	x := tensor(normals(random(seed, "sequence"), readLength*readWidth), 1, readLength, readWidth)
	out, err := run(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		states, _ := rnn.New(scope.In("rnn"), rnn.Vanilla, readState).Apply(in[0])
		recurrent := scope.Store().GetVariable("/rnn/hidden_weights").NodeValue(in[0].Graph())
		forward := func(scope *model.Scope, states *graph.Node) *graph.Node {
			hidden := graph.Tanh(layers.DenseWithBias(scope.In("hidden"), states, 5))
			return layers.DenseWithBias(scope.In("tags"), hidden, tags)
		}
		scores := forward(scope, states) // [1, L, tags]
		scope = scope.ResetVisited()
		constant := forward(scope, graph.StopGradient(states))
		scope = scope.ResetVisited()
		single := forward(scope, stepOf(states, 2)) // [1, tags]: one output by itself
		apart := graph.ReduceAllMax(graph.Abs(graph.Sub(single, stepOf(scores, 2))))
		gradient := func(scores *graph.Node) *graph.Node {
			return graph.Gradient(graph.ReduceAllSum(graph.Square(scores)), recurrent)[0]
		}
		cut := graph.MulScalar(recurrent, 0) // the RNN has a part in the second loss, if without a gradient
		return []*graph.Node{scores, apart, gradient(scores), gradient(graph.Add(constant, graph.BroadcastToShape(graph.ReduceAllSum(cut), constant.Shape())))}
	}, x)
	if err != nil {
		return finding{}, err
	}
	through, stopped := norm(out[2]), norm(out[3])
	f := finding{
		claim:    "a feed-forward network on the output of each step has a score for each, equal to that of the output by itself, and its loss has a gradient for the recurrent weights",
		contrast: "the outputs taken as constants",
		met:      len(out[0]) == readLength*tags && out[1][0] < 1e-12 && through > 0, contrastMet: stopped > 0,
	}
	f.number("scores", float64(len(out[0])), "scores of 4 tags for 6 tokens")
	f.number("score of one output by itself, difference", out[1][0], "1")
	f.number("length of the gradient of the recurrent weights", through, "1")
	f.number("the same, outputs constant", stopped, "1")
	f.text = fmt.Sprintf("Two layers on each of 6 outputs give 6 times 4 scores, the same as on an output by itself; the recurrent weights get a gradient of length %.2g, with constant outputs %g.", through, stopped)
	return f, nil
}

// longStretches takes a linear RNN whose recurrent weights are a rotation times a factor: the gradient shrinks or grows by
// exactly this factor with each step back.
func longStretches(b compute.Backend, seed int64) (finding, error) {
	const length, state, far, near = 20, 2, 19, 2
	r := random(seed, "sequence")
	x := tensor(normals(r, length*state), 1, length, state)
	n, err := newNetwork(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		_, last := rnn.New(scope.In("rnn"), rnn.Vanilla, state).WithActivation(nil).Apply(in[0])
		return []*graph.Node{graph.Gradient(graph.ReduceAllSum(last.Hidden), in[0])[0]}
	}, x)
	if err != nil {
		return finding{}, err
	}
	defer n.release()
	if err := n.set("/rnn/input_weights", []float64{1, 0, 0, 1}); err != nil {
		return finding{}, err
	}
	angle := 2 * math.Pi * r.Float64()
	lengths := func(factor float64) (func(back int) float64, error) {
		c, s := factor*math.Cos(angle), factor*math.Sin(angle)
		if err := n.set("/rnn/hidden_weights", []float64{c, s, -s, c}); err != nil {
			return nil, err
		}
		out, err := n.call(x)
		if err != nil {
			return nil, err
		}
		at := func(back int) float64 { return norm(out[0][(length-1-back)*state:][:state]) }
		return func(back int) float64 { return at(back) / at(0) }, nil
	}
	f := finding{
		claim:    "19 steps back, the gradient is less than a hundredth or more than a hundred times that of the last token, with recurrent weights that shrink by 0.7 or stretch by 1.3",
		contrast: "2 steps back",
	}
	shrinks, err := lengths(0.7)
	if err != nil {
		return finding{}, err
	}
	stretches, err := lengths(1.3)
	if err != nil {
		return finding{}, err
	}
	off := func(back int) bool { return shrinks(back) < 0.01 && stretches(back) > 100 }
	f.met, f.contrastMet = off(far), off(near)
	for _, back := range []int{near, far} {
		f.number(fmt.Sprintf("gradient %d steps back, factor 0.7", back), shrinks(back), "of the last token's")
		f.number(fmt.Sprintf("gradient %d steps back, factor 1.3", back), stretches(back), "of the last token's")
	}
	f.text = fmt.Sprintf("Two steps back the gradient is %.2f (factor 0.7) or %.2f (factor 1.3) times that of the last token, 19 steps back %.4f or %.0f times.",
		shrinks(near), stretches(near), shrinks(far), stretches(far))
	return f, nil
}

func tokensBeyondParameters(b compute.Backend, seed int64) (finding, error) {
	const length, count = 50, 3
	values := normals(random(seed, "numbers"), length)
	x := tensor(values, 1, length, 1)
	n, err := newNetwork(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		_, last := rnn.New(scope.In("rnn"), rnn.Vanilla, 1).WithActivation(nil).Apply(in[0])
		return []*graph.Node{last.Hidden}
	}, x)
	if err != nil {
		return finding{}, err
	}
	defer n.release()
	trained := 0
	for path, value := range map[string]float64{"/rnn/input_weights": 1, "/rnn/hidden_weights": 1, "/rnn/biases": 0} {
		if err := n.set(path, []float64{value}); err != nil {
			return finding{}, err
		}
		trained += n.store.GetVariable(path).Shape().Size()
	}
	out, err := n.call(x)
	if err != nil {
		return finding{}, err
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	apart := math.Abs(out[0][0] - sum)
	_, err = run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		weights := graph.Ones(in[0].Graph(), in[1].Shape()) // a sum with a weight for each of 3 numbers
		return []*graph.Node{graph.ReduceAllSum(graph.Mul(graph.Reshape(in[0], -1), graph.Mul(weights, in[1])))}
	}, x, tensor([]float64{1, 1, 1}, count))
	f := finding{
		claim:    "an RNN of 3 parameters and 1 unit fails to add up 50 numbers",
		contrast: "a layer with a weight for each of 3 numbers",
		met:      apart > 1e-9, contrastMet: err != nil,
	}
	f.number("parameters", float64(trained), "parameters")
	f.number("tokens", length, "tokens")
	f.number("difference from the sum", apart, "1")
	f.text = fmt.Sprintf("An RNN with one unit and %d parameters adds up %d numbers, right to %.1g; a layer of 3 weights refuses them.", trained, length, apart)
	return f, nil
}
