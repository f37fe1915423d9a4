package bert_test

import (
	"fmt"
	"math"

	"courselab/coursekit/bert"
)

// This file is BERT written out in plain Go over float64, slowly, one row at a time, from the papers' formulas: nothing of
// it is shared with the package.

type matrix [][]float64 // [rows][columns]

// reference holds the parameters by the path of their variable.
type reference struct {
	config     bert.Config
	parameters map[string][]float64
}

func (r reference) row(path string, i int) []float64 {
	return r.parameters[path][i*r.config.ModelDim:][:r.config.ModelDim]
}

func (r reference) dense(path string, x matrix, out int) matrix {
	weights, bias := r.parameters[path+"/dense/weights"], r.parameters[path+"/dense/biases"]
	y := make(matrix, len(x))
	for row := range x {
		y[row] = append([]float64{}, bias...)
		for j := range out {
			for i, value := range x[row] {
				y[row][j] += value * weights[i*out+j]
			}
		}
	}
	return y
}

func (r reference) norm(path string, x matrix) matrix {
	gain, offset := r.parameters[path+"/layer_normalization/gain"], r.parameters[path+"/layer_normalization/offset"]
	y := make(matrix, len(x))
	for row := range x {
		var mean, variance float64
		for _, a := range x[row] {
			mean += a / float64(len(x[row]))
		}
		for _, a := range x[row] {
			variance += (a - mean) * (a - mean) / float64(len(x[row]))
		}
		for i, a := range x[row] {
			y[row] = append(y[row], (a-mean)/math.Sqrt(variance+r.config.NormEpsilon)*gain[i]+offset[i])
		}
	}
	return y
}

// encode returns the states [L][D] after the embeddings and after each layer, of one sequence.
func (r reference) encode(ids, segments []int32, mask []bool) []matrix {
	x := make(matrix, len(ids))
	for i, id := range ids {
		token, place, segment := r.row("/embeddings/word", int(id)), r.row("/embeddings/position/positions", i), r.row("/embeddings/segment", int(segments[i]))
		for k := range token {
			x[i] = append(x[i], token[k]+place[k]+segment[k])
		}
	}
	states := []matrix{r.norm("/embeddings/norm", x)}
	for layer := range r.config.Layers {
		path, x := fmt.Sprintf("/encoder/layer_%d", layer), states[layer]
		x = r.norm(path+"/self/norm", sum(x, r.attention(path+"/self/attention", x, mask)))
		hidden := gelu(r.dense(path+"/feed_forward/hidden", x, r.config.FFDim))
		states = append(states, r.norm(path+"/feed_forward/norm", sum(x, r.dense(path+"/feed_forward/output", hidden, r.config.ModelDim))))
	}
	return states
}

func (r reference) attention(path string, x matrix, mask []bool) matrix {
	width, k := r.config.ModelDim, r.config.ModelDim/r.config.Heads
	queries, keys, values := r.dense(path+"/query", x, width), r.dense(path+"/key", x, width), r.dense(path+"/value", x, width)
	joined := make(matrix, len(x))
	for i := range x {
		joined[i] = make([]float64, width)
		for head := range r.config.Heads {
			columns := func(y []float64) []float64 { return y[head*k : (head+1)*k] }
			total, out := 0.0, columns(joined[i])
			for j := range x {
				if !mask[j] {
					continue
				}
				score := 0.0
				for c, q := range columns(queries[i]) {
					score += q * columns(keys[j])[c]
				}
				weight := math.Exp(score / math.Sqrt(float64(k)))
				total += weight
				for c, v := range columns(values[j]) {
					out[c] += weight * v
				}
			}
			for c := range out {
				out[c] /= total
			}
		}
	}
	return r.dense(path+"/output", joined, width)
}

func (r reference) pool(states matrix) []float64 {
	pooled := r.dense("/pooler", states[:1], r.config.ModelDim)[0]
	for i, x := range pooled {
		pooled[i] = math.Tanh(x)
	}
	return pooled
}

// logits of the masked-LM head, [L][V].
func (r reference) logits(states matrix) matrix {
	x := r.norm("/masked_lm/norm", gelu(r.dense("/masked_lm", states, r.config.ModelDim)))
	y := make(matrix, len(x))
	for i := range x {
		y[i] = append(y[i], r.parameters["/masked_lm/output_bias"]...)
		for id := range y[i] {
			for k, value := range r.row("/embeddings/word", id) {
				y[i][id] += value * x[i][k]
			}
		}
	}
	return y
}

// loss is the mean of -log softmax(logits)[label].
func loss(logits matrix, labels []int32) float64 {
	mean := 0.0
	for i, row := range logits {
		total := 0.0
		for _, x := range row {
			total += math.Exp(x)
		}
		mean += (math.Log(total) - row[labels[i]]) / float64(len(logits))
	}
	return mean
}

func sum(x, y matrix) matrix {
	z := make(matrix, len(x))
	for i := range x {
		for j := range x[i] {
			z[i] = append(z[i], x[i][j]+y[i][j])
		}
	}
	return z
}

func gelu(x matrix) matrix {
	for _, row := range x {
		for i, a := range row {
			row[i] = a * (1 + math.Erf(a/math.Sqrt2)) / 2
		}
	}
	return x
}
