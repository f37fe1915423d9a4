package debrief

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/attention"
	"courselab/coursekit/position"
	"courselab/coursekit/transformer"
	"courselab/coursekit/vae"
	"courselab/coursekit/worked"
)

// argminNotMin looks for the slope of a line on a grid.
func argminNotMin(_ compute.Backend, seed int64) (finding, error) {
	const n = 30
	r := random(seed, "line")
	x, noise := normals(r, n), normals(r, n)
	loss := func(slope float64) float64 {
		sum := 0.0
		for i := range x {
			d := slope*x[i] - (3*x[i] + 0.3*noise[i])
			sum += d * d / n
		}
		return sum
	}
	least, at := math.Inf(1), 0.0
	for k := range 1001 {
		slope := float64(k) / 100 // 0 to 10
		if l := loss(slope); l < least {
			least, at = l, slope
		}
	}
	f := finding{
		claim:    "used as the parameter, argmin gives the smallest loss on the grid",
		contrast: "the minimum itself, used as the parameter",
		met:      loss(at) == least, contrastMet: loss(least) == least,
	}
	f.number("min, a loss", least, "mean square")
	f.number("argmin, a parameter", at, "slope")
	f.number("loss at argmin", loss(at), "mean square")
	f.number("loss at min", loss(least), "mean square")
	f.text = fmt.Sprintf("The smallest loss is %.3f, and it lies at the slope %.2f (true: 3). A line of slope %.3f has a loss of %.2f.", least, at, least, loss(least))
	return f, nil
}

func headsAddedAfterOutput(b compute.Backend, seed int64) (finding, error) {
	const length, heads, width = 5, 3, 4 // of a head
	const dim = heads * width
	r := random(seed, "heads")
	out, err := run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		h, output := in[0], in[1]                                                      // [1, H, L, K], [D, D]
		mixed := graph.MatMul(graph.Reshape(attention.MergeHeads(h), -1, dim), output) // [L, D]
		parts := graph.Reshape(output, heads, width, dim)                              // rows of W_O by head
		added := graph.Reshape(graph.Einsum("bhlk,hkd->bld", h, parts), -1, dim)
		alike := graph.MatMul(graph.Reshape(graph.ReduceSum(h, 1), -1, width), graph.Reshape(graph.SliceAxis(parts, 0, graph.AxisElem(0)), width, dim))
		apart := func(x *graph.Node) *graph.Node { return graph.ReduceAllMax(graph.Abs(graph.Sub(x, mixed))) }
		return []*graph.Node{apart(added), apart(alike)}
	}, tensor(normals(r, heads*length*width), 1, heads, length, width), tensor(normals(r, dim*dim), dim, dim))
	if err != nil {
		return finding{}, err
	}
	after, before := out[0][0], out[1][0]
	f := finding{
		claim:    "the sum of the heads, each times its rows of W_O, equals the concatenated heads times W_O",
		contrast: "the heads added first, then multiplied by a matrix",
		met:      after < 1e-12, contrastMet: before < 1e-12,
	}
	f.number("Σ head·W_O,i against concat·W_O", after, "1")
	f.number("(Σ head)·W_O,1 against concat·W_O", before, "1")
	f.text = fmt.Sprintf("Adding after W_O is the same as mixing the concatenation, to %.1g; adding the heads first is off by %.2g.", after, before)
	return f, nil
}

func nearnessEnds(_ compute.Backend, _ int64) (finding, error) {
	falls := func(dim int, base float64, until int) (at int, distances []float64) {
		_, distances = position.Similarity(position.Table(until, dim, base))
		for at = 1; at < until && distances[at] > distances[at-1]; at++ {
		}
		return at - 1, distances
	}
	p := worked.Positions
	last, distances := falls(p.Dim, p.Base, len(p.Dots))
	early, _ := falls(p.Dim, p.Base, 4)
	f := finding{
		claim:    "up to position 7, the distance from position 0 does not always grow",
		contrast: "up to position 3, the end of the slide's table",
		met:      last < len(p.Dots)-1, contrastMet: early < 3,
	}
	for k := 1; k < len(distances); k++ {
		f.number(fmt.Sprintf("distance of positions 0 and %d", k), distances[k], "1")
	}
	f.text = fmt.Sprintf("The distances from position 0 grow up to position %d. Then they fall: position 6 is at %.3f, position 1 at %.3f.", last, distances[6], distances[1])
	return f, nil
}

// biasNeedsMatrices compares the weights that positions alone give to a neighbour and to the others.
func biasNeedsMatrices(_ compute.Backend, seed int64) (finding, error) {
	const length, dim, trials = 12, 16, 40
	table := position.Table(length, dim, 100)
	r := random(seed, "matrices")
	// How much more weight a neighbour gets than another position, on average over all queries.
	advantage := func(query, key []float64) float64 {
		project := func(p, matrix []float64) []float64 {
			if matrix == nil {
				return p
			}
			out := make([]float64, dim)
			for j := range out {
				for i := range p {
					out[j] += p[i] * matrix[i*dim+j]
				}
			}
			return out
		}
		near, far, nears, fars := 0.0, 0.0, 0, 0
		for i := range length {
			scores := make([]float64, length)
			for j := range scores {
				scores[j] = dot(project(table[i], query), project(table[j], key)) / math.Sqrt(dim)
			}
			for j, weight := range softmax(scores) {
				switch max(i-j, j-i) {
				case 0: // itself
				case 1:
					near, nears = near+weight, nears+1
				default:
					far, fars = far+weight, fars+1
				}
			}
		}
		return near/float64(nears) - far/float64(fars)
	}
	positive := 0
	for range trials {
		query, key := normals(r, dim*dim), normals(r, dim*dim)
		for i := range query {
			query[i], key[i] = query[i]/math.Sqrt(dim), key[i]/math.Sqrt(dim)
		}
		if advantage(query, key) > 0 {
			positive++
		}
	}
	share, kept := float64(positive)/trials, advantage(nil, nil)
	f := finding{
		claim:    "with random W_Q and W_K, neighbours get more weight than other positions in fewer than nine of ten cases",
		contrast: "W_Q and W_K that leave the encodings as they are",
		met:      share < 0.9, contrastMet: kept <= 0,
	}
	f.number("random matrices in which neighbours get more", share, "share of 40")
	f.number("advantage of a neighbour, W_Q = W_K = 1", kept, "probability")
	f.text = fmt.Sprintf("Of %d random pairs of W_Q and W_K, %d favour neighbours: by chance. With the identity, a neighbour gets %.3f more weight than another position.", trials, positive, kept)
	return f, nil
}

func epsilonNeeded(b compute.Backend, seed int64) (finding, error) {
	equal := tensor([]float64{3, 3, 3, 3, 1, 2, 3, 4}, 2, 4)
	out, err := run(b, seed, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		config := transformer.DefaultConfig()
		config.NormEpsilon = 1e-12
		mean := graph.ReduceAndKeep(in[0], graph.ReduceMean, -1)
		deviation := graph.Sqrt(graph.ReduceAndKeep(graph.Square(graph.Sub(in[0], mean)), graph.ReduceMean, -1))
		bare := graph.Div(graph.Sub(in[0], mean), deviation) // the slide's σ
		normed := transformer.LayerNorm(scope.In("norm"), config, in[0])
		gain := scope.Store().GetVariable("/norm/layer_normalization/gain").NodeValue(in[0].Graph())
		offset := scope.Store().GetVariable("/norm/layer_normalization/offset").NodeValue(in[0].Graph())
		back := func(row *graph.Node) *graph.Node { return graph.BroadcastToDims(graph.InsertAxes(row, 0), 2, 4) }
		return []*graph.Node{graph.Div(graph.Sub(normed, back(offset)), back(gain)), bare}
	}, equal)
	if err != nil {
		return finding{}, err
	}
	finite := func(values []float64) bool {
		for _, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
		}
		return true
	}
	apart := farthest(out[0][4:], worked.LayerNorm.Output[:])
	f := finding{
		claim:    "the layer gives finite numbers where all activations are equal, and the lecture's on 1, 2, 3, 4",
		contrast: "the slide's σ, without ε",
		met:      finite(out[0]) && apart < 1e-6, contrastMet: finite(out[1]),
	}
	f.number("normalised 3 of [3 3 3 3], with ε", out[0][0], "1")
	f.number("difference on [1 2 3 4]", apart, "1")
	f.text = fmt.Sprintf("Of [3 3 3 3] the layer with ε makes %g, without it %g; on [1 2 3 4] the ε of 1e-12 moves nothing (%.1g).", math.Abs(out[0][0]), out[1][0], apart)
	return f, nil
}

// deviationNotVariance samples from an encoder that says μ = 1 and σ² = 0.25.
func deviationNotVariance(b compute.Backend, seed int64) (finding, error) {
	const n, mu, wanted = 20_000, 1.0, 0.25
	noise := tensor(normals(random(seed, "noise"), n), n, 1)
	out, err := run(b, seed, func(_ *model.Scope, in []*graph.Node) []*graph.Node {
		mean := graph.AddScalar(graph.ZerosLike(in[0]), mu)
		logVariance := graph.AddScalar(graph.ZerosLike(in[0]), math.Log(wanted))
		literal := graph.Add(mean, graph.MulScalar(in[0], wanted)) // the variance in place of z_σ
		return []*graph.Node{vae.Reparameterise(mean, logVariance, in[0]), literal}
	}, noise)
	if err != nil {
		return finding{}, err
	}
	_, right := moments(out[0])
	_, literal := moments(out[1])
	near := func(variance float64) bool { return math.Abs(variance-wanted) < 5*wanted*math.Sqrt(2./n) }
	f := finding{
		claim:    "samples have the variance that the encoder says, to five standard errors",
		contrast: "the variance itself in the place of z_σ",
		met:      near(right), contrastMet: near(literal),
	}
	f.number("variance of samples, root taken", right, "1")
	f.number("variance of samples, variance as z_σ", literal, "1")
	f.text = fmt.Sprintf("For σ² = %g the samples of z_μ + ε·σ have a variance of %.3f; with σ² as the factor it is %.4f.", wanted, right, literal)
	return f, nil
}

// averagingNotCollapse compares two ways to fail on a bird that comes in three colours.
func averagingNotCollapse(_ compute.Backend, _ int64) (finding, error) {
	birds := [][]float64{{220, 40, 30}, {40, 90, 210}, {235, 200, 50}} // red, blue and yellow, as RGB in 0..255
	distance := func(a, b []float64) float64 { return norm([]float64{a[0] - b[0], a[1] - b[1], a[2] - b[2]}) }
	squares := func(colour []float64) float64 { // mean over the birds, as the answer cannot know which it is
		sum := 0.0
		for _, bird := range birds {
			d := distance(colour, bird)
			sum += d * d / float64(len(birds))
		}
		return sum
	}
	average := make([]float64, 3)
	for _, bird := range birds {
		for k := range average {
			average[k] += bird[k] / float64(len(birds))
		}
	}
	nearest := func(colour []float64) float64 {
		least := math.Inf(1)
		for _, bird := range birds {
			least = min(least, distance(colour, bird))
		}
		return least
	}
	lowest := math.Inf(1)
	for _, bird := range birds {
		lowest = min(lowest, squares(bird))
	}
	colourful := func(c []float64) float64 { return max(c[0], c[1], c[2]) - min(c[0], c[1], c[2]) }
	f := finding{
		claim:    "the answer that minimises the squared error is far from every real colour, by more than 50 of 255, and lower in error than any of them",
		contrast: "a collapsed generator, which always paints the first bird's colour",
		met:      nearest(average) > 50 && squares(average) < lowest, contrastMet: nearest(birds[0]) > 50 && squares(birds[0]) < lowest,
	}
	f.number("squared error of the average colour", squares(average), "RGB²")
	f.number("squared error of the best real colour", lowest, "RGB²")
	f.number("distance of the average from the nearest real colour", nearest(average), "RGB")
	f.number("strongest less weakest channel, average", colourful(average), "RGB")
	f.number("the same, first bird", colourful(birds[0]), "RGB")
	f.text = fmt.Sprintf("The average of three plumages has the lowest squared error, %.0f against %.0f, and is %.0f away from any of them, greyer than each: no mode at all. A collapsed generator is at distance 0 from one mode of three.",
		squares(average), lowest, nearest(average))
	return f, nil
}

func meanIsNotEnough(_ compute.Backend, seed int64) (finding, error) {
	all := maskOptions()
	r := random(seed, "dropout")
	a, d := all[0].draw(r), all[3].draw(r)
	sameMean := func(m masked) bool {
		return math.Abs(m.trainMean-m.testMean) <= 4*math.Sqrt((m.trainVariance+m.testVariance)/maskDraws)+1e-12
	}
	f := finding{
		claim:    "the means agree, and in testing something is random",
		contrast: "choice D",
		met:      sameMean(a) && !a.fits(), contrastMet: sameMean(d) && !d.fits(),
	}
	f.number("choice A, mean in training", a.trainMean, "of x")
	f.number("choice A, mean in testing", a.testMean, "of x")
	f.number("choice A, variance in testing", a.testVariance, "of x²")
	f.number("choice D, variance in testing", d.testVariance, "of x²")
	f.text = fmt.Sprintf("Choice A has the means %.3f and %.3f, and a variance of %.3f in testing; D has none.", a.trainMean, a.testMean, a.testVariance)
	return f, nil
}
