package gradebook_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"courselab/autograde/gradebook"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "gradebook")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	book, err := gradebook.Open(ctx, filepath.Join(dir, "course.db"), "prof")
	if err != nil {
		panic(err)
	}
	defer book.Close()

	due := time.Date(2023, 3, 31, 23, 59, 0, 0, time.UTC)
	if err := book.Receive(ctx, gradebook.Submission{Assignment: "lab1", Student: "ada", Received: due, Hash: "4f2a", Content: []byte("package attention")}); err != nil {
		panic(err)
	}
	for _, score := range []float64{14, 17} { // graded, and graded again with a mended check
		if err := book.Grade(ctx, gradebook.Grade{Assignment: "lab1", Student: "ada", Submission: "4f2a", Score: score, Max: 20, Verdict: "Wrong Answer", Graded: due}); err != nil {
			panic(err)
		}
	}
	grades, err := book.Current(ctx, "lab1")
	if err != nil {
		panic(err)
	}
	fmt.Println(grades[0].Student, grades[0].Score, "of", grades[0].Max)
	log, err := book.Log(ctx, 0)
	if err != nil {
		panic(err)
	}
	for _, entry := range log {
		fmt.Println(entry.Number, entry.Actor, entry.Action, entry.Student)
	}
	_, err = book.Verify(ctx)
	fmt.Println("tampered with:", err != nil)
	// Output:
	// ada 17 of 20
	// 1 prof receive ada
	// 2 prof grade ada
	// 3 prof grade ada
	// tampered with: false
}
