package hidden

import "courselab/autograde/check"

// headSizes are batch, length, heads and head width: two fresh draws and the edges.
func headSizes(t *check.T) [][4]int {
	sizes := [][4]int{{1, 1, 1, 1}, {2, 3, 1, 5}, {3, 5, 7, 1}, {1, 2, 3, 4}}
	for range 2 {
		p := primes(t.Rand(), 4)
		sizes = append(sizes, [4]int{p[0], p[1], p[2], p[3]})
	}
	return sizes
}

// headsSplit compares with the reference, exactly: no number is computed, only moved.
func headsSplit(t *check.T) {
	for _, size := range headSizes(t) {
		batch, length, heads, width := size[0], size[1], size[2], size[3]
		x := t.Normal(batch, length, heads*width)
		got := t.Call1("SplitHeads", x, heads)
		t.Contract(got, "Float32", batch, heads, length, width)
		t.Equal("SplitHeads", got, single(splitHeads(arrayOf(x), heads)))
	}
}

// headsMerge compares with the reference, exactly.
func headsMerge(t *check.T) {
	for _, size := range headSizes(t) {
		batch, length, heads, width := size[0], size[1], size[2], size[3]
		x := t.Normal(batch, heads, length, width)
		got := t.Call1("MergeHeads", x)
		t.Contract(got, "Float32", batch, length, heads*width)
		t.Equal("MergeHeads", got, single(mergeHeads(arrayOf(x))))
	}
}

// headsProject compares concat·W_O with the sum over heads, for a W_O that is not square.
func headsProject(t *check.T) {
	for _, size := range headSizes(t) {
		batch, length, heads, width := size[0], size[1], size[2], size[3]
		dim := []int{1, 4, 17}[t.Rand().IntN(3)]
		x, wO := t.Normal(batch, heads, length, width), t.Normal(heads*width, dim)
		got := t.Call1("ProjectHeads", x, wO)
		t.Contract(got, "Float32", batch, length, dim)
		t.Close("ProjectHeads", got, projectHeads(arrayOf(x), arrayOf(wO)).tensor(), 1e-3, 1e-3)
	}
}
