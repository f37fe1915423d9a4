package vae_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"courselab/coursekit/backend/backendtest"
	"courselab/coursekit/gradcheck"
	"courselab/coursekit/vae"
)

// normal returns a tensor of float64 drawn from a standard normal distribution.
func normal(seed uint64, dims ...int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, 17))
	size := 1
	for _, d := range dims {
		size *= d
	}
	flat := make([]float64, size)
	for i := range flat {
		flat[i] = r.NormFloat64()
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...)
}

// uniform returns a tensor of float64 in [0, 1).
func uniform(seed uint64, dims ...int) *tensors.Tensor {
	t := normal(seed, dims...)
	flat := tensors.MustCopyFlatData[float64](t)
	for i, x := range flat {
		flat[i] = 0.5 * math.Erfc(x)
	}
	return tensors.FromFlatDataAndDimensions(flat, dims...)
}

// evaluate runs a graph function once.
func evaluate(t *testing.T, b compute.Backend, f func(x []*graph.Node) *graph.Node, inputs ...any) *tensors.Tensor {
	t.Helper()
	out, err := graph.CallOnce(b, f, inputs...)
	require.NoError(t, err)
	return out
}

// call is evaluate, and the value as slices.
func call(t *testing.T, b compute.Backend, f func(x []*graph.Node) *graph.Node, inputs ...any) any {
	t.Helper()
	return evaluate(t, b, f, inputs...).Value()
}

func klPerDimension(x []*graph.Node) *graph.Node { return vae.KLPerDimension(x[0], x[1]) }
func kl(x []*graph.Node) *graph.Node             { return vae.KL(x[0], x[1]) }
func bernoulli(x []*graph.Node) *graph.Node      { return vae.BernoulliLogLikelihood(x[0], x[1]) }
func sample(x []*graph.Node) *graph.Node         { return vae.Reparameterise(x[0], x[1], x[2]) }

// Four posteriors whose divergence was worked out by hand: ½(μ² + σ² - 1) - log σ.
var (
	mus    = []float64{0, 1, 0, 2}
	sigmas = []float64{1, 1, .5, .1}
	klHand = []float64{0, .5, .3181, 3.8076}
)

func logVars() []float64 {
	v := make([]float64, len(sigmas))
	for i, s := range sigmas {
		v[i] = 2 * math.Log(s)
	}
	return v
}

func TestKLByHand(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		got := call(t, b, klPerDimension, [][]float64{mus}, [][]float64{logVars()}).([][]float64)[0]
		assert.InDeltaSlice(t, klHand, got, 5e-5)
		assert.Equal(t, 0.0, got[0])
		total := call(t, b, kl, [][]float64{mus}, [][]float64{logVars()}).([]float64)
		assert.InDelta(t, got[0]+got[1]+got[2]+got[3], total[0], 1e-12, "summed over Z, not averaged")
	})
}

// KL is the mean of log q(z) - log p(z) over samples of q, which Reparameterise makes.
func TestKLByMonteCarlo(t *testing.T) {
	const samples = 50_000
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		repeat := func(row []float64) *tensors.Tensor {
			var flat []float64
			for range samples {
				flat = append(flat, row...)
			}
			return tensors.FromFlatDataAndDimensions(flat, samples, len(row))
		}
		z := call(t, b, sample, repeat(mus), repeat(logVars()), normal(3, samples, len(mus))).([][]float64)
		closed := call(t, b, klPerDimension, [][]float64{mus}, [][]float64{logVars()}).([][]float64)[0]
		for k := range mus {
			var sum, squares float64
			for _, row := range z {
				e := (row[k] - mus[k]) / sigmas[k]
				x := row[k]*row[k]/2 - e*e/2 - math.Log(sigmas[k]) // log q - log p
				sum, squares = sum+x, squares+x*x
			}
			mean := sum / samples
			deviation := math.Sqrt(max(squares/samples-mean*mean, 0) / samples)
			assert.InDelta(t, closed[k], mean, 5*deviation+1e-12, "N(%g, %g²)", mus[k], sigmas[k])
		}
	})
}

// KL is never negative, and keeps its digits near the prior: for σ² = 1+δ it is about δ²/4.
func TestKLNearThePrior(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		values := tensors.MustCopyFlatData[float64](evaluate(t, b, klPerDimension, normal(5, 101, 7), normal(6, 101, 7)))
		for _, x := range values {
			require.GreaterOrEqual(t, x, 0.0)
		}
		got := call(t, b, klPerDimension, [][]float64{{0, 0}}, [][]float64{{1e-6, -1e-4}}).([][]float64)[0]
		assert.InEpsilon(t, 2.5e-13, got[0], 1e-3)
		assert.InEpsilon(t, 2.5e-9, got[1], 1e-3)
	})
}

// "Is it a function?" Given the noise, yes: same in, same out, to the bit; with other noise, something else; with none, μ.
func TestGivenTheNoiseItIsAFunction(t *testing.T) {
	const batch, latent = 5, 7
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		mu, logVar, noise := normal(1, batch, latent), normal(2, batch, latent), normal(3, batch, latent)
		z := call(t, b, sample, mu, logVar, noise)
		assert.Equal(t, z, call(t, b, sample, mu, logVar, noise))
		assert.NotEqual(t, z, call(t, b, sample, mu, logVar, normal(4, batch, latent)))
		assert.Equal(t, mu.Value(), call(t, b, sample, mu, logVar, tensors.FromFlatDataAndDimensions(make([]float64, batch*latent), batch, latent)))
		m, v, e := mu.Value().([][]float64), logVar.Value().([][]float64), noise.Value().([][]float64)
		for i, row := range z.([][]float64) {
			for k, x := range row {
				require.InDelta(t, m[i][k]+math.Sqrt(math.Exp(v[i][k]))*e[i][k], x, 1e-12)
			}
		}
	})
}

func TestLikelihoodsAgainstPlainGo(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		x, y := uniform(1, 3, 5, 7, 2), normal(2, 3, 5, 7, 2)
		fx, fy := tensors.MustCopyFlatData[float64](x), tensors.MustCopyFlatData[float64](y)
		likelihood, squares := make([]float64, 3), make([]float64, 3)
		for i := range fx {
			p := 1 / (1 + math.Exp(-fy[i]))
			likelihood[i/70] += fx[i]*math.Log(p) + (1-fx[i])*math.Log(1-p)
			squares[i/70] += (fx[i] - fy[i]) * (fx[i] - fy[i])
		}
		assert.InDeltaSlice(t, likelihood, call(t, b, bernoulli, x, y), 1e-10)
		got := call(t, b, func(x []*graph.Node) *graph.Node { return vae.SquaredError(x[0], x[1]) }, x, y)
		assert.InDeltaSlice(t, squares, got, 1e-10, "summed, not averaged")
	})
}

// Logits of any size give finite float32 values, and the gradient x - sigmoid(logit), also at 0, where there is a kink in
// the parts. The plain formula, the negative control, gives infinities.
func TestBernoulliIsStable(t *testing.T) {
	x := [][]float32{{1}, {0}, {1}, {0}, {1}, {0}, {.25}}
	logits := [][]float32{{1000}, {1000}, {-1000}, {-1000}, {0}, {-20}, {0}}
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		want := []float64{0, -1000, -1000, 0, -math.Ln2, -math.Log1p(math.Exp(-20)), -math.Ln2}
		got := call(t, b, bernoulli, x, logits).([]float32)
		for i := range want {
			assert.InDelta(t, want[i], got[i], 1e-7+1e-6*math.Abs(want[i]))
		}
		assert.InEpsilon(t, want[5], got[5], 1e-5, "the digits of a small loss are kept")
		gradient := call(t, b, func(x []*graph.Node) *graph.Node {
			return graph.Gradient(graph.ReduceAllSum(bernoulli(x)), x[1])[0]
		}, x, logits).([][]float32)
		for i, want := range []float64{0, -1, 1, 0, .5, -1 / (1 + math.Exp(20)), -.25} {
			assert.InDelta(t, want, gradient[i][0], 1e-7, "logit %g", logits[i][0])
		}
		naive := call(t, b, func(x []*graph.Node) *graph.Node {
			return graph.Mul(graph.OneMinus(x[0]), graph.Log(graph.OneMinus(graph.Sigmoid(x[1]))))
		}, x, logits).([][]float32)
		assert.True(t, math.IsInf(float64(naive[1][0]), -1), "log(1-sigmoid(1000)) is %g", naive[1][0])
	})
}

func TestGradients(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		mu, logVar, noise := normal(1, 3, 5), normal(2, 3, 5), normal(3, 3, 5)
		gradcheck.Check(t, b, sample, mu, logVar, noise)
		gradcheck.Check(t, b, func(x []*graph.Node) *graph.Node { return graph.Tanh(sample(x)) }, mu, logVar, noise)
		gradcheck.Check(t, b, kl, mu, logVar)
		gradcheck.Check(t, b, bernoulli, uniform(4, 3, 5), logVar)
		gradcheck.Check(t, b, func(x []*graph.Node) *graph.Node { return vae.SquaredError(x[0], x[1]) }, mu, logVar)

		// Negative control: a sample that stops the gradient of σ, as drawing z instead of the noise would.
		stopped := func(x []*graph.Node) *graph.Node {
			return vae.Reparameterise(x[0], graph.StopGradient(x[1]), x[2])
		}
		assert.ErrorContains(t, gradcheck.DefaultConfig().Compare(b, stopped, mu, logVar, noise), "input 1")
	})
}

// beta weighs KL's gradient; beta 0 has none of it, even where KL is infinite.
func TestBeta(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		mu, logVar, likelihood := normal(1, 3, 5), normal(2, 3, 5), normal(3, 3)
		gradient := func(beta float64) []float64 {
			out := evaluate(t, b, func(x []*graph.Node) *graph.Node {
				elbo := vae.ELBO(graph.Add(x[2], graph.ReduceSum(graph.MulScalar(x[0], 1e-30), 1)), vae.KL(x[0], x[1]), beta)
				return graph.Gradient(graph.ReduceAllSum(elbo), x[0])[0]
			}, mu, logVar, likelihood)
			return tensors.MustCopyFlatData[float64](out)
		}
		none, one, fifth := gradient(0), gradient(1), gradient(.2)
		for i, m := range tensors.MustCopyFlatData[float64](mu) {
			require.InDelta(t, 0, none[i], 1e-29)
			require.InDelta(t, -m, one[i], 1e-12)
			require.InDelta(t, -.2*m, fifth[i], 1e-12)
		}
		elbo := func(beta float64, kl []float64) any {
			return call(t, b, func(x []*graph.Node) *graph.Node {
				both := graph.Concatenate([]*graph.Node{vae.ELBO(x[0], x[1], beta), x[1]}, 0)
				return graph.Slice(both, graph.AxisRange(0, 2)) // the Go backend fails on inputs that nothing uses
			}, []float64{-7, -5}, kl)
		}
		assert.Equal(t, []float64{-13, -5.5}, elbo(2, []float64{3, .25}))
		assert.Equal(t, []float64{-7, -5}, elbo(0, []float64{3, math.Inf(1)}))
	})
}

// The trap: KL averaged over Z latent dimensions is the ELBO of beta = 1/Z, not that of beta = 1.
func TestMeanOverLatentIsAnotherBeta(t *testing.T) {
	const latent = 5
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		mu, logVar, likelihood := normal(1, 3, latent), normal(2, 3, latent), normal(3, 3)
		run := func(f func(l, mu, logVar *graph.Node) *graph.Node) any {
			return call(t, b, func(x []*graph.Node) *graph.Node { return f(x[2], x[0], x[1]) }, mu, logVar, likelihood)
		}
		averaged := run(func(l, mu, logVar *graph.Node) *graph.Node {
			return graph.Sub(l, graph.ReduceMean(vae.KLPerDimension(mu, logVar), -1))
		})
		beta := func(beta float64) any {
			return run(func(l, mu, logVar *graph.Node) *graph.Node { return vae.ELBO(l, vae.KL(mu, logVar), beta) })
		}
		assert.InDeltaSlice(t, beta(1./latent), averaged, 1e-12)
		for i, right := range beta(1).([]float64) {
			assert.Less(t, right, averaged.([]float64)[i]-.5)
		}
	})
}

func TestPanicsNameTheShapes(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, b compute.Backend) {
		a, c := normal(1, 3, 5), normal(2, 3, 7)
		for want, run := range map[string]func(x []*graph.Node) *graph.Node{
			"mu (Float64)[3, 5] and logVar (Float64)[3, 7] must both be [B, Z]": kl,
			"the noise (Float64)[3, 7] must have the shape of mu (Float64)[3, 5]": func(x []*graph.Node) *graph.Node {
				return vae.Reparameterise(x[0], x[0], x[1])
			},
			"the examples (Float64)[3, 5] and their reconstructions (Float64)[3, 7]": bernoulli,
			"the log-likelihood (Float64)[3, 5] and the KL (Float64)[3] must both be [B]": func(x []*graph.Node) *graph.Node {
				return vae.ELBO(x[0], vae.KL(x[0], x[0]), 1)
			},
			"beta is -1, must be at least 0": func(x []*graph.Node) *graph.Node {
				l := vae.KL(x[0], x[0])
				return vae.ELBO(l, l, -1)
			},
		} {
			_, err := graph.CallOnce(b, run, a, c)
			assert.ErrorContains(t, err, want)
		}
	})
}
