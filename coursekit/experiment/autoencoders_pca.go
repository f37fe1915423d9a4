package experiment

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// pca is a mean and the directions of the largest variances.
type pca struct {
	mean       []float64
	components *mat.Dense // [F, K], columns of length 1, the largest variance first
}

// principalComponents finds the first k of rows [N][F].
func principalComponents(rows [][]float32, k int) (pca, error) {
	n, width := len(rows), len(rows[0])
	p := pca{mean: make([]float64, width)}
	for _, row := range rows {
		for j, v := range row {
			p.mean[j] += float64(v) / float64(n)
		}
	}
	centred := p.centred(rows)
	var covariance mat.SymDense
	covariance.SymOuterK(1/float64(n), centred.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&covariance, true) {
		return p, fmt.Errorf("the eigenvalues of the covariance of %d images were not found", n)
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors) // in ascending order
	p.components = mat.NewDense(width, k, nil)
	for i := range k {
		p.components.SetCol(i, mat.Col(nil, width-1-i, &vectors))
	}
	return p, nil
}

func (p pca) centred(rows [][]float32) *mat.Dense {
	centred := mat.NewDense(len(rows), len(p.mean), nil)
	for i, row := range rows {
		to := centred.RawRowView(i)
		for j, v := range row {
			to[j] = float64(v) - p.mean[j]
		}
	}
	return centred
}

// encode returns the first k coordinates, [N][k].
func (p pca) encode(rows [][]float32, k int) [][]float32 {
	var codes mat.Dense
	codes.Mul(p.centred(rows), p.components.Slice(0, len(p.mean), 0, k))
	result := make([][]float32, len(rows))
	for i := range result {
		result[i] = make([]float32, k)
		for j, v := range codes.RawRowView(i) {
			result[i][j] = float32(v)
		}
	}
	return result
}

// decode is the inverse of encode on the space of the components.
func (p pca) decode(codes [][]float32) [][]float32 {
	result := make([][]float32, len(codes))
	for i, code := range codes {
		result[i] = make([]float32, len(p.mean))
		for j := range result[i] {
			v := p.mean[j]
			for k, x := range code {
				v += float64(x) * p.components.At(j, k)
			}
			result[i][j] = float32(v)
		}
	}
	return result
}

// reconstructionError is the squared error of rows made again from k coordinates, a row. By Pythagoras, it is what the
// coordinates do not have of the squared distance from the mean.
func (p pca) reconstructionError(rows [][]float32, k int) float64 {
	total := 0.0
	centred := p.centred(rows)
	for _, v := range centred.RawMatrix().Data {
		total += v * v
	}
	if k > 0 {
		for _, code := range p.encode(rows, k) {
			for _, v := range code {
				total -= float64(v) * float64(v)
			}
		}
	}
	return total / float64(len(rows))
}
