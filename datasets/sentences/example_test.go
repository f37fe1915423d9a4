package sentences_test

import (
	"fmt"
	"strings"

	"courselab/datasets/sentences"
)

func ExampleReadCoLA() {
	file := "gj04\t1\t\tBill coughed his way out.\ngj04\t0\t*\tBill coughed us into a fit.\n"
	set, err := sentences.ReadCoLA(strings.NewReader(file), "in_domain_train.tsv", int64(len(file)))
	if err != nil {
		panic(err)
	}
	for _, s := range set.Sentences {
		fmt.Println(set.Classes[s.Label]+":", s.Text)
	}
	_, err = sentences.ReadCoLA(strings.NewReader("gj04\t1"), "in_domain_train.tsv", 6)
	fmt.Println(err)
	// Output:
	// acceptable: Bill coughed his way out.
	// unacceptable: Bill coughed us into a fit.
	// in_domain_train.tsv: line 1: want 4 columns, got 2: "gj04\t1"
}
