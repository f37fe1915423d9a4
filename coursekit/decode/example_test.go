package decode_test

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
	"courselab/coursekit/decode"
)

// countdown is a model that always writes the token below the last one.
type countdown struct{}

func (countdown) Encode(_ *model.Scope, inputs []*Node) []*Node { return nil }

func (countdown) Logits(_ *model.Scope, _ []*Node, tokens *Node) *Node {
	return OneHot(AddScalar(tokens, -1), 10, dtypes.Float32) // [B, L, V]
}

func Example() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		panic(err)
	}
	greedy, err := decode.NewGreedy(b, model.NewStore(), countdown{}, decode.Config{Start: 9, End: 3, Pad: 0, Length: 8})
	if err != nil {
		panic(err)
	}
	sequences, err := greedy.Decode(tensors.FromValue([]int32{0}))
	if err != nil {
		panic(err)
	}
	fmt.Println(sequences[0])
	// Output: [8 7 6 5 4]
}
