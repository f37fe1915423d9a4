package hidden

import (
	"math"

	"courselab/autograde/check"
)

// masksCausal compares the masks of length 1, 2 and two fresh ones.
func masksCausal(t *check.T) {
	for _, length := range append([]int{1, 2}, primes(t.Rand(), 2)...) {
		got := t.Call1("Causal", length)
		t.Contract(got, "Bool", 1, 1, length, length)
		t.Equal("Causal", got, causalMask(length).tensor())
	}
}

// masksPadding draws ids among few tokens, so that PAD stands anywhere, with a new PAD each time; the last row is all
// PAD and the first has none.
func masksPadding(t *check.T) {
	for _, pad := range []int{0, 3, 999} {
		p := primes(t.Rand(), 2)
		batch, length := p[0]+1, p[1]
		ids, want := make([]int32, batch*length), make([]bool, batch*length)
		for i := range ids {
			ids[i] = []int32{0, 1, 2, 3, 4, 998, 999, 1000}[t.Rand().IntN(8)]
			switch i / length {
			case 0:
				ids[i] = 5
			case batch - 1:
				ids[i] = int32(pad)
			}
			want[i] = int(ids[i]) != pad
		}
		got := t.Call1("Padding", check.Of(ids, batch, length), pad)
		t.Contract(got, "Bool", batch, 1, 1, length)
		t.Equal("Padding", got, check.Of(want, batch, 1, 1, length))
	}
}

// masksCombine joins masks of every mixture of shapes that a layer meets.
func masksCombine(t *check.T) {
	p := primes(t.Rand(), 3)
	batch, heads, length := p[0], p[1], p[2]
	for _, shapes := range [][2][]int{
		{{batch, 1, 1, length}, {1, 1, length, length}},
		{{1, 1, length, length}, {batch, 1, 1, length}},
		{{batch, heads, length, length}, {batch, 1, 1, length}},
		{{1, 1, length, length}, {1, 1, length, length}},
		{{1, heads, 1, length}, {batch, 1, length, 1}},
	} {
		a, b := randomMask(t.Rand(), 0.5, shapes[0]...), randomMask(t.Rand(), 0.5, shapes[1]...)
		want := &mask{shape: make([]int, 4)}
		for axis := range want.shape {
			want.shape[axis] = max(a.shape[axis], b.shape[axis])
		}
		for i := range want.shape[0] {
			for j := range want.shape[1] {
				for q := range want.shape[2] {
					for k := range want.shape[3] {
						want.data = append(want.data, a.allows(i, j, q, k) && b.allows(i, j, q, k))
					}
				}
			}
		}
		got := t.Call1("Combine", a.tensor(), b.tensor())
		t.Contract(got, "Bool", want.shape...)
		t.Equal("Combine", got, want.tensor())
		t.Equal("Combine with nil", t.Call1("Combine", a.tensor(), check.Nil), a.tensor())
		t.Equal("Combine with nil", t.Call1("Combine", check.Nil, b.tensor()), b.tensor())
	}
}

// masksRenormalise compares masked with unmasked weights of the student's own: what is allowed keeps its proportions
// and sums to one. It holds whatever the scores are divided by, so a slip in task attention is not charged twice.
func masksRenormalise(t *check.T) {
	p := primes(t.Rand(), 6)
	batch, heads, queries, keys := p[0], p[1], p[2], p[3]
	query, key := t.Normal(batch, heads, queries, p[4]), t.Normal(batch, heads, keys, p[4])
	value := t.Normal(batch, heads, keys, p[5])
	freeOutput, free := attend(t, query, key, value, nil)
	ownSteps(t, query, key, value, nil, freeOutput, free)
	for _, shape := range [][]int{
		{batch, heads, queries, keys}, {batch, 1, 1, keys}, {1, 1, queries, keys}, {1, heads, 1, keys}, {1, 1, 1, keys},
	} {
		allowed := randomMask(t.Rand(), 0.6, shape...)
		output, weights := attend(t, query, key, value, allowed)
		want := arrayOf(free.Tensor())
		for b := range batch {
			for h := range heads {
				for q := range queries {
					sum := 0.0
					for k := range keys {
						if !allowed.allows(b, h, q, k) {
							want.set(0, b, h, q, k)
						}
						sum += want.get(b, h, q, k)
					}
					if !(sum > 0) {
						t.Failf("without a mask, some keys with moderate scores weigh nothing")
					}
					for k := range keys {
						want.set(want.get(b, h, q, k)/sum, b, h, q, k)
					}
				}
			}
		}
		t.Close("weights", weights, want.tensor(), 1e-4, 1e-2)
		exactZeros(t, weights, allowed)
		ownSteps(t, query, key, value, allowed, output, weights)
	}
}

// exactZeros requires that a masked key weighs exactly nothing.
func exactZeros(t *check.T, weights check.Value, allowed *mask) {
	w := arrayOf(weights.Tensor())
	for b := range w.shape[0] {
		for h := range w.shape[1] {
			for q := range w.shape[2] {
				for k := range w.shape[3] {
					if !allowed.allows(b, h, q, k) && w.get(b, h, q, k) != 0 {
						t.Failf("a masked key has a weight other than 0")
					}
				}
			}
		}
	}
}

// masksLeak changes hidden keys and values wildly, so that their scores tower over the others by thousands: nothing
// may move. The allowed scores lie thousands below zero.
func masksLeak(t *check.T) {
	const batch, heads, queries, keys, width = 2, 2, 3, 7, 4
	allowed := randomMask(t.Rand(), 0.5, batch, 1, 1, keys)
	for b := range batch { // at least one key of each sequence is hidden
		hidden := t.Rand().IntN(keys)
		allowed.data[b*keys+hidden], allowed.data[b*keys+(hidden+1)%keys] = false, true
	}
	query := arrayOf(t.Uniform(50, 51, batch, heads, queries, width))
	low, high := arrayOf(t.Uniform(-51, -50, batch, heads, keys, width)), arrayOf(t.Uniform(50, 51, batch, heads, keys, width))
	value := arrayOf(t.Normal(batch, heads, keys, 3))
	key, loudKey, loudValue := low.clone(), low.clone(), value.clone()
	for b := range batch {
		for h := range heads {
			for k := range keys {
				if allowed.allows(b, h, 0, k) {
					continue
				}
				for i := range width {
					loudKey.set(high.get(b, h, k, i), b, h, k, i)
				}
				for i := range 3 {
					loudValue.set(1e6, b, h, k, i)
				}
			}
		}
	}
	quiet, quietWeights := attend(t, single(query), single(key), single(value), allowed)
	loud, loudWeights := attend(t, single(query), single(loudKey), single(loudValue), allowed)
	t.Finite("weights", quietWeights)
	t.Finite("output", quiet)
	ownSteps(t, single(query), single(loudKey), single(loudValue), allowed, loud, loudWeights)
	exactZeros(t, loudWeights, allowed)
	t.Close("weights", loudWeights, quietWeights, 1e-6, 0)
	t.Close("output", loud, quiet, 1e-5, 0)
}

// single is the array as a Float32 tensor.
func single(a array) check.Tensor {
	data := make([]float32, len(a.data))
	for i, value := range a.data {
		data[i] = float32(value)
	}
	return check.Of(data, a.shape...)
}

// emptyRows draws a mask [B, 1, Lq, Lk] in which the first query of each sequence may attend to nothing.
func emptyRows(t *check.T, batch, queries, keys int) *mask {
	allowed := randomMask(t.Rand(), 0.5, batch, 1, queries, keys)
	for b := range batch {
		for k := range keys {
			allowed.data[b*queries*keys+k] = false
		}
	}
	return allowed
}

// masksEmptyRow requires zeros for the queries without a key, and proper rows for the others.
func masksEmptyRow(t *check.T) {
	p := primes(t.Rand(), 5)
	batch, heads, queries, keys := p[0], p[1], p[2], p[3]
	query, key := t.Normal(batch, heads, queries, p[4]), t.Normal(batch, heads, keys, p[4])
	value := t.Normal(batch, heads, keys, 3)
	allowed := emptyRows(t, batch, queries, keys)
	output, weights := attend(t, query, key, value, allowed)
	t.Finite("weights", weights)
	t.Finite("output", output)
	exactZeros(t, weights, allowed)
	w, out := arrayOf(weights.Tensor()), arrayOf(output.Tensor())
	for b := range batch {
		for h := range heads {
			for q := range queries {
				sum := 0.0
				for k := range keys {
					sum += w.get(b, h, q, k)
				}
				if q > 0 && math.Abs(sum-1) > 1e-4 {
					t.Failf("a row with allowed keys does not sum to one")
				}
				for i := range 3 {
					if q == 0 && out.get(b, h, q, i) != 0 {
						t.Failf("a query that may attend to nothing has an output other than 0")
					}
				}
			}
		}
	}
	t.Close("output against weights·V", output, average(w, arrayOf(value)).tensor(), 1e-4, 1e-3)
}

// masksEmptyRowGradient requires finite gradients, zero for the queries without a key and not zero for the others.
func masksEmptyRowGradient(t *check.T) {
	p := primes(t.Rand(), 5)
	batch, heads, queries, keys, width := p[0], p[1], p[2], p[3], p[4]
	query, key := t.Normal64(batch, heads, queries, width), t.Normal64(batch, heads, keys, width)
	value := t.Normal64(batch, heads, keys, 3)
	allowed := emptyRows(t, batch, queries, keys)
	for q := 1; q < queries; q++ { // the others have two keys at least, so that their gradient cannot vanish
		for b := range batch {
			allowed.data[(b*queries+q)*keys], allowed.data[(b*queries+q)*keys+keys-1] = true, true
		}
	}
	gradients := t.Gradient(function, []int{0, 1, 2}, 0, t.Normal64(batch, heads, queries, 3), query, key, value, allowed.tensor())
	for _, got := range gradients {
		t.Finite("gradient", got)
	}
	perQuery := arrayOf(gradients[0])
	for b := range batch {
		for h := range heads {
			for q := range queries {
				norm := 0.0
				for i := range width {
					norm += math.Abs(perQuery.get(b, h, q, i))
				}
				if (q == 0) != (norm == 0) {
					t.Failf("the gradient vanishes for the wrong queries")
				}
			}
		}
	}
}
