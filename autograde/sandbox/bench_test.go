package sandbox

import (
	"context"
	"testing"
)

// BenchmarkRun is the cost of one sandboxed program that does nothing.
func BenchmarkRun(b *testing.B) {
	s, err := Open()
	if err != nil {
		b.Fatal(err)
	}
	spec := Spec{Argv: []string{"/usr/bin/true"}}
	spec.Binds, spec.Symlinks = System()
	for b.Loop() {
		if _, err := Run(context.Background(), s, spec); err != nil {
			b.Fatal(err)
		}
	}
}
