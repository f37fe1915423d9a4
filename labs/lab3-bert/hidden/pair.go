package hidden

import (
	"slices"

	"courselab/autograde/check"
)

// sentence draws n token ids.
func sentence(t *check.T, n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = 1 + t.Rand().IntN(110) // special tokens' ids among them
	}
	return ids
}

// cut says how long two sentences become: the longer one first down to the length of the other, then both in turn, the second
// first.
func cut(first, second, most int) (a, b int) {
	over := max(0, first+second-most)
	a, b = first, second
	byItself := min(over, max(first-second, second-first))
	if first > second {
		a -= byItself
	} else {
		b -= byItself
	}
	over -= byItself
	return a - over/2, b - (over+1)/2
}

// cuts compares sentences of many lengths, those that fit, and those of which nothing is left, included.
func cuts(t *check.T) {
	for i := range 20 {
		first, second := sentence(t, 1+t.Rand().IntN(12)), sentence(t, 1+t.Rand().IntN(12))
		most := t.Rand().IntN(20)
		if i == 0 {
			most = 0
		}
		a, b := cut(len(first), len(second), most)
		gotFirst, gotSecond := t.Call2("Truncate", first, second, most)
		requireSentence(t, "first", gotFirst, first[:a])
		requireSentence(t, "second", gotSecond, second[:b])
	}
}

// requireSentence takes nil for an empty list.
func requireSentence(t *check.T, name string, got check.Value, want []int) {
	if len(want) > 0 || !got.IsNil() {
		t.Equal(name, got, want)
	}
}

// requireRow compares one call of Encode with a row in which a and b tokens of the sentences are left.
func requireRow(t *check.T, first, second []int, length, a, b int) {
	ids := slices.Concat([]int{101}, first[:a], []int{102})
	segments := make([]int, len(ids))
	if len(second) > 0 {
		ids = slices.Concat(ids, second[:b], []int{102})
		segments = append(segments, slices.Repeat([]int{1}, b+1)...)
	}
	mask := slices.Repeat([]bool{true}, len(ids))
	for len(ids) < length {
		ids, segments, mask = append(ids, 0), append(segments, 0), append(mask, false)
	}
	gotIDs, gotSegments, gotMask := t.Call3("Encode", first, second, length)
	t.Equal("ids", gotIDs, ids)
	t.Equal("segments", gotSegments, segments)
	t.Equal("mask", gotMask, mask)
}

// rows compares pairs that leave room, fill the row exactly, and are too long, down to one token of each sentence.
func rows(t *check.T) {
	for range 4 {
		first, second := sentence(t, 1+t.Rand().IntN(9)), sentence(t, 1+t.Rand().IntN(9))
		whole := len(first) + len(second) + 3
		requireRow(t, first, second, whole+1+t.Rand().IntN(5), len(first), len(second))
		requireRow(t, first, second, whole, len(first), len(second))
		for _, length := range []int{max(5, whole-1), 7, 5} {
			a, b := cut(len(first), len(second), length-3)
			requireRow(t, first, second, length, a, b)
		}
	}
}

// singles compares sentences that leave room, fill the row exactly, and are too long by one and by many.
func singles(t *check.T) {
	for range 3 {
		first := sentence(t, 5+t.Rand().IntN(9))
		whole := len(first) + 2
		for _, length := range []int{whole + 1 + t.Rand().IntN(5), whole, whole - 1, 3} {
			requireRow(t, first, []int{}, length, min(len(first), length-2), 0)
		}
	}
}
