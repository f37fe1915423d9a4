// Command leak searches every layer of a container image for what only instructors may have: solutions, hidden checks, wrong answers,
// samples, notebooks with their exercises solved, compiled or not.
//
//	podman save courselab-lab | go run ./docker/leak
//
// It reads an image as docker save and podman save write it, and runs in the repository, where the secrets are. Exit code 1: something
// was found.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	found, err := run(".", os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "leak:", err)
	}
	if err != nil || found > 0 {
		os.Exit(1)
	}
}

// run reports the leaks in an image and returns their number.
func run(root string, image io.Reader, out io.Writer) (int, error) {
	secrets, err := collect(root)
	if err != nil {
		return 0, err
	}
	s := newScanner(secrets, func(place, what string) { fmt.Fprintf(out, "LEAK  %s: %s\n", place, what) })
	if err := s.image(image); err != nil {
		return s.found, err
	}
	if s.layers == 0 || s.files == 0 {
		return s.found, fmt.Errorf("%d layers with %d files: this is no image", s.layers, s.files)
	}
	fmt.Fprintf(out, "%d layers, %d files, %d MB searched for %d secret lines: %d leaks\n", s.layers, s.files, s.bytes>>20, len(secrets), s.found)
	return s.found, nil
}
