package decode_test

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
	"courselab/coursekit/decode"
)

// The likeliest token at each step, A B C, is not the likeliest sequence: that takes the second best at step two.
func ExampleBeam() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		fmt.Println(err)
		return
	}
	config := decode.BeamConfig{
		Config: decode.Config{Start: start, End: end, Pad: pad, Length: 4},
		Width:  2,
		Best:   2,
	}
	beam, err := decode.NewBeam(b, model.NewStore(), d2l(), config)
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := beam.Decode(tensors.FromValue([]int32{0}))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, hypothesis := range found[0] {
		for _, token := range hypothesis.Tokens {
			fmt.Print(string("..|ABC"[token]), " ")
		}
		fmt.Printf("%.3f\n", math.Exp(hypothesis.LogProb))
	}
	// Output:
	// A C B 0.054
	// A B C 0.048
}

// The two likeliest tokens are the smallest set that reaches 0.8.
func ExampleNucleus() {
	logProbs := []float64{math.Log(0.5), math.Log(0.125), math.Log(0.375)}
	nucleus, err := decode.Nucleus(logProbs, 0.8)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, logProb := range nucleus {
		fmt.Printf("%.3f ", math.Exp(logProb))
	}
	// Output: 0.571 0.000 0.429
}
