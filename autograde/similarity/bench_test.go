package similarity_test

import (
	"fmt"
	"testing"

	"courselab/autograde/similarity"
)

// BenchmarkClass compares 200 variants of the sample class's right answers.
func BenchmarkClass(b *testing.B) {
	class, released := sampleClass(&testing.T{})
	var all []submission
	for i := range 200 {
		s := submission{Name: fmt.Sprintf("s%03d", i), Sources: map[string][]byte{}}
		for name, text := range class[i%len(class)].Sources {
			s.Sources[name] = padded(text, 3+i%17)
		}
		all = append(all, s)
	}
	for b.Loop() {
		compare(similarity.DefaultConfig(), all, released)
	}
}
