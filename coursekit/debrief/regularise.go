package debrief

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"gonum.org/v1/gonum/mat"
)

// allRegularise trains a linear model until it no longer moves, in four ways, and compares the lengths of the weights.
func allRegularise(_ compute.Backend, seed int64) (finding, error) {
	const n, width, dropped, penalty = 30, 5, 0.3, 0.2
	r := random(seed, "regularise")
	x, y := mat.NewDense(n, width, nil), mat.NewVecDense(n, nil)
	for i := range n {
		for k := range width {
			x.Set(i, k, r.NormFloat64())
		}
		y.SetVec(i, x.At(i, 0)-2*x.At(i, 1)+r.NormFloat64())
	}
	var square mat.Dense // XᵀX/n
	square.Mul(x.T(), x)
	square.Scale(1./n, &square)
	var target mat.VecDense // Xᵀy/n
	target.MulVec(x.T(), y)
	target.ScaleVec(1./n, &target)

	xavier := make([]float64, width)
	for k := range xavier {
		xavier[k] = r.NormFloat64() * xavierDeviation(width, 1)
	}
	none := make([]float64, width)
	plain := settle(&square, &target, none, none)
	drawn := settle(&square, &target, none, xavier)
	ridge, inputs := make([]float64, width), make([]float64, width)
	for k := range width {
		ridge[k] = penalty
		// The mean of dropout's loss over its masks is the plain loss plus p/(1-p)·Σ w²·mean(x²)/2 (Wager et al. 2013).
		inputs[k] = dropped / (1 - dropped) * square.At(k, k)
	}
	withRidge, withDropout := settle(&square, &target, ridge, none), settle(&square, &target, inputs, none)

	shrinks := func(w []float64) float64 { return 1 - norm(w)/norm(plain) }
	const least = 0.01
	f := finding{
		claim:    "dropout, an L2 penalty and Xavier's initialisation each shrink the weights that training ends at by more than 1 %",
		contrast: "the list without Xavier's initialisation",
		met:      shrinks(withDropout) > least && shrinks(withRidge) > least && shrinks(drawn) > least,
	}
	f.contrastMet = shrinks(withDropout) > least && shrinks(withRidge) > least
	f.number("shrinkage by dropout, p = 0.3", shrinks(withDropout), "share")
	f.number("shrinkage by L2, λ = 0.2", shrinks(withRidge), "share")
	f.number("shrinkage by Xavier's initialisation", shrinks(drawn), "share")
	kept, blown := deepVariance(r, xavierDeviation(64, 64)), deepVariance(r, 2*xavierDeviation(64, 64))
	f.number("variance after 10 linear layers, Xavier", kept, "of the input's")
	f.number("variance after 10 linear layers, twice as wide", blown, "of the input's")
	f.text = fmt.Sprintf("A linear model's weights end %.0f %% shorter with dropout and %.0f %% with the penalty; from Xavier's start they end where they do from zero (%.1g %%). What it does: after 10 layers the variance is %.2g times that of the input, with weights twice as wide %.2g times.",
		100*shrinks(withDropout), 100*shrinks(withRidge), 100*math.Abs(shrinks(drawn)), kept, blown)
	return f, nil
}

// settle follows the gradient of wᵀ(XᵀX/n + diag(penalties))w/2 - wᵀXᵀy/n from a start until it has converged.
func settle(square *mat.Dense, target *mat.VecDense, penalties, start []float64) []float64 {
	w := append([]float64(nil), start...)
	for range 3000 {
		var slope mat.VecDense
		slope.MulVec(square, mat.NewVecDense(len(w), w))
		next := make([]float64, len(w))
		for k := range w {
			next[k] = w[k] - 0.1*(slope.AtVec(k)+penalties[k]*w[k]-target.AtVec(k))
		}
		w = next
	}
	return w
}

// xavierDeviation is √(2/(in+out)) (Glorot & Bengio 2010, equation 12, for a normal distribution).
func xavierDeviation(in, out int) float64 { return math.Sqrt(2 / float64(in+out)) }

// deepVariance is the variance of what comes out of 10 linear layers of width 64, relative to that of the input.
func deepVariance(r *rand.Rand, deviation float64) float64 {
	const width, layers = 64, 10
	x := normals(r, width)
	_, before := moments(x)
	for range layers {
		next := make([]float64, width)
		for j := range next {
			for i := range x {
				next[j] += x[i] * deviation * r.NormFloat64()
			}
		}
		x = next
	}
	_, after := moments(x)
	return after / before
}
