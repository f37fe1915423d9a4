package corpus_test

import (
	"fmt"

	"courselab/datasets/corpus"
)

func ExampleCorpus_Split() {
	parts, err := corpus.Corpus{Text: "to be or not to be"}.Split(0.8, 0.2)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%q\n", parts)
	// Output: ["to be or not t" "o be"]
}
