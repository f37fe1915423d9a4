package synth_test

import (
	"fmt"

	"courselab/datasets/synth"
)

// Letters to numbers, as sets and as sequences; the held-out inputs are another list.
func ExampleLetters() {
	task := synth.DefaultLetters()
	task.Split = synth.Train
	train, err := synth.Draw(task, 1, 2)
	if err != nil {
		panic(err)
	}
	for _, pair := range train {
		fmt.Println(pair)
	}
	task.Sequence, task.Split = true, synth.Test
	fmt.Println(task.At(1, 0))
	// Output:
	// {f, o, j, z, k, w} -> {26, 23, 15, 11, 10, 6}
	// {d, k, o} -> {15, 11, 4}
	// [v, n, e, m, c, i] -> [22, 14, 5, 13, 3, 9]
}

// A point near a centre is good if it is within three standard deviations.
func ExampleRing_Nearest() {
	ring := synth.DefaultRing()
	mode, distance := ring.Nearest(0.01, 1.02)
	fmt.Printf("mode %d, %.2f sigma\n", mode, distance)
	// Output: mode 2, 2.24 sigma
}

// The mean of three plumages is none of them, and the best guess under squared error.
func ExamplePalette() {
	palette := synth.EqualLuma()
	mean := palette.Mean()
	fmt.Printf("mean: error %.0f, chroma %.0f\n", palette.Error(mean), synth.Chroma(mean))
	teal := [3]float64{0, 153, 195}
	fmt.Printf("teal: error %.0f, chroma %.0f\n", palette.Error(teal), synth.Chroma(teal))
	// Output:
	// mean: error 7308, chroma 48
	// teal: error 15570, chroma 195
}
