package experiment

import (
	"math"
	"math/rand/v2"
)

// letterSource is a text of known truth: after the letters a and b one letter comes with probability likely, else any.
type letterSource struct {
	letters int
	follows []int // [a·letters+b]
}

// likely is how often the letter that the two before ask for comes, apart from when it comes by chance.
const likely = 0.7

// newLetterSource draws which letter follows which two.
func newLetterSource(letters int, seed uint64) letterSource {
	r := rand.New(rand.NewPCG(seed, 1))
	s := letterSource{letters, make([]int, letters*letters)}
	for i := range s.follows {
		s.follows[i] = r.IntN(letters)
	}
	return s
}

// draw returns n letters, the first two at random.
func (s letterSource) draw(rng *rand.Rand, n int) []int32 {
	text := make([]int32, n)
	for i := range text {
		text[i] = int32(rng.IntN(s.letters))
		if i >= 2 && rng.Float64() < likely {
			text[i] = int32(s.follows[int(text[i-2])*s.letters+int(text[i-1])])
		}
	}
	return text
}

// probability of c after a and b.
func (s letterSource) probability(a, b, c int32) float64 {
	p := (1 - likely) / float64(s.letters)
	if s.follows[int(a)*s.letters+int(b)] == int(c) {
		p += likely
	}
	return p
}

// entropy is the least mean negative log-likelihood of the next letter, in nats.
func (s letterSource) entropy() float64 {
	rare := (1 - likely) / float64(s.letters)
	often := rare + likely
	return -often*math.Log(often) - float64(s.letters-1)*rare*math.Log(rare)
}

// nll is the mean negative log-likelihood, in nats, of the letters after the first two.
func (s letterSource) nll(text []int32) float64 {
	sum := 0.
	for i := 2; i < len(text); i++ {
		sum -= math.Log(s.probability(text[i-2], text[i-1], text[i]))
	}
	return sum / float64(len(text)-2)
}

// between is the negative log-likelihood of the letter at i given all the others, by Bayes' rule; two stand before it.
func (s letterSource) between(text []int32, i int) float64 {
	joint := func(c int32) float64 {
		p := s.probability(text[i-2], text[i-1], c)
		if i+1 < len(text) {
			p *= s.probability(text[i-1], c, text[i+1])
		}
		if i+2 < len(text) {
			p *= s.probability(c, text[i+1], text[i+2])
		}
		return p
	}
	all := 0.
	for c := range s.letters {
		all += joint(int32(c))
	}
	return -math.Log(joint(text[i]) / all)
}
