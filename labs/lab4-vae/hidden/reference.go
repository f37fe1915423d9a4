package hidden

import "math"

// The references work on flat lists in float64, one number at a time.

// divergence is KL(N(mean, σ²), N(0, 1)) as an integral, by the trapezoidal rule over 12 σ to either side, which for a Gaussian
// is exact to rounding.
func divergence(mean, logVar float64) float64 {
	const halves = 1000
	deviation := math.Exp(logVar / 2)
	sum := 0.0
	for i := -halves; i <= halves; i++ {
		s := 12 * float64(i) / halves // in deviations
		x := mean + deviation*s
		logQ := -s*s/2 - logVar/2
		logP := -x * x / 2
		sum += math.Exp(-s*s/2) * (logQ - logP)
	}
	return sum * 12 / halves / math.Sqrt(2*math.Pi)
}

// bernoulli is x·log p + (1-x)·log(1-p) with p = 1/(1+exp(-logit)).
func bernoulli(x, logit float64) float64 {
	logP, logNotP := -math.Log1p(math.Exp(-logit)), -math.Log1p(math.Exp(logit))
	if logit < -30 {
		logP = logit
	} else if logit > 30 {
		logNotP = -logit
	}
	return x*logP + (1-x)*logNotP
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// gaussian is the log of the density of N(mean, deviation²).
func gaussian(x, mean, deviation float64) float64 {
	return math.Log(1/(deviation*math.Sqrt(2*math.Pi))) - (x-mean)*(x-mean)/(2*deviation*deviation)
}

// sums adds up each of the rows that the list consists of.
func sums(list []float64, rows int) []float64 {
	out := make([]float64, rows)
	for i, x := range list {
		out[i/(len(list)/rows)] += x
	}
	return out
}

// negativeELBO is the loss of a batch, for kl [B, Z].
func negativeELBO(logLikelihood, kl []float64, beta float64) float64 {
	total := 0.0
	for i, divergence := range sums(kl, len(logLikelihood)) {
		total += beta*divergence - logLikelihood[i]
	}
	return total / float64(len(logLikelihood))
}

// softmax is the distribution over the bins of one pixel.
func softmax(logits []float64) []float64 {
	highest, total := math.Inf(-1), 0.0
	for _, l := range logits {
		highest = math.Max(highest, l)
	}
	p := make([]float64, len(logits))
	for i, l := range logits {
		p[i] = math.Exp(l - highest)
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	return p
}

// cross is -log p of the true bin of one pixel.
func cross(logits []float64, truth int) float64 {
	highest, total := math.Inf(-1), 0.0
	for _, l := range logits {
		highest = math.Max(highest, l)
	}
	for _, l := range logits {
		total += math.Exp(l - highest)
	}
	return highest - logits[truth] + math.Log(total)
}

// mix is Σ p·palette for a palette [K, C].
func mix(p, palette []float64) []float64 {
	channels := len(palette) / len(p)
	out := make([]float64, channels)
	for k, share := range p {
		for c := range out {
			out[c] += share * palette[k*channels+c]
		}
	}
	return out
}

// rows cuts a list into rows of a width.
func rows(list []float64, width int) (out [][]float64) {
	for i := 0; i < len(list); i += width {
		out = append(out, list[i:i+width])
	}
	return out
}
