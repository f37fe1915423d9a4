package datasets_test

import (
	"errors"
	"fmt"

	"courselab/datasets"
)

// A program that can do without a data set asks first.
func ExampleOpen() {
	_, err := datasets.Open("imagenet")
	fmt.Println(errors.Is(err, datasets.ErrUnknown), errors.Is(err, datasets.ErrNotFound))
	fmt.Println(err)
	// Output:
	// true false
	// "imagenet": no such data set; there are mnist, fashion-mnist, cifar10, sst2, cola, tinyshakespeare
}

func ExampleLookup() {
	entry, err := datasets.Lookup("mnist")
	if err != nil {
		panic(err)
	}
	for _, release := range entry.Releases {
		fmt.Println(release.Name, release.Size(), release.Splits[0].Records)
	}
	// Output:
	// full 11594722 60000
	// t10k 1653419 8000
}
