package hidden

import (
	"math"
	"slices"

	"courselab/autograde/check"
)

// wordsOf groups pieces by looking back from each one.
func wordsOf(tokens []string) [][]int {
	special := func(token string) bool { return token[0] == '[' }
	var words [][]int
	for i, token := range tokens {
		switch {
		case special(token):
		case token[0] == '#' && i > 0 && !special(tokens[i-1]):
			words[len(words)-1] = append(words[len(words)-1], i)
		default:
			words = append(words, []int{i})
		}
	}
	return words
}

// drawTokens draws pieces; about every sixth token is special.
func drawTokens(t *check.T, length int) []string {
	some := []string{"a", "bird", "##s", "##ing", "##s", "the", "[UNK]", "fox", "##ed", "[SEP]", "in", "##"}
	tokens := make([]string, length)
	for i := range tokens {
		tokens[i] = some[t.Rand().IntN(len(some))]
	}
	tokens[t.Rand().IntN(length)] = "leaf"
	return tokens
}

// pieces compares random sequences, and those that begin with a continuation.
func pieces(t *check.T) {
	for i := range 8 {
		tokens := drawTokens(t, 1+t.Rand().IntN(30))
		switch i {
		case 0:
			tokens = append([]string{"[CLS]", "##er"}, tokens...)
		case 1:
			tokens = append([]string{"##er", "##est"}, tokens...)
		case 2:
			tokens = append(tokens, "[PAD]", "##x", "[MASK]", "##y", "##z")
		}
		t.Equal("Words", t.Call1("Words", tokens), wordsOf(tokens))
	}
}

// wanted is how many positions of a sequence are to be chosen.
func wanted(length int) int {
	n := length * 15 / 100
	if rest := length * 15 % 100; rest > 50 || rest == 50 && n%2 == 1 {
		n++
	}
	return min(20, max(1, n))
}

// singleWords are words of one position each, from position 1 on, and a shuffled order.
func singleWords(t *check.T, number int) (words [][]int, order []int) {
	for i := range number {
		words = append(words, []int{i + 1})
	}
	return words, t.Rand().Perm(number)
}

// numbers compares lengths at which 15 % are a half, and long and short ones. All words have one piece.
func numbers(t *check.T) {
	for _, length := range []int{3, 4, 10, 30, 50, 70, 90, 110, 128, 130, 137, 140, 400, 3 + t.Rand().IntN(120), 3 + t.Rand().IntN(120)} {
		words, order := singleWords(t, length-2)
		want := slices.Clone(order[:wanted(length)])
		for i := range want {
			want[i]++
		}
		slices.Sort(want)
		t.Equal("Choose", t.Call1("Choose", words, order, length), want)
	}
}

// wholeWords draws words of one to four pieces.
func wholeWords(t *check.T) {
	for range 10 {
		var words [][]int
		position := 1
		for range 8 + t.Rand().IntN(20) {
			var word []int
			for range 1 + t.Rand().IntN(4) {
				word = append(word, position)
				position++
			}
			words = append(words, word)
		}
		order, length := t.Rand().Perm(len(words)), position+1
		if length*15%100 == 50 { // how halves round is another check's question
			length++
		}
		var want []int
		for left, i := wanted(length), 0; i < len(order); i++ {
			if word := words[order[i]]; len(word) <= left {
				want, left = append(want, word...), left-len(word)
			}
		}
		if len(want) == 0 { // all words are too long: not asked
			continue
		}
		slices.Sort(want)
		t.Equal("Choose", t.Call1("Choose", words, order, length), want)
	}
}

// requireCorrupted compares one call.
func requireCorrupted(t *check.T, ids, positions []int, fates []float64, random []int) {
	want, labels := slices.Clone(ids), []int{}
	for i, position := range positions {
		labels = append(labels, ids[position])
		if fates[i] < 0.8 {
			want[position] = 103
		} else if fates[i] < 0.9 {
			want[position] = random[i]
		}
	}
	gotIDs, gotLabels := t.Call2("Corrupt", ids, positions, fates, random)
	t.Equal("labels", gotLabels, labels)
	t.Equal("corrupted", gotIDs, want)
}

// corruptions draws everything.
func corruptions(t *check.T) {
	for range 6 {
		length := 5 + t.Rand().IntN(40)
		positions := t.Rand().Perm(length)[:1+t.Rand().IntN(4)]
		slices.Sort(positions)
		ids := make([]int, length)
		for i := range ids {
			ids[i] = 1000 + t.Rand().IntN(9000)
		}
		fates, random := make([]float64, len(positions)), make([]int, len(positions))
		for i := range positions {
			fates[i], random[i] = t.Rand().Float64(), 20000+t.Rand().IntN(9000)
		}
		requireCorrupted(t, ids, positions, fates, random)
	}
}

// borders hides a hundred tokens by the fates 0, 0.01, ..., 0.99, shuffled, and by those next to the borders.
func borders(t *check.T) {
	var fates []float64
	for i := range 100 {
		fates = append(fates, float64(i)/100)
	}
	fates = append(fates, math.Nextafter(0.8, 0), math.Nextafter(0.9, 0), math.Nextafter(1, 0))
	t.Rand().Shuffle(len(fates), func(i, j int) { fates[i], fates[j] = fates[j], fates[i] })
	ids, positions, random := make([]int, len(fates)), make([]int, len(fates)), make([]int, len(fates))
	for i := range fates {
		ids[i], positions[i], random[i] = 1000+i, i, 2000+i
	}
	requireCorrupted(t, ids, positions, fates, random)
}
