package bert

// Truncate cuts two sentences until they have at most most tokens together (task pairs): as long as they have more, the last
// token of the longer one goes; of two that are equally long, the last of the second.
//
// So a short sentence keeps what it has, and a long one pays. most is at least 0.
func Truncate(first, second []int, most int) (a, b []int) {
	// BEGIN SOLUTION
	for len(first)+len(second) > most {
		if len(first) > len(second) {
			first = first[:len(first)-1]
		} else {
			second = second[:len(second)-1]
		}
	}
	return first, second
	// END SOLUTION
}

// Encode makes a row of a batch (task pairs):
//
//	[CLS] first [SEP] second [SEP] [PAD] ...   for a pair
//	[CLS] first [SEP] [PAD] ...                for a single sentence: second is empty
//
// of exactly length tokens. Sentences that do not fit are cut by Truncate, so that all special tokens keep their places.
// length is at least 3, and at least 5 for a pair.
//
// It returns, [length] each,
//
//	ids       the special tokens are ClassID, SeparatorID and PadID
//	segments  0 up to the first [SEP], it included; 1 from there to the second [SEP], it included; 0 for padding
//	mask      true where a token stands, special ones included; false for padding
func Encode(first, second []int, length int) (ids, segments []int, mask []bool) {
	// BEGIN SOLUTION
	special := 3
	if len(second) == 0 {
		special = 2
	}
	first, second = Truncate(first, second, length-special)
	ids = append(append([]int{ClassID}, first...), SeparatorID)
	border := len(ids)
	if len(second) > 0 {
		ids = append(append(ids, second...), SeparatorID)
	}
	segments, mask = make([]int, length), make([]bool, length)
	for i := range ids {
		mask[i] = true
		if i >= border {
			segments[i] = 1
		}
	}
	for len(ids) < length {
		ids = append(ids, PadID)
	}
	return ids, segments, mask
	// END SOLUTION
}
