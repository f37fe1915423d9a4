package debrief_test

import (
	"fmt"

	"courselab/coursekit/backend"
	"courselab/coursekit/debrief"
)

func Example() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		panic(err)
	}
	question, choice, err := debrief.Find("22B")
	if err != nil {
		panic(err)
	}
	shown, err := choice.Demonstrate(b, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println(question.Text)
	fmt.Printf("%s is %s (%s); right are %s\n", choice.Letter, choice.Verdict, choice.Known, question.Key())
	fmt.Println(shown.Text)
	fmt.Println("The computation supports the verdict:", shown.Holds)
	// Output:
	// Which statements about recurrent neural networks are true?
	// B is wrong (derived); right are A E
	// An RNN of width 4 has 36 parameters for 3 tokens and 36 for 30, a filter of width 3 has 52; with weights by position it would be 108 and 1080.
	// The computation supports the verdict: true
}

func ExampleCorrections() {
	b, _, err := backend.OpenNamed(backend.Go)
	if err != nil {
		panic(err)
	}
	for _, c := range debrief.Corrections() {
		if c.Name == "nearness" {
			shown, err := c.Demonstrate(b, 1)
			if err != nil {
				panic(err)
			}
			fmt.Println(shown.Text)
		}
	}
	// Output: The distances from position 0 grow up to position 3. Then they fall: position 6 is at 0.655, position 1 at 0.964.
}

func ExampleClass() {
	scores, err := debrief.Class(1, debrief.ClassSize)
	if err != nil {
		panic(err)
	}
	mean, deviation, median := debrief.Statistics(scores)
	fmt.Printf("%d students: mean %.1f, deviation %.1f, median %.1f\n", len(scores), mean, deviation, median)
	fmt.Printf("from %.1f to %.1f\n", scores[0], scores[len(scores)-1])
	// Output:
	// 120 students: mean 86.5, deviation 7.2, median 88.8
	// from 62.9 to 95.1
}
