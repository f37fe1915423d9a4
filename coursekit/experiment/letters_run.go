package experiment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/decode"
	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/coursekit/transformer"
)

// decodeBatch is the number of held-out inputs that are decoded at once.
const decodeBatch = 500

// trained is a model after its training.
type trained struct {
	store   *model.Store
	history training.History
}

// release frees the variables' memory.
func (t trained) release() {
	if t.store != nil {
		t.store.Finalize()
	}
}

// score is how a trained model does on the held-out inputs.
type score struct {
	exact, asSet  float64 // shares, in order and free of order
	loss          float64 // of the last batches, in nats
	steps, losses []float64
	outputs       [][]int32
}

// train makes a fresh model and trains it.
func (c LettersConfig) train(b compute.Backend, name string, t task, steps int, seed int64) (trained, error) {
	result := trained{store: model.NewStore()}
	config := training.DefaultConfig()
	config.Seed, config.Steps = seed, steps
	config.Schedule = training.Cosine(c.LearningRate, 0, steps).WithWarmUp(c.WarmUp)
	config.ClipNorm = 1
	config.Name, config.Quiet, config.Progress = fmt.Sprintf("M6 seed %d, %s", seed, name), c.Quiet, c.Progress
	loop, err := training.New(b, result.store, config, t.objective, t.batches)
	if err != nil {
		return result, err
	}
	result.history, err = loop.Run(context.Background())
	return result, err
}

// evaluate decodes the inputs and scores what comes out.
func (c LettersConfig) evaluate(b compute.Backend, t trained, task task, inputs [][]int) (score, error) {
	a := c.alphabet()
	greedy, err := decode.NewGreedy(b, t.store, task.model(),
		decode.Config{Start: startToken, End: endToken, Pad: padToken, Length: a.maxLength + 1})
	if err != nil {
		return score{}, err
	}
	var result score
	var want [][]int32
	batch := min(decodeBatch, len(inputs))
	for from := 0; from < len(inputs); from += batch {
		// The last batch is filled up with padding alone, to keep the shape.
		part := inputs[from:min(from+batch, len(inputs))]
		source := make([]int32, batch*a.maxLength)
		for i, letters := range part {
			a.sourceRow(source[i*a.maxLength:], letters)
			want = append(want, numbers(letters))
		}
		decoded, err := greedy.Decode(tensors.FromFlatDataAndDimensions(source, batch, a.maxLength))
		if err != nil {
			return score{}, err
		}
		result.outputs = append(result.outputs, decoded[:len(part)]...)
	}
	if result.exact, err = metric.ExactMatch(result.outputs, want); err != nil {
		return score{}, err
	}
	if result.asSet, err = metric.SetMatch(result.outputs, want); err != nil {
		return score{}, err
	}
	result.steps, result.losses = t.history.Curve()
	last := result.losses[max(0, len(result.losses)-10):]
	for _, loss := range last {
		result.loss += loss / float64(len(last))
	}
	return result, nil
}

// examples shows the first two held-out inputs.
func (s score) examples(name string, inputs [][]int) (result []Example) {
	for i := range min(2, len(inputs)) {
		want, got := numbers(inputs[i]), s.outputs[i]
		form := "[%s]"
		if name == "set" {
			form, want, got = "{%s}", setOf(want), setOf(got)
		}
		write := func(names []string) string { return fmt.Sprintf(form, strings.Join(names, ",")) }
		result = append(result, Example{
			Input: name + " " + write(letterNames(inputs[i])),
			Want:  write(numberNames(want)), Got: write(numberNames(got)),
		})
	}
	return result
}

// longest is the first of the longest inputs.
func longest(inputs [][]int) []int {
	return slices.MaxFunc(inputs, func(x, y []int) int { return len(x) - len(y) })
}

// attentionMaps runs the trained sequence model on one input with its right output and takes out what attended to what:
// the encoder's and the decoder's own attention, and the decoder's to the encoder, a map a head.
func attentionMaps(b compute.Backend, store *model.Store, s sequenceTask, letters []int) ([]Map, error) {
	exec, err := model.NewExec(b, store, func(scope *model.Scope, inputs []*Node) []*Node {
		m := transformer.New(scope, s.config)
		memory := m.Encode(inputs[0])
		decoded := m.Decode(memory, inputs[1])
		return []*Node{memory.SelfMaps[0], decoded.SelfMaps[0], decoded.CrossMaps[0], decoded.Logits}
	})
	if err != nil {
		return nil, err
	}
	source := make([]int32, len(letters))
	s.sourceRow(source, letters)
	target := append([]int32{startToken}, numbers(letters)...)
	outputs, err := exec.Call([][]int32{source}, [][]int32{target})
	if err != nil {
		return nil, err
	}
	rows := [][]string{letterNames(letters), numberNames(target), numberNames(target)}
	columns := [][]string{letterNames(letters), numberNames(target), letterNames(letters)}
	names := []string{"encoder, letters to letters", "decoder, numbers to numbers", "decoder to encoder, numbers to letters"}
	var maps []Map
	for i, output := range outputs[:len(names)] { // the logits come last: they keep the graph whole
		heads := output.Value().([][][][]float32)[0] // [H, Lq, Lk]
		for head, weights := range heads {
			m := Map{Name: fmt.Sprintf("%s, head %d", names[i], head+1), Rows: rows[i], Columns: columns[i]}
			for _, row := range weights {
				m.Weights = append(m.Weights, widen(row))
			}
			maps = append(maps, m)
		}
	}
	return maps, nil
}

func widen(row []float32) []float64 {
	result := make([]float64, len(row))
	for i, x := range row {
		result[i] = float64(x)
	}
	return result
}
