package workload

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/decode"
)

// w7 writes 64 tokens with w2's model, each the most likely one, from token 0 on.
func w7() Workload {
	return Workload{
		Name: "W7",
		prepare: func(b compute.Backend, store *model.Store, _ inputs) (step, error) {
			c := w2Config()
			c.Initializer = zeros
			greedy, err := decode.NewGreedy(b, store, decode.Language(c), decode.Config{Start: 0, End: -1, Pad: 0, Length: c.MaxLength})
			if err != nil {
				return nil, err
			}
			prompt := tensors.FromValue([][]int32{{0}})
			return generation(func() (Output, error) {
				written, err := greedy.Decode(prompt)
				if err != nil {
					return Output{}, err
				}
				return Output{Tokens: written[0]}, nil
			})
		},
		parameter: w2Parameter,
		values:    w2Values,
	}
}

// w7beam searches the likeliest translation of w1's first sentence with w1's model.
func w7beam() Workload {
	const width, length, start, end, pad = 4, 16, 1, 2, 0
	return Workload{
		Name: "W7beam",
		prepare: func(b compute.Backend, store *model.Store, _ inputs) (step, error) {
			c := w1Config()
			c.Initializer = zeros
			config := decode.BeamConfig{Config: decode.Config{Start: start, End: end, Pad: pad, Length: length}, Width: width, Best: 1}
			beam, err := decode.NewBeamLoop(b, store, decode.EncoderDecoder(c), config)
			if err != nil {
				return nil, err
			}
			rows := w1Batch(0)[0]
			sentence := tensors.FromValue([][]int32{tensors.MustCopyFlatData[int32](rows)[:length]})
			return generation(func() (Output, error) {
				found, err := beam.Decode(sentence)
				if err != nil {
					return Output{}, err
				}
				best := found[0][0]
				tokens := slices.Concat([]int32{start}, best.Tokens)
				if best.Ended {
					tokens = append(tokens, end)
				}
				for len(tokens) < length+1 {
					tokens = append(tokens, pad)
				}
				return Output{Tokens: tokens, Score: best.Score}, nil
			})
		},
		parameter: w1Parameter,
	}
}

// generation compiles by generating once with whatever values the variables have, and returns the step.
func generation(generate func() (Output, error)) (step, error) {
	if _, err := generate(); err != nil {
		return nil, err
	}
	return func(int) (Output, error) { return generate() }, nil
}
