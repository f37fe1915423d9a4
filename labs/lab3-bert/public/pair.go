package public

import "courselab/autograde/check"

// truncateTable cuts 6 and 3 tokens to five together: 6 5 4 3 of the first go, then, of two that are equally long, one of the
// second.
func truncateTable(t *check.T) {
	first, second := t.Call2("Truncate", []int{1, 2, 3, 4, 5, 6}, []int{11, 12, 13}, 5)
	t.Equal("first", first, []int{1, 2, 3})
	t.Equal("second", second, []int{11, 12})
	first, second = t.Call2("Truncate", []int{1, 2}, []int{11, 12, 13}, 8)
	t.Equal("first that fits", first, []int{1, 2})
	t.Equal("second that fits", second, []int{11, 12, 13})
}

// encodeTable fills two rows of ten.
func encodeTable(t *check.T) {
	ids, segments, mask := t.Call3("Encode", []int{1, 2, 3}, []int{11, 12}, 10)
	t.Equal("ids of a pair", ids, []int{101, 1, 2, 3, 102, 11, 12, 102, 0, 0})
	t.Equal("segments of a pair", segments, []int{0, 0, 0, 0, 0, 1, 1, 1, 0, 0})
	t.Equal("mask of a pair", mask, []bool{true, true, true, true, true, true, true, true, false, false})
	ids, segments, mask = t.Call3("Encode", []int{1, 2, 3}, []int{}, 10)
	t.Equal("ids of a sentence", ids, []int{101, 1, 2, 3, 102, 0, 0, 0, 0, 0})
	t.Equal("segments of a sentence", segments, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	t.Equal("mask of a sentence", mask, []bool{true, true, true, true, true, false, false, false, false, false})
}
