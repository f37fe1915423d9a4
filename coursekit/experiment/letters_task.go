package experiment

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/loss"

	"courselab/coursekit/decode"
	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// task is one way to read "a becomes 1, b becomes 2": what a batch is, what is minimised, how it is decoded.
type task interface {
	objective(scope *model.Scope, batch []*Node) (*Node, []training.Metric)
	batches(rng *rand.Rand, step int) ([]*tensors.Tensor, error)
	model() decode.Model
}

// sequenceTask is [a,c,d] → [1,3,4]: numbers in the order of the letters, which come in any order.
//
// Teacher forcing: the decoder sees START and the right numbers so far, left to right, and predicts the next, or END.
type sequenceTask struct {
	alphabet
	batch  int
	config transformer.Config
}

func (s sequenceTask) batches(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
	ls, lt := s.maxLength, s.maxLength+1
	source, input, output := make([]int32, s.batch*ls), make([]int32, s.batch*lt), make([]int32, s.batch*lt)
	for i := range s.batch {
		letters := s.draw(rng, false)
		s.sourceRow(source[i*ls:], letters)
		in, out := input[i*lt:(i+1)*lt], output[i*lt:(i+1)*lt]
		in[0], out[len(letters)] = startToken, endToken
		copy(in[1:], numbers(letters))
		copy(out, numbers(letters))
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(source, s.batch, ls),
		tensors.FromFlatDataAndDimensions(input, s.batch, lt),
		tensors.FromFlatDataAndDimensions(output, s.batch, lt),
	}, nil
}

// objective is the mean cross-entropy of the target tokens that are not padding, in nats.
func (s sequenceTask) objective(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
	source, input, output := batch[0], batch[1], batch[2]
	m := transformer.New(scope, s.config)
	logits := m.Decode(m.Encode(source), input).Logits // [B, Lt, V]
	counts := NotEqual(output, ZerosLike(output))      // padToken is 0
	return loss.SparseCategoricalCrossEntropyLogits([]*Node{InsertAxes(output, -1), counts}, []*Node{logits}), nil
}

func (s sequenceTask) model() decode.Model { return decode.EncoderDecoder(s.config) }

// setTask is {a,c,d} → {4,3,1}: neither side has an order, the model is in set mode, and its score is free of order.
//
// Supervision is the lecture's masking: the decoder sees some elements of the target and a blank for one that is
// missing, and recovers it from them and the input. Any missing element is right, so that the target of the blank is
// the uniform distribution over them; END if none is missing. To decode, the blank is filled again and again.
type setTask struct {
	alphabet
	batch  int
	config transformer.Config
}

func (s setTask) batches(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
	ls, lt, v := s.maxLength, s.maxLength+1, s.vocabulary()
	source, input, output := make([]int32, s.batch*ls), make([]int32, s.batch*lt), make([]float32, s.batch*v)
	for i := range s.batch {
		letters := s.draw(rng, false)
		s.sourceRow(source[i*ls:], letters)
		elements := numbers(letters)
		rng.Shuffle(len(elements), func(j, k int) { elements[j], elements[k] = elements[k], elements[j] })
		known := rng.IntN(len(elements) + 1)

		input[i*lt] = startToken // the blank
		copy(input[i*lt+1:], elements[:known])
		missing := elements[known:]
		if len(missing) == 0 {
			missing = []int32{endToken}
		}
		for _, id := range missing {
			output[i*v+int(id)] = 1 / float32(len(missing))
		}
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(source, s.batch, ls),
		tensors.FromFlatDataAndDimensions(input, s.batch, lt),
		tensors.FromFlatDataAndDimensions(output, s.batch, v),
	}, nil
}

// objective is the mean Kullback-Leibler divergence of the prediction for the blank from the target, in nats: the
// cross-entropy less the entropy of the target, so that 0 is perfect although several answers are right.
func (s setTask) objective(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
	source, input, target := batch[0], batch[1], batch[2]
	m := transformer.New(scope, s.config)
	logits := blank(m.Decode(m.Encode(source), input).Logits) // [B, V]
	crossEntropy := loss.CategoricalCrossEntropyLogits([]*Node{target}, []*Node{logits})
	entropy := Neg(ReduceAllMean(ReduceSum(Mul(target, Log(MaxScalar(target, 1e-9))), -1)))
	return Sub(crossEntropy, entropy), nil
}

// blank takes the prediction at position 0 out of logits [B, L, V]: [B, V].
func blank(logits *Node) *Node {
	return Squeeze(Slice(logits, AxisRange(), AxisElem(0)), 1)
}

func (s setTask) model() decode.Model { return setModel{decode.EncoderDecoder(s.config)} }

// setModel makes a blank filler decodable: whatever elements are there, the next one is what fills the blank.
type setModel struct{ decode.Model }

func (m setModel) Logits(scope *model.Scope, encoded []*Node, tokens *Node) *Node {
	logits := m.Model.Logits(scope, encoded, tokens) // [B, L, V]
	return BroadcastToDims(InsertAxes(blank(logits), 1), logits.Shape().Dimensions...)
}
