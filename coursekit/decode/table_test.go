package decode_test

import (
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// table is a model whose next token depends on all the tokens before it, and on its input: rows[input][prefix] are the
// logits after a prefix, numbered by number.
type table struct {
	vocabulary, length int
	rows               [][][]float32 // [I, prefixes of less than length tokens, V]
}

func newTable(inputs, vocabulary, length int, logits func(input int, prefix []int32) []float32) table {
	m := table{vocabulary: vocabulary, length: length}
	for input := range inputs {
		var rows [][]float32
		for prefixes := [][]int32{{}}; len(prefixes[0]) < length; {
			var longer [][]int32
			for _, prefix := range prefixes {
				rows = append(rows, logits(input, prefix))
				for token := range vocabulary {
					longer = append(longer, append(append([]int32{}, prefix...), int32(token)))
				}
			}
			prefixes = longer
		}
		m.rows = append(m.rows, rows)
	}
	return m
}

// number counts the prefixes, the shorter first: those of t tokens are numbers of t digits after all shorter ones.
func (m table) number(prefix []int32) int {
	number := 0
	for _, token := range prefix {
		number = number*m.vocabulary + int(token) + 1
	}
	return number
}

func (m table) Encode(_ *model.Scope, inputs []*Node) []*Node { return inputs }

func (m table) Logits(_ *model.Scope, encoded []*Node, tokens *Node) *Node {
	length := tokens.Shape().Dimensions[1]
	number := ZerosLike(Slice(tokens, AxisRange(), AxisRange(0, 1))) // [B, 1]
	numbers := []*Node{number}
	for t := 1; t < length; t++ {
		token := Slice(tokens, AxisRange(), AxisRange(t, t+1))
		number = AddScalar(Add(MulScalar(number, m.vocabulary), token), 1)
		numbers = append(numbers, number)
	}
	last := Scalar(tokens.Graph(), tokens.DType(), len(m.rows[0])-1)
	prefix := Min(Concatenate(numbers, 1), last) // [B, L]; nothing is asked of the last position
	which := BroadcastToDims(InsertAxes(encoded[0], -1), tokens.Shape().Dimensions...)
	return Gather(Const(tokens.Graph(), m.rows), Stack([]*Node{which, prefix}, -1)) // [B, L, V]
}

// logProbs is the slow definition.
func (m table) logProbs(input int, prefix []int32) []float64 {
	logits := m.rows[input][m.number(prefix)]
	sum := 0.
	for _, logit := range logits {
		sum += math.Exp(float64(logit))
	}
	result := make([]float64, len(logits))
	for token, logit := range logits {
		result[token] = float64(logit) - math.Log(sum)
	}
	return result
}

// all calls visit with every sequence that has a probability: its tokens before end, and whether it ended.
func (m table) all(input int, prefix []int32, logProb float64, visit func(tokens []int32, ended bool, logProb float64)) {
	if len(prefix) == m.length {
		visit(prefix, false, logProb)
		return
	}
	for token, more := range m.logProbs(input, prefix) {
		switch {
		case math.IsInf(more, -1):
		case token == end:
			visit(prefix, true, logProb+more)
		default:
			m.all(input, append(append([]int32{}, prefix...), int32(token)), logProb+more, visit)
		}
	}
}

func randomTable(seed uint64, inputs, vocabulary, length int) table {
	rng := rand.New(rand.NewPCG(seed, 5))
	return newTable(inputs, vocabulary, length, func(int, []int32) []float32 {
		row := make([]float32, vocabulary)
		for i := range row {
			row[i] = float32(rng.NormFloat64())
		}
		return row
	})
}

const tokenA, tokenB, tokenC = 3, 4, 5

// d2l is the model of "Dive into deep learning", 10.8.1, of tokens A, B, C and end: it says how likely the sequences
// A B C end (0.5·0.4·0.4·0.6 = 0.048) and A C B end (0.5·0.3·0.6·0.6 = 0.054) are. The probabilities off these two
// paths are chosen here so that no other sequence, among them those that end early, has more than 0.05.
func d2l() table {
	known := map[string][]float64{ // pad, start, end, A, B, C
		"":    {0, 0, 0.05, 0.5, 0.25, 0.2},
		"A":   {0, 0, 0.1, 0.2, 0.4, 0.3},
		"AB":  {0, 0, 0.2, 0.2, 0.2, 0.4},
		"AC":  {0, 0, 0.1, 0.1, 0.6, 0.2},
		"ABC": {0, 0, 0.6, 0, 0.2, 0.2},
		"ACB": {0, 0, 0.6, 0.1, 0.2, 0.1},
	}
	return newTable(1, 6, 4, func(_ int, prefix []int32) []float32 {
		name := ""
		for _, token := range prefix {
			name += string("..|ABC"[token])
		}
		probabilities, ok := known[name]
		if !ok {
			probabilities = []float64{0, 0, 0.1, 0.3, 0.3, 0.3}
		}
		row := make([]float32, len(probabilities))
		for token, probability := range probabilities {
			row[token] = float32(math.Log(probability))
		}
		return row
	})
}
