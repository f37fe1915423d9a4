package transformer_test

import (
	"math"

	"courselab/coursekit/position"
	"courselab/coursekit/transformer"
)

// This file is the Transformer written out in plain Go over float64, slowly, one row at a time, from the formulas of the
// lecture and the paper: nothing of it is shared with the package.

type matrix [][]float64 // [rows][columns]

// reference holds the parameters by the path of their variable.
type reference struct {
	config     transformer.Config
	parameters map[string][]float64
	rotary     bool // turn queries and keys
}

func (r reference) dense(path string, x matrix, out int) matrix {
	weights, bias := r.parameters[path+"/dense/weights"], r.parameters[path+"/dense/biases"]
	y := make(matrix, len(x))
	for row := range x {
		y[row] = make([]float64, out)
		for j := range out {
			for i, value := range x[row] {
				y[row][j] += value * weights[i*out+j]
			}
			if bias != nil {
				y[row][j] += bias[j]
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
			b := (a - mean) / math.Sqrt(variance+r.config.NormEpsilon) * gain[i]
			if offset != nil {
				b += offset[i]
			}
			y[row] = append(y[row], b)
		}
	}
	return y
}

// attention returns the output and the weights by head.
func (r reference) attention(path string, x, memory matrix, allowed func(query, key int) bool) (matrix, []matrix) {
	width, heads := r.config.ModelDim, r.config.Heads
	k := width / heads
	queries, keys, values := r.dense(path+"/query", x, width), r.dense(path+"/key", memory, width), r.dense(path+"/value", memory, width)
	if r.rotary {
		r.turn(queries)
		r.turn(keys)
	}
	joined := make(matrix, len(x))
	maps := make([]matrix, heads)
	for i := range x {
		joined[i] = make([]float64, width)
		for head := range heads {
			weights := make([]float64, len(memory))
			sum := 0.0
			for j := range memory {
				if !allowed(i, j) {
					continue
				}
				score := 0.0
				for c := head * k; c < (head+1)*k; c++ {
					score += queries[i][c] * keys[j][c]
				}
				weights[j] = math.Exp(score / math.Sqrt(float64(k)))
				sum += weights[j]
			}
			for j := range memory {
				weights[j] /= sum
				for c := head * k; c < (head+1)*k; c++ {
					joined[i][c] += weights[j] * values[j][c]
				}
			}
			maps[head] = append(maps[head], weights)
		}
	}
	return r.dense(path+"/output", joined, width), maps
}

// turn turns each pair of columns of each head as a complex number.
func (r reference) turn(x matrix) {
	k := r.config.ModelDim / r.config.Heads
	for position, row := range x {
		for i := 0; i < len(row); i += 2 {
			angle := float64(position) / math.Pow(r.config.PositionBase, float64(i%k)/float64(k))
			z := complex(row[i], row[i+1]) * complex(math.Cos(angle), math.Sin(angle))
			row[i], row[i+1] = real(z), imag(z)
		}
	}
}

func (r reference) feedForward(path string, x matrix) matrix {
	hidden := r.dense(path+"/hidden", x, r.config.FFDim)
	for _, row := range hidden {
		for i, a := range row {
			if r.config.Activation == transformer.GELU {
				row[i] = a * (1 + math.Erf(a/math.Sqrt2)) / 2
			} else {
				row[i] = math.Max(0, a)
			}
		}
	}
	return r.dense(path+"/output", hidden, r.config.ModelDim)
}

// residual is a sub-layer with what stands around it.
func (r reference) residual(path string, x matrix, f func(path string, x matrix) matrix) matrix {
	if r.config.Norm == transformer.PreLN {
		return add(x, f(path, r.norm(path+"/norm", x)))
	}
	return r.norm(path+"/norm", add(x, f(path, x)))
}

func (r reference) embed(side string, ids []int32, kind transformer.Positions) matrix {
	table := r.parameters["/"+side+"/embeddings"]
	width := r.config.ModelDim
	sines := position.Table(len(ids), width, r.config.PositionBase)
	x := make(matrix, len(ids))
	for k, id := range ids {
		for i := range width {
			a := table[int(id)*width+i]
			if r.config.ScaleEmbedding {
				a *= math.Sqrt(float64(width))
			}
			switch kind {
			case transformer.Sinusoidal:
				a += sines[k][i]
			case transformer.Learned:
				a += r.parameters["/"+side+"/positions"][k*width+i]
			}
			x[k] = append(x[k], a)
		}
	}
	return x
}

// run returns the logits and the last layer's maps from the decoder to the encoder, for one example.
func (r reference) run(source, target []int32) (logits matrix, cross []matrix) {
	pad := int32(r.config.Pad)
	visible := func(_, key int) bool { return source[key] != pad }
	x := r.embed("source", source, r.config.SourcePositions)
	for i := range r.config.EncoderLayers {
		layer := "/encoder/layer_" + string(rune('0'+i))
		x = r.residual(layer+"/self", x, func(path string, x matrix) matrix {
			y, _ := r.attention(path+"/attention", x, x, visible)
			return y
		})
		x = r.residual(layer+"/feed_forward", x, r.feedForward)
	}
	if r.config.Norm == transformer.PreLN {
		x = r.norm("/encoder/final_norm", x)
	}
	memory := x

	x = r.embed("target", target, r.config.TargetPositions)
	for i := range r.config.DecoderLayers {
		layer := "/decoder/layer_" + string(rune('0'+i))
		x = r.residual(layer+"/self", x, func(path string, x matrix) matrix {
			y, _ := r.attention(path+"/attention", x, x, func(query, key int) bool {
				return target[key] != pad && (!r.config.Causal || key <= query)
			})
			return y
		})
		x = r.residual(layer+"/cross", x, func(path string, x matrix) matrix {
			y, maps := r.attention(path+"/attention", x, memory, visible)
			cross = maps
			return y
		})
		x = r.residual(layer+"/feed_forward", x, r.feedForward)
	}
	if r.config.Norm == transformer.PreLN {
		x = r.norm("/decoder/final_norm", x)
	}
	return r.dense("/output", x, r.config.TargetVocab), cross
}

func add(x, y matrix) matrix {
	sum := make(matrix, len(x))
	for row := range x {
		for i := range x[row] {
			sum[row] = append(sum[row], x[row][i]+y[row][i])
		}
	}
	return sum
}
