package bert_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/backend"
	"courselab/coursekit/bert"
)

func Example() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		panic(err)
	}
	config := bert.DefaultConfig()
	config.Vocabulary, config.ModelDim, config.FFDim, config.Layers = 100, 32, 64, 2

	outputs, err := model.CallOnceN(b, model.NewStore(), func(scope *model.Scope, x []*Node) []*Node {
		m := bert.New(scope, config)
		encoded := m.Encode(x[0], nil, nil)
		return []*Node{encoded.States, m.Pool(encoded.States), m.MaskedLogits(encoded.States, x[1])}
	}, [][]int32{{2, 17, 4, 31, 3}}, [][]int32{{2}})
	if err != nil {
		panic(err)
	}
	fmt.Println("a vector for each token", outputs[0].Shape().Dimensions)
	fmt.Println("one for the sequence", outputs[1].Shape().Dimensions)
	fmt.Println("a score for each word that may stand at position 2", outputs[2].Shape().Dimensions)
	// Output:
	// a vector for each token [1 5 32]
	// one for the sequence [1 32]
	// a score for each word that may stand at position 2 [1 1 100]
}
