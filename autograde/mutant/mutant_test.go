package mutant_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/autograde/mutant"
)

const source = `package p

type Node struct{}

func Add(a, b *Node) *Node                { return a }
func Sub(a, b *Node) *Node                { return a }
func MulScalar(a *Node, c float64) *Node  { return a }
func DivScalar(a *Node, c float64) *Node  { return a }
func Softmax(a *Node, axes ...int) *Node  { return a }
func LogSoftmax(a *Node, axes ...int) *Node { return a }
func Einsum(s string, a, b *Node) *Node   { return a }
func LessOrEqual(a, b *Node) *Node        { return a }
func LessThan(a, b *Node) *Node           { return a }

func Untouched(a, b *Node) *Node { return Add(a, b) }

func Solved(a, b *Node, n int) (x, y *Node) {
	// BEGIN SOLUTION
	scores := Einsum("bhqk,bhlk->bhql", a, b)
	scores = MulScalar(scores, 1/0.5)
	if n < 3 {
		return scores, Add(a, b)
	}
	for i := range n {
		if i > 0 && n != 2 {
			scores = LessOrEqual(scores, b)
		}
	}
	return Softmax(scores, -2), a
	// END SOLUTION
}
`

func generate(t *testing.T) []mutant.Mutant {
	t.Helper()
	mutants, err := mutant.Generate(map[string][]byte{"p.go": []byte(source)}, nil, "// BEGIN SOLUTION", "// END SOLUTION")
	require.NoError(t, err)
	return mutants
}

func TestEveryMistakeIsMade(t *testing.T) {
	found := map[string]bool{}
	for _, m := range generate(t) {
		found[m.ID] = true
		assert.Equal(t, "Solved", m.Function, "%s lies outside of the solution", m.ID)
	}
	for _, want := range []string{
		`dropped scale: MulScalar(scores, 1/0.5) → scores`,
		`other function: MulScalar → DivScalar`,
		`other constant: 0.5 → 1.0`,
		`dropped scale: 1/0.5 → 1`,
		`missing term: Add(a, b) → a`,
		`missing term: Add(a, b) → b`,
		`swapped sign: Add → Sub`,
		`dropped call: Softmax(scores, -2) → scores`,
		`other function: Softmax → LogSoftmax`,
		`wrong axis: -2 → -3`,
		`wrong axis: -2 → -1`,
		`other equation: "bhqk,bhlk->bhql" → "bhqk,bhlk->bhlq"`,
		`other equation: "bhqk,bhlk->bhql" → "bhqk,bhkl->bhql"`,
		`swapped arguments: a, b → b, a`,
		`other comparison: LessOrEqual → LessThan`,
		`other comparison: < → <=`,
		`negated condition: n < 3 → !(n < 3)`,
		`missing case: if n < 3 { return scores, Add(a, b) } → nothing`,
		`off by one: 3 → 4`,
		`off by one: 3 → 2`,
		`off by one: n → n - 1`,
		`other function: && → ||`,
		`missing term: i > 0 && n != 2 → i > 0`,
		`missing assignment: scores = MulScalar(scores, 1/0.5) → nothing`,
		`swapped results: Softmax(scores, -2), a → a, Softmax(scores, -2)`,
	} {
		assert.True(t, found["Solved: "+want], want)
	}
	assert.False(t, found["Solved: swapped arguments: scores, Add(a, b) → Add(a, b), scores"], "results are not arguments")
	for id := range found {
		assert.NotContains(t, id, "Add(b, a)", "the order of a sum does not matter")
	}
}

// TestMutantsAreDistinctPrograms: each differs from the reference and from the others in one place, and has a name of its own.
func TestMutantsAreDistinctPrograms(t *testing.T) {
	texts, ids := map[string]string{source: "the reference"}, map[string]bool{}
	for _, m := range generate(t) {
		sources := map[string][]byte{"p.go": []byte(source), "q.go": []byte("package p")}
		text := string(m.Sources(sources)["p.go"])
		assert.Empty(t, texts[text], "%s is the same as %s", m.ID, texts[text])
		texts[text] = m.ID
		assert.False(t, ids[m.ID], m.ID)
		ids[m.ID] = true
		assert.Equal(t, source, string(sources["p.go"]), "the reference stays")
		line := strings.Split(source, "\n")[m.Line-1]
		assert.Contains(t, line+source, m.Before)
		assert.Contains(t, mutant.Operators(), m.Operator)
	}
}

func TestGenerateErrors(t *testing.T) {
	for want, text := range map[string]string{
		"expected 'package'": "nonsense",
		"undefined: x":       "package p\nvar y = x",
	} {
		_, err := mutant.Generate(map[string][]byte{"p.go": []byte(text)}, nil, "b", "e")
		assert.ErrorContains(t, err, want)
	}
	mutants, err := mutant.Generate(map[string][]byte{"p.go": []byte(source)}, nil, "// BEGIN", "// END")
	require.NoError(t, err)
	assert.Empty(t, mutants, "without a solution there is nothing to mistake")
}

func ExampleGenerate() {
	mutants, err := mutant.Generate(map[string][]byte{"mean.go": []byte(`package mean

func Mean(x []float64) float64 {
	// BEGIN SOLUTION
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
	// END SOLUTION
}
`)}, nil, "// BEGIN SOLUTION", "// END SOLUTION")
	if err != nil {
		panic(err)
	}
	for _, m := range mutants {
		fmt.Println(m.ID)
	}
	// Output:
	// Mean: other constant: 0.0 → 1.0
	// Mean: dropped scale: sum / float64(len(x)) → sum
	// Mean: other function: / → *
}
