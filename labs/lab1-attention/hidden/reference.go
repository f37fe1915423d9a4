package hidden

import "math"

// array is a dense array of float64, row-major: the slow reference that student results are compared with.
type array struct {
	shape []int
	data  []float64
}

func newArray(shape ...int) array {
	size := 1
	for _, dim := range shape {
		size *= dim
	}
	return array{shape: shape, data: make([]float64, size)}
}

// at is the offset of an element.
func (a array) at(index ...int) int {
	offset := 0
	for axis, i := range index {
		offset = offset*a.shape[axis] + i
	}
	return offset
}

func (a array) get(index ...int) float64 { return a.data[a.at(index...)] }

func (a array) set(value float64, index ...int) { a.data[a.at(index...)] = value }

func (a array) clone() array {
	return array{shape: a.shape, data: append([]float64(nil), a.data...)}
}

// mask is a Bool array whose axes of size 1 broadcast.
type mask struct {
	shape []int
	data  []bool
}

// allows tells whether a query may attend to a key; a nil mask allows everything.
func (m *mask) allows(index ...int) bool {
	if m == nil {
		return true
	}
	offset := 0
	for axis, i := range index {
		if m.shape[axis] == 1 {
			i = 0
		}
		offset = offset*m.shape[axis] + i
	}
	return m.data[offset]
}

// scaledDotProduct is softmax(Q·Kᵀ/√d_k)·V in plain loops.
// query [B, H, Lq, K], key [B, H, Lk, K], value [B, H, Lk, V] -> output [B, H, Lq, V], weights [B, H, Lq, Lk].
// A row without any allowed key is zero.
func scaledDotProduct(query, key, value array, allowed *mask) (output, weights array) {
	batch, heads, queries, width := query.shape[0], query.shape[1], query.shape[2], query.shape[3]
	keys, valueWidth := key.shape[2], value.shape[3]
	output, weights = newArray(batch, heads, queries, valueWidth), newArray(batch, heads, queries, keys)
	for b := range batch {
		for h := range heads {
			for q := range queries {
				scores := make([]float64, keys)
				highest, total := math.Inf(-1), 0.0
				for k := range keys {
					for i := range width {
						scores[k] += query.get(b, h, q, i) * key.get(b, h, k, i)
					}
					scores[k] /= math.Sqrt(float64(width))
					if allowed.allows(b, h, q, k) {
						highest = max(highest, scores[k])
					}
				}
				for k := range keys {
					if allowed.allows(b, h, q, k) {
						total += math.Exp(scores[k] - highest)
					}
				}
				for k := range keys {
					if !allowed.allows(b, h, q, k) {
						continue
					}
					weight := math.Exp(scores[k]-highest) / total
					weights.set(weight, b, h, q, k)
					for i := range valueWidth {
						output.data[output.at(b, h, q, i)] += weight * value.get(b, h, k, i)
					}
				}
			}
		}
	}
	return output, weights
}

// splitHeads deals [B, L, H·K] out to [B, H, L, K].
func splitHeads(x array, heads int) array {
	batch, length, width := x.shape[0], x.shape[1], x.shape[2]/heads
	out := newArray(batch, heads, length, width)
	for b := range batch {
		for h := range heads {
			for l := range length {
				for i := range width {
					out.set(x.get(b, l, h*width+i), b, h, l, i)
				}
			}
		}
	}
	return out
}

// mergeHeads puts [B, H, L, K] back to [B, L, H·K].
func mergeHeads(x array) array {
	batch, heads, length, width := x.shape[0], x.shape[1], x.shape[2], x.shape[3]
	out := newArray(batch, length, heads*width)
	for b := range batch {
		for h := range heads {
			for l := range length {
				for i := range width {
					out.set(x.get(b, h, l, i), b, l, h*width+i)
				}
			}
		}
	}
	return out
}

// project is x·w for x [B, L, D] and w [D, E].
func project(x, w array) array {
	batch, length, width, out := x.shape[0], x.shape[1], x.shape[2], newArray(x.shape[0], x.shape[1], w.shape[1])
	for b := range batch {
		for l := range length {
			for e := range w.shape[1] {
				sum := 0.0
				for d := range width {
					sum += x.get(b, l, d) * w.get(d, e)
				}
				out.set(sum, b, l, e)
			}
		}
	}
	return out
}

// projectHeads is the sum over heads of head_h·W_O[h·K : h·K+K], the lecture's form, for heads [B, H, L, K].
func projectHeads(heads, wO array) array {
	batch, count, length, width := heads.shape[0], heads.shape[1], heads.shape[2], heads.shape[3]
	out := newArray(batch, length, wO.shape[1])
	for b := range batch {
		for h := range count {
			for l := range length {
				for i := range width {
					for e := range wO.shape[1] {
						out.data[out.at(b, l, e)] += heads.get(b, h, l, i) * wO.get(h*width+i, e)
					}
				}
			}
		}
	}
	return out
}

// selfAttention is the whole layer for x [B, L, D] and weights [D, D].
func selfAttention(x, wQ, wK, wV, wO array, heads int, allowed *mask) (output, weights array) {
	attended, weights := scaledDotProduct(splitHeads(project(x, wQ), heads), splitHeads(project(x, wK), heads),
		splitHeads(project(x, wV), heads), allowed)
	return project(mergeHeads(attended), wO), weights
}

// positionalEncoding is the table of sines and cosines; pair i turns by base^(-2i/dim) radians a position.
func positionalEncoding(length, dim int, base float64) [][]float64 {
	table := make([][]float64, length)
	for k := range table {
		table[k] = make([]float64, dim)
		for column := 0; column < dim; column += 2 {
			sin, cos := math.Sincos(float64(k) * math.Exp(-float64(column)/float64(dim)*math.Log(base)))
			table[k][column] = sin
			if column+1 < dim {
				table[k][column+1] = cos
			}
		}
	}
	return table
}

// gradient is the derivative of Σ output·cotangent with respect to x by central differences, for any function of x.
func gradient(x, cotangent array, f func(x array) array) array {
	const step = 1e-5
	total := func(x array) (sum float64) {
		for i, value := range f(x).data {
			sum += value * cotangent.data[i]
		}
		return sum
	}
	out := newArray(x.shape...)
	for i := range x.data {
		moved := x.clone()
		moved.data[i] = x.data[i] + step
		up := total(moved)
		moved.data[i] = x.data[i] - step
		out.data[i] = (up - total(moved)) / (2 * step)
	}
	return out
}
