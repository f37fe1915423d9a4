package metric

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Probe is a linear classifier on fixed features: what it gets right is what can be read off them by one matrix. Fit it with
// FitRidge or FitLogistic on some examples and score it on others. It does not change once made.
//
// Source: Alain & Bengio 2016, "Understanding intermediate layers using linear classifier probes".
type Probe struct {
	weights *mat.Dense // [F, C]
	bias    []float64  // [C]
}

// FitRidge fits the probe by least squares: it minimises Σ |x·W + b - onehot(label)|² + penalty·|W|² over the examples, b not
// penalised. There is one minimum and a closed form for it, so that nothing is to tune but the penalty, which is in squared units
// of the features, summed over the examples.
//
// features are [N][F], labels [N] in [0, classes). The cost grows as the cube of the lesser of N and F. It returns an error if the
// numbers differ, a label is out of range, the penalty is not more than 0, or a feature is not finite.
//
// Source: Hoerl & Kennard 1970, "Ridge regression", equation 2.1.
func FitRidge[T Float, L Class](features [][]T, labels []L, classes int, penalty float64) (*Probe, error) {
	x, y, err := probeData(features, labels, classes, penalty)
	if err != nil {
		return nil, err
	}
	n, width := x.Dims()
	meanX, meanY := columnMeans(x), columnMeans(y)
	shift(x, meanX)
	shift(y, meanY)

	// W = (XᵀX + λ)⁻¹·Xᵀ·Y = Xᵀ·(X·Xᵀ + λ)⁻¹·Y: the smaller system of the two.
	wide := width > n
	gram := mat.NewSymDense(min(n, width), nil)
	right := y
	if wide {
		gram.SymOuterK(1, x)
	} else {
		gram.SymOuterK(1, x.T())
		right = new(mat.Dense)
		right.Mul(x.T(), y)
	}
	for i := range gram.SymmetricDim() {
		gram.SetSym(i, i, gram.At(i, i)+penalty)
	}
	var factors mat.Cholesky
	var weights mat.Dense
	if !factors.Factorize(gram) {
		return nil, fmt.Errorf("metric: the ridge with penalty %g is not solvable: use a larger one", penalty)
	}
	if err := factors.SolveTo(&weights, right); err != nil {
		return nil, fmt.Errorf("metric: the ridge with penalty %g is not solvable, use a larger one: %w", penalty, err)
	}
	if wide {
		var back mat.Dense
		back.Mul(x.T(), &weights)
		weights = back
	}
	bias := meanY
	for j := range bias {
		for i, m := range meanX {
			bias[j] -= m * weights.At(i, j)
		}
	}
	return &Probe{&weights, bias}, nil
}

// FitLogistic fits the probe by multinomial logistic regression: it minimises the mean of -log softmax(x·W + b)[label], in nats,
// plus ½·penalty·|W|², b not penalised, to a gradient below 1e-6 an entry or 500 iterations of L-BFGS, whichever is first. With
// features of very different scales, standardise them before.
//
// Arguments and errors as FitRidge, and an error if the minimum is not found.
func FitLogistic[T Float, L Class](features [][]T, labels []L, classes int, penalty float64) (*Probe, error) {
	x, y, err := probeData(features, labels, classes, penalty)
	if err != nil {
		return nil, err
	}
	n, width := x.Dims()
	split := func(p []float64) (*mat.Dense, []float64) {
		return mat.NewDense(width, classes, p[:width*classes]), p[width*classes:]
	}
	// residuals are softmax - onehot [N, C]; the loss is the mean over the examples.
	residuals := func(p []float64) (scores *mat.Dense, loss float64) {
		weights, bias := split(p)
		scores = new(mat.Dense)
		scores.Mul(x, weights)
		for i := range n {
			row, hot := scores.RawRowView(i), y.RawRowView(i)
			floats.Add(row, bias)
			total := floats.LogSumExp(row)
			loss += total - floats.Dot(row, hot)
			for j := range row {
				row[j] = math.Exp(row[j]-total) - hot[j]
			}
		}
		norm := floats.Norm(p[:width*classes], 2)
		return scores, loss/float64(n) + penalty/2*norm*norm
	}
	problem := optimize.Problem{
		Func: func(p []float64) float64 { _, loss := residuals(p); return loss },
		Grad: func(gradient, p []float64) {
			scores, _ := residuals(p)
			dWeights, dBias := split(gradient)
			dWeights.Mul(x.T(), scores)
			floats.Scale(1/float64(n), gradient[:width*classes])
			floats.AddScaled(gradient[:width*classes], penalty, p[:width*classes])
			copy(dBias, columnMeans(scores))
		},
	}
	settings := &optimize.Settings{GradientThreshold: 1e-6, MajorIterations: 500}
	found, err := optimize.Minimize(problem, make([]float64, (width+1)*classes), settings, &optimize.LBFGS{})
	if found == nil || err != nil && !isFinite(found.F) {
		return nil, fmt.Errorf("metric: the logistic regression with penalty %g has no minimum: standardise the features, or use a larger one: %w", penalty, err)
	}
	weights, bias := split(found.X)
	return &Probe{weights, bias}, nil
}

// Predict returns the most likely class of each example [N][F]: [N]. It returns an error if the width is not that of the probe.
func Predict[T Float](p *Probe, features [][]T) ([]int, error) {
	x, err := matrix("features", features)
	if err != nil {
		return nil, err
	}
	if _, width := x.Dims(); width != p.weights.RawMatrix().Rows {
		return nil, fmt.Errorf("metric: features of %d entries for a probe of %d", width, p.weights.RawMatrix().Rows)
	}
	var scores mat.Dense
	scores.Mul(x, p.weights)
	classes := make([]int, len(features))
	for i := range classes {
		row := scores.RawRowView(i)
		floats.Add(row, p.bias)
		classes[i] = floats.MaxIdx(row)
	}
	return classes, nil
}

// ProbeAccuracy is the share of examples [N][F] whose class the probe predicts, in [0, 1]. Errors as Predict and Accuracy.
func ProbeAccuracy[T Float, L Class](p *Probe, features [][]T, labels []L) (float64, error) {
	predictions, err := Predict(p, features)
	if err != nil {
		return 0, err
	}
	want := make([]int, len(labels))
	for i, label := range labels {
		want[i] = int(label)
	}
	return Accuracy(predictions, want)
}

// probeData returns features [N, F] and one-hot labels [N, C].
func probeData[T Float, L Class](features [][]T, labels []L, classes int, penalty float64) (x, y *mat.Dense, err error) {
	if x, err = matrix("features", features); err != nil {
		return nil, nil, err
	}
	if len(labels) != len(features) {
		return nil, nil, fmt.Errorf("metric: %d labels for %d examples", len(labels), len(features))
	}
	if classes < 2 || !(penalty > 0) || math.IsInf(penalty, 1) {
		return nil, nil, fmt.Errorf("metric: a probe of %d classes with penalty %g, must be at least 2 and finite and more than 0", classes, penalty)
	}
	y = mat.NewDense(len(labels), classes, nil)
	for i, label := range labels {
		if label < 0 || int(label) >= classes {
			return nil, nil, fmt.Errorf("metric: label %d is %d, must be in [0, %d)", i, label, classes)
		}
		y.Set(i, int(label), 1)
	}
	return x, y, nil
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
