package public

import (
	"courselab/autograde/check"
)

// wordsTable groups the pieces of the lecture's third sentence.
func wordsTable(t *check.T) {
	tokens := []string{"[CLS]", "the", "orange", "spi", "##der", "on", "a", "[UNK]", "leaf", "is", "si", "##tt", "##ing", ".", "[SEP]", "[PAD]"}
	t.Equal("Words", t.Call1("Words", tokens), [][]int{{1}, {2}, {3, 4}, {5}, {6}, {8}, {9}, {10, 11, 12}, {13}})
}

// chooseTable wants 3 of 20: the first word has two pieces, the second three and does not fit, the third fits.
func chooseTable(t *check.T) {
	words := [][]int{{1}, {2, 3, 4}, {5}, {6, 7}, {8}}
	got := t.Call1("Choose", words, []int{3, 1, 4, 0, 2}, 20)
	chosen := got.IntList()
	switch {
	case len(chosen) > 3:
		t.Failf("%d positions are chosen, want 3 = 0.15·20: a word that would lead beyond that is passed over", len(chosen))
	case len(chosen) == 2:
		t.Failf("got %v: the word that does not fit is passed over, but shorter ones after it may still be taken", chosen)
	}
	t.Equal("Choose(words, order 3 1 4 0 2, length 20)", got, []int{6, 7, 8})
}

// fatesTable has every fate, and labels for all of them.
func fatesTable(t *check.T) {
	corrupted, labels := t.Call2("Corrupt", []int{101, 7, 8, 9, 10, 102}, []int{1, 2, 4}, []float64{0.79, 0.95, 0.85}, []int{500, 501, 502})
	if got := labels.IntList(); len(got) != 3 {
		t.Failf("there are %d labels for 3 chosen positions: a token that stays is to be predicted, too", len(got))
	}
	t.Equal("labels", labels, []int{7, 8, 10})
	t.Equal("corrupted", corrupted, []int{101, 103, 8, 9, 502, 102})
}
