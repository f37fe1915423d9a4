package parse_test

import (
	"errors"
	"fmt"
	"strings"

	"courselab/datasets/parse"
)

// A reader reports where a file is wrong.
func Example() {
	source, err := parse.NewSource(strings.NewReader("GIF89a"), "digits.idx", 6, 1<<20)
	if err != nil {
		panic(err)
	}
	head, err := source.Exactly(0, 4)
	if err != nil {
		panic(err)
	}
	err = parse.At("digits.idx", 0, "want two zero bytes, got %x", head[:2])
	fmt.Println(err)
	fmt.Println(errors.Is(err, parse.ErrMalformed))
	// Output:
	// digits.idx: byte 0: want two zero bytes, got 4749
	// true
}
