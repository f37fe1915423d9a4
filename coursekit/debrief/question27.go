package debrief

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/attention"
	"courselab/coursekit/rnn"
)

func question27() Question {
	return Question{
		Number: 27, Topic: "attention in RNNs",
		Text: "Which statements about attention in RNNs are true?",
		Lost: "the marks of the right choices and the figures of the slides on attention in lecture 5",
		Choices: []Choice{{
			Text:    "Attention helps where the encoder's last state may not hold all that decoding the target needs.",
			Verdict: Right, Known: Derived, find: lastStateForgets,
			Reason: "A state has a fixed width, and early tokens fade in it. With attention the decoder can look at the states of all steps.",
		}, {
			Text:    "Attention can improve the flow of gradients in training, as it connects the loss more directly to the encoder.",
			Verdict: Right, Known: Derived, find: gradientsFlow,
			Reason: "Through attention the gradient reaches each encoder state in one step, in proportion to its weight, instead of through all the steps in between.",
		}, {
			Text:    "Global soft attention picks the most relevant of all the encoder's states, and the decoder's next state depends on that encoder state alone.",
			Verdict: Wrong, Known: Derived, find: picksOne,
			Support: "the slide on global soft attention: the value that comes back is weighted over the encoder's states of all steps",
			Reason:  "Soft attention is a weighted mean: softmax gives every state a weight above zero. What picks a single one is called hard attention.",
		}, {
			Text:    "With k heads, multi-headed attention learns k decoder RNNs side by side, one for each head.",
			Verdict: Wrong, Known: Derived, find: decoderPerHead,
			Reason: "There is one decoder. The heads are k small projections of its queries and of the keys and values, whose results are put together again.",
		}, {
			Text:    "Local attention lets each step t of the decoder consider only a neighbourhood, in the encoder's sequence, of the place that corresponds to t.",
			Verdict: Right, Known: Derived, find: neighbourhood,
			Doubt:  "\"corresponds\" can mean the same position (local-m) or one that is predicted (local-p; Luong et al. 2015, section 3.2); the statement fits both",
			Reason: "States outside the window get no weight at all, which costs less and suits alignments that run along in parallel.",
		}},
	}
}

// Sizes of the encoder in this question.
const (
	sourceLength = 12
	sourceState  = 4
	// fading scales the recurrent weights, so that an early token leaves next to nothing in the last state.
	fading = 0.2
)

// encode returns the states of an encoder over x [B, L, D], [B, L, H], and the last one, [B, 1, H].
func encode(scope *model.Scope, x *graph.Node) (states, last *graph.Node) {
	states, end := rnn.New(scope.In("encoder"), rnn.Vanilla, sourceState).Apply(x)
	return states, graph.InsertAxes(end.Hidden, 1)
}

func lastStateForgets(b compute.Backend, seed int64) (finding, error) {
	const tokens = sourceLength * readWidth
	source := normals(random(seed, "source"), tokens)
	other := slices.Clone(source)
	other[0], other[1] = -other[0], -other[1] // the first token of 12
	x := tensor(append(slices.Clone(source), other...), 2, sourceLength, readWidth)
	n, err := newNetwork(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		states, last := encode(scope, in[0])
		context, _ := attention.ScaledDotProduct(last, states, states, nil) // the decoder begins with the last state
		return []*graph.Node{last, context}
	}, x)
	if err != nil {
		return finding{}, err
	}
	defer n.release()
	if err := n.scale("/encoder/hidden_weights", fading); err != nil {
		return finding{}, err
	}
	out, err := n.call(x)
	if err != nil {
		return finding{}, err
	}
	last := farthest(out[0][:sourceState], out[0][sourceState:])
	context := farthest(out[1][:sourceState], out[1][sourceState:])
	f := finding{
		claim:    "what the decoder gets differs by more than 0.001 between two sources that differ in the first of 12 tokens",
		contrast: "the encoder's last state alone",
		met:      context > 1e-3, contrastMet: last > 1e-3,
	}
	f.number("difference of the last states", last, "1")
	f.number("difference of the contexts", context, "1")
	f.text = fmt.Sprintf("Two sources that differ in their first token end in the same state to %.1g, in an encoder that forgets; with attention over its 12 states, what the decoder gets differs by %.2g.", last, context)
	return f, nil
}

func gradientsFlow(b compute.Backend, seed int64) (finding, error) {
	r := random(seed, "source")
	x, target := tensor(normals(r, sourceLength*readWidth), 1, sourceLength, readWidth), tensor(normals(r, sourceState), 1, 1, sourceState)
	n, err := newNetwork(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		states, last := encode(scope, in[0])
		context, _ := attention.ScaledDotProduct(last, states, states, nil)
		loss := func(code *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Square(graph.Sub(code, in[1]))) }
		return []*graph.Node{graph.Gradient(loss(last), in[0])[0], graph.Gradient(loss(context), in[0])[0]}
	}, x, target)
	if err != nil {
		return finding{}, err
	}
	defer n.release()
	if err := n.scale("/encoder/hidden_weights", fading); err != nil {
		return finding{}, err
	}
	out, err := n.call(x, target)
	if err != nil {
		return finding{}, err
	}
	share := func(gradient []float64) float64 { return norm(gradient[:readWidth]) / norm(gradient) }
	chain, direct := share(out[0]), share(out[1])
	f := finding{
		claim:    "the first of 12 tokens gets more than a thousandth of the gradient's length",
		contrast: "a loss on the last state alone, without attention",
		met:      direct > 1e-3, contrastMet: chain > 1e-3,
	}
	f.number("share of the gradient at the first token, last state alone", chain, "share")
	f.number("share of the gradient at the first token, attention", direct, "share")
	f.text = fmt.Sprintf("Through 11 recurrent steps the first token gets %.1g of the gradient's length, with attention %.2g.", chain, direct)
	return f, nil
}

func picksOne(b compute.Backend, seed int64) (finding, error) {
	const steps = 6
	r := random(seed, "query")
	query, states := tensor(normals(r, sourceState), 1, 1, sourceState), normals(r, steps*sourceState)
	out, err := run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		context, soft := attention.ScaledDotProduct(in[0], in[1], in[1], nil)
		_, hard := attention.ScaledDotProduct(graph.MulScalar(in[0], 1e4), in[1], in[1], nil)
		return []*graph.Node{context, soft, hard}
	}, query, tensor(states, 1, steps, sourceState))
	if err != nil {
		return finding{}, err
	}
	context, soft, hard := out[0], out[1], out[2]
	used := func(weights []float64) (count int) {
		for _, w := range weights {
			if w > 1e-6 {
				count++
			}
		}
		return count
	}
	best := slices.Index(soft, slices.Max(soft))
	f := finding{
		claim:    "one of 6 encoder states has all the weight",
		contrast: "scores multiplied by 10 000, which makes the attention hard",
		met:      used(soft) == 1, contrastMet: used(hard) == 1,
	}
	for i, w := range soft {
		f.number(fmt.Sprintf("weight of state %d", i+1), w, "probability")
	}
	apart := farthest(context, states[best*sourceState:(best+1)*sourceState])
	f.number("context against the most relevant state", apart, "1")
	f.text = fmt.Sprintf("%d of %d weights are above zero, the largest is %.2f, and the context differs from the most relevant state by %.2g; with hard attention %d is.",
		used(soft), steps, soft[best], apart, used(hard))
	return f, nil
}

func decoderPerHead(b compute.Backend, _ int64) (finding, error) {
	const width = 8
	heads := []int{1, 2, 4}
	// What there is to train in a decoder that attends with k heads to its source, here of the same length.
	one := func(k int) builder {
		return func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			states, _ := rnn.New(scope.In("decoder"), rnn.Vanilla, width).Apply(x[0])
			context, _ := attention.New(scope.In("attention"), width, k).Apply(states, x[0], x[0], nil)
			return []*graph.Node{context}
		}
	}
	perHead := func(k int) builder {
		return func(scope *model.Scope, x []*graph.Node) []*graph.Node {
			var contexts []*graph.Node
			for h := range k {
				contexts = append(contexts, one(1)(scope.In("head %d", h), x)...)
			}
			return contexts
		}
	}
	var counts, imagined []int
	for _, k := range heads {
		count, err := parameters(b, one(k), 1, 3, width)
		if err != nil {
			return finding{}, err
		}
		apart, err := parameters(b, perHead(k), 1, 3, width)
		if err != nil {
			return finding{}, err
		}
		counts, imagined = append(counts, count), append(imagined, apart)
	}
	grows := func(counts []int) bool { return counts[0] < counts[1] && counts[1] < counts[2] }
	f := finding{
		claim:    "1, 2 and 4 heads need more and more parameters, for decoders of their own",
		contrast: "as many decoders as heads",
		met:      grows(counts), contrastMet: grows(imagined),
	}
	for i, k := range heads {
		f.number(fmt.Sprintf("decoder with %d heads", k), float64(counts[i]), "parameters")
		f.number(fmt.Sprintf("%d decoders", k), float64(imagined[i]), "parameters")
	}
	f.text = fmt.Sprintf("One decoder of width 8 with 1, 2 and 4 heads has %d, %d and %d parameters; as many decoders as heads would have %d, %d and %d.",
		counts[0], counts[1], counts[2], imagined[0], imagined[1], imagined[2])
	return f, nil
}

func neighbourhood(b compute.Backend, seed int64) (finding, error) {
	const steps, window = 8, 1
	r := random(seed, "query")
	queries, states := tensor(normals(r, steps*sourceState), 1, steps, sourceState), tensor(normals(r, steps*sourceState), 1, steps, sourceState)
	near := make([][]bool, steps)
	for t := range near {
		near[t] = make([]bool, steps)
		for s := range near[t] {
			near[t][s] = max(t-s, s-t) <= window
		}
	}
	out, err := run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		_, local := attention.ScaledDotProduct(in[0], in[1], in[1], graph.Const(in[0].Graph(), near))
		_, global := attention.ScaledDotProduct(in[0], in[1], in[1], nil)
		return []*graph.Node{local, global}
	}, queries, states)
	if err != nil {
		return finding{}, err
	}
	outside := func(weights []float64) (most, sum float64) {
		for t := range steps {
			for s := range steps {
				if near[t][s] {
					sum += weights[t*steps+s] / steps
				} else {
					most = max(most, weights[t*steps+s])
				}
			}
		}
		return most, sum
	}
	local, inside := outside(out[0])
	global, _ := outside(out[1])
	f := finding{
		claim:    "at each decoder step t, the encoder states farther than 1 from t have no weight, and the others all of it",
		contrast: "global attention with the same queries and states",
		met:      local == 0 && math.Abs(inside-1) < 1e-12, contrastMet: global == 0,
	}
	f.number("largest weight outside the window, local", local, "probability")
	f.number("largest weight outside the window, global", global, "probability")
	f.number("weight inside the window, local", inside, "probability")
	f.text = fmt.Sprintf("With a window of one state to each side, the largest weight outside it is %g, with global attention %.2f.", local, global)
	return f, nil
}
