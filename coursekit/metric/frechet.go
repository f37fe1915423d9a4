package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// FrechetDistance compares two samples by the normal distributions of their mean and covariance: the squared Wasserstein-2
// distance
//
//	|μ_a - μ_b|² + tr(C_a + C_b - 2·(C_a·C_b)^½)
//
// in squared units of the features, at least 0. On the features of Inception-v3 it is the FID; on other features the numbers
// cannot be compared with published ones. a is [N][F], b is [M][F]; covariances divide by N-1, as FID's code does.
//
// Of finite samples of one distribution the distance is above 0, the more so the fewer they are, so that a number means little
// without that of two real samples of the same size. Fewer examples than features make a singular covariance, which is fine
// here.
//
// It returns an error if a sample has fewer than two rows, rows of different widths or an entry that is not finite.
// Sources: Dowson & Landau 1982, equation 16; Heusel et al. 2017, "GANs trained by a two time-scale update rule", equation 6.
func FrechetDistance[T Float](a, b [][]T) (float64, error) {
	var means [2][]float64
	var covariances [2]*mat.SymDense
	for i, sample := range [...][][]T{a, b} {
		name := [...]string{"the first sample", "the second sample"}[i]
		x, err := matrix(name, sample)
		if err != nil {
			return 0, err
		}
		n, width := x.Dims()
		if n < 2 {
			return 0, fmt.Errorf("metric: %s: %d row has no covariance, must be at least 2", name, n)
		}
		means[i] = make([]float64, width)
		for j := range width {
			means[i][j] = stat.Mean(mat.Col(nil, j, x), nil)
		}
		covariances[i] = mat.NewSymDense(width, nil)
		stat.CovarianceMatrix(covariances[i], x, nil)
	}
	return FrechetGaussian(means[0], covariances[0], means[1], covariances[1])
}

// FrechetGaussian is [FrechetDistance] of two normal distributions with the given means [F] and covariances [F, F], which must
// be positive semidefinite.
//
// It returns an error if the shapes differ, or the eigenvalues cannot be found (an entry that is not finite).
func FrechetGaussian(meanA []float64, covarianceA mat.Symmetric, meanB []float64, covarianceB mat.Symmetric) (float64, error) {
	n := len(meanA)
	if n == 0 || len(meanB) != n || covarianceA.SymmetricDim() != n || covarianceB.SymmetricDim() != n {
		return 0, fmt.Errorf("metric: means of %d and %d entries with covariances of %d and %d rows, must all be the same",
			n, len(meanB), covarianceA.SymmetricDim(), covarianceB.SymmetricDim())
	}
	// (A·B)^½ has the trace of (A^½·B·A^½)^½, whose argument is symmetric, so that its root is the root of its eigenvalues.
	root, err := symmetricRoot(covarianceA)
	if err != nil {
		return 0, err
	}
	var half, product mat.Dense
	half.Mul(root, covarianceB)
	product.Mul(&half, root)
	values, _, err := eigen(symmetrize(&product), false)
	if err != nil {
		return 0, err
	}
	distance := mat.Trace(covarianceA) + mat.Trace(covarianceB)
	for _, value := range values {
		distance -= 2 * math.Sqrt(value)
	}
	for i, m := range meanA {
		distance += (m - meanB[i]) * (m - meanB[i])
	}
	return math.Max(distance, 0), nil
}

// symmetricRoot is R with R·R = a, symmetric and positive semidefinite.
func symmetricRoot(a mat.Symmetric) (*mat.Dense, error) {
	values, vectors, err := eigen(a, true)
	if err != nil {
		return nil, err
	}
	var scaled, root mat.Dense
	scaled.Apply(func(_, j int, x float64) float64 { return x * math.Sqrt(values[j]) }, vectors)
	root.Mul(&scaled, vectors.T())
	return &root, nil
}

// eigen returns the eigenvalues of a positive semidefinite matrix, those that are rounding errors as 0.
func eigen(a mat.Symmetric, withVectors bool) ([]float64, *mat.Dense, error) {
	var factors mat.EigenSym
	if !factors.Factorize(a, withVectors) {
		return nil, nil, fmt.Errorf("metric: no eigenvalues were found for a covariance of %d rows", a.SymmetricDim())
	}
	values := factors.Values(nil) // ascending
	largest := math.Max(values[len(values)-1], -values[0])
	if math.IsNaN(largest) || math.IsInf(largest, 0) {
		return nil, nil, fmt.Errorf("metric: a covariance of %d rows has the eigenvalue %g", a.SymmetricDim(), largest)
	}
	noise := largest * float64(len(values)) * 0x1p-52
	for i, value := range values {
		if value < -1e4*noise {
			return nil, nil, fmt.Errorf("metric: a covariance has the eigenvalue %g, must not be negative", value)
		}
		if value < noise {
			values[i] = 0
		}
	}
	if !withVectors {
		return values, nil, nil
	}
	var vectors mat.Dense
	factors.VectorsTo(&vectors)
	return values, &vectors, nil
}

func symmetrize(a *mat.Dense) *mat.SymDense {
	n, _ := a.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	return s
}
