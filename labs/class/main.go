// Class unpacks a lab's sample class, the submissions in LAB/samples/*.txtar, into one folder a student, as a grader
// wants them:
//
//	go run ./labs/class -o /tmp/class labs/lab1-attention
//	go run ./autograde/cmd/autograde grade labs/lab1-attention /tmp/class -o /tmp/results
//
// The class is invented. Some submissions are right, some partly, some are broken and some cheat; LAB/samples/expected.yaml
// says what each must get. Do not run them outside the grader.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("o", "", "folder to write to; must be empty or not exist")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./labs/class -o DIR LAB")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *dir == "" || flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	class, err := readClass(flag.Arg(0))
	if err == nil {
		err = expand(class, *dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "class:", err)
		os.Exit(1)
	}
	fmt.Printf("%d submissions in %s\n", len(class), *dir)
}
