package hidden

import "math"

// The references work on flat lists in float64, one number at a time.

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// cost is -log sigmoid(x).
func cost(x float64) float64 {
	if x < -30 {
		return -x
	}
	return math.Log1p(math.Exp(-x))
}

func mean(list []float64, f func(float64) float64) float64 {
	sum := 0.0
	for _, x := range list {
		sum += f(x)
	}
	return sum / float64(len(list))
}

// A loss has a part for real logits and one for fake ones, each a mean; a generator's has no first part.
type loss struct {
	function             string
	real, fake           func(float64) float64
	realSlope, fakeSlope func(float64) float64
	bounded              bool // its gradient is at most 1 however large the logits, which code on probabilities does not hold
}

func (l loss) value(real, fake []float64) float64 {
	value := mean(fake, l.fake)
	if l.real != nil {
		value += mean(real, l.real)
	}
	return value
}

// always is the slope of a straight part.
func always(slope float64) func(float64) float64 { return func(float64) float64 { return slope } }

// ifAbove is the slope where a hinge is bent.
func ifAbove(margin, slope float64) func(float64) float64 {
	return func(x float64) float64 {
		if x > margin {
			return slope
		}
		return 0
	}
}

var (
	discriminator = loss{
		function: "DiscriminatorLoss", bounded: true,
		real: cost, fake: func(f float64) float64 { return cost(-f) },
		realSlope: func(r float64) float64 { return sigmoid(r) - 1 }, fakeSlope: sigmoid,
	}
	minimax = loss{
		function: "MinimaxGeneratorLoss", bounded: true,
		fake: func(f float64) float64 { return -cost(-f) }, fakeSlope: func(f float64) float64 { return -sigmoid(f) },
	}
	nonSaturating = loss{
		function: "NonSaturatingGeneratorLoss", bounded: true,
		fake: cost, fakeSlope: func(f float64) float64 { return sigmoid(f) - 1 },
	}
	hinge = loss{
		function: "HingeDiscriminatorLoss",
		real:     func(r float64) float64 { return math.Max(0, 1-r) }, fake: func(f float64) float64 { return math.Max(0, 1+f) },
		realSlope: func(r float64) float64 { return ifAbove(-1, -1)(-r) }, fakeSlope: ifAbove(-1, 1),
	}
	wasserstein = loss{
		function: "WassersteinDiscriminatorLoss",
		real:     func(r float64) float64 { return -r }, fake: func(f float64) float64 { return f },
		realSlope: always(-1), fakeSlope: always(1),
	}
	critic = loss{
		function: "CriticGeneratorLoss",
		fake:     func(f float64) float64 { return -f }, fakeSlope: always(-1),
	}
	losses = []loss{discriminator, minimax, nonSaturating, hinge, wasserstein, critic}
)

// penalty is the gradient penalty of the critic tanh(x·w1 + b1)·w2 for real, fake [B, X] and mix [B].
func penalty(real, fake, mix, w1, b1, w2 []float64) float64 {
	batch, hidden := len(mix), len(b1)
	width := len(real) / batch
	total := 0.0
	for b := range batch {
		slope := make([]float64, width)
		for m := range hidden {
			sum := b1[m]
			for i := range width {
				at := b*width + i
				sum += (fake[at] + mix[b]*(real[at]-fake[at])) * w1[i*hidden+m]
			}
			for i := range width {
				slope[i] += w2[m] * (1 - math.Pow(math.Tanh(sum), 2)) * w1[i*hidden+m]
			}
		}
		squares := 0.0
		for _, s := range slope {
			squares += s * s
		}
		total += math.Pow(math.Sqrt(squares)-1, 2) / float64(batch)
	}
	return total
}

// differences are the derivatives of f at x, by central differences.
func differences(x []float64, f func(x []float64) float64) []float64 {
	const step = 1e-5
	out := make([]float64, len(x))
	for i, at := range x {
		x[i] = at + step
		up := f(x)
		x[i] = at - step
		out[i] = (up - f(x)) / (2 * step)
		x[i] = at
	}
	return out
}

// players are scale, shift of the generator and weight, bias of the discriminator.
type players struct{ scale, shift, weight, bias float64 }

// discriminatorStep moves weight and bias down the slope of the discriminator's loss.
func (p players) discriminatorStep(real, noise []float64, rate float64) players {
	moved := p
	for _, x := range real {
		pull := (1 - sigmoid(p.weight*x+p.bias)) / float64(len(real)) // towards a higher logit
		moved.weight += rate * pull * x
		moved.bias += rate * pull
	}
	for _, z := range noise {
		x := p.scale*z + p.shift
		push := sigmoid(p.weight*x+p.bias) / float64(len(noise)) // towards a lower one
		moved.weight -= rate * push * x
		moved.bias -= rate * push
	}
	return moved
}

// generatorStep moves scale and shift down the slope of the non-saturating loss.
func (p players) generatorStep(noise []float64, rate float64) players {
	moved := p
	for _, z := range noise {
		pull := (1 - sigmoid(p.weight*(p.scale*z+p.shift)+p.bias)) / float64(len(noise)) * p.weight
		moved.scale += rate * pull * z
		moved.shift += rate * pull
	}
	return moved
}

// divergence is the Jensen-Shannon divergence of counts from the uniform distribution, as entropies: H(m) - (H(p) + H(u))/2.
func divergence(counts []int) float64 {
	total := 0
	for _, count := range counts {
		total += count
	}
	if total == 0 {
		return math.Ln2
	}
	entropy := func(p float64) float64 {
		if p == 0 {
			return 0
		}
		return -p * math.Log(p)
	}
	u, sum := 1/float64(len(counts)), 0.0
	for _, count := range counts {
		p := float64(count) / float64(total)
		sum += entropy((p+u)/2) - (entropy(p)+entropy(u))/2
	}
	return sum
}
