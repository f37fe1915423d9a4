package debrief

import (
	"fmt"

	"github.com/gomlx/compute"
)

// Correction is a place where the lecture's wording needs care: taken at its word, it is wrong or says too little.
type Correction struct {
	Name  string `json:"name"`  // in a word or two, unique
	Slide string `json:"slide"` // the title of the slide, in the lecture
	// Said is what the slide says, in our words; Better is what holds.
	Said   string `json:"said"`
	Better string `json:"better"`
	Reason string `json:"reason"`

	find finder
}

// Demonstrate computes something small that shows that Better holds, and that Said does not: the contrast. It returns an
// error if a graph cannot be built or run.
func (c Correction) Demonstrate(b compute.Backend, seed int64) (Demonstration, error) {
	f, err := c.find(b, seed)
	if err != nil {
		return Demonstration{}, fmt.Errorf("debrief: correction %s: %w", c.Name, err)
	}
	return f.against(true), nil
}

// Corrections returns the places, in the order of the lecture.
func Corrections() []Correction {
	return []Correction{{
		Name: "argmin", Slide: "the function view of deep learning",
		Said:   "the best parameters are the minimum of the summed loss",
		Better: "the best parameters are those at which the minimum is reached: argmin",
		Reason: "The minimum is a loss, a single number; the parameters are where it lies. Put in the place of the parameters, the number means nothing.",
		find:   argminNotMin,
	}, {
		Name: "heads added", Slide: "Encoder-Decoder Attention",
		Said:   "the heads of multi-headed attention are all added",
		Better: "each head is first multiplied by its own rows of W_O, and what comes out is added",
		Reason: "The heads stand side by side, and W_O mixes them: concat(heads)·W_O = Σ head_i·W_O,i. Adding the heads themselves would treat them all alike, and lose which is which.",
		find:   headsAddedAfterOutput,
	}, {
		Name: "nearness", Slide: "Sequences: What is a Positional Encoding?",
		Said:   "the encoding keeps near positions near",
		Better: "it does for the nearest few; with d = 4 and n = 100 the distance falls again after k = 3, and position 6 is nearer to 0 than 1 is",
		Reason: "The fast pair of columns comes round every 2π positions, and four columns have only one slow pair to set against it. What is kept exactly is that the way from k to k+j depends on j alone.",
		find:   nearnessEnds,
	}, {
		Name: "position bias", Slide: "Positional Encodings",
		Said:   "positional encodings bias attention towards neighbours",
		Better: "they do if W_Q and W_K keep distances, as the slide assumes; with random matrices, as at the start of training, neighbours have no advantage",
		Reason: "The score of two positions is p_i·W_Q·W_Kᵀ·p_j. With W_Q = W_K orthogonal it is their dot product; with unrelated matrices its sign is chance. Training may bring the bias about.",
		find:   biasNeedsMatrices,
	}, {
		Name: "epsilon", Slide: "INDUSTRY PRACTICE: Layer Normalization",
		Said:   "σ is the root of the mean squared deviation, without ε; further down, y has an ε in its root",
		Better: "there is one ε, inside the root of y; without it, a layer whose activations are equal divides zero by zero",
		Reason: "Where all activations are the same, the variance is 0. With ε the result is 0, without it NaN, and a NaN ends the training.",
		find:   epsilonNeeded,
	}, {
		Name: "variance or deviation", Slide: "Variational Autoencoder",
		Said:   "the encoder learns a mean and a variance; the decoder gets z_μ + ε·z_σ",
		Better: "in z_μ + ε·z_σ, z_σ is the standard deviation; from a variance, the root has to be taken first",
		Reason: "The noise is multiplied by it. With a variance of 0.25 in its place, samples would have a variance of 0.0625. Implementations let the encoder give log σ², and use exp(log σ²/2).",
		find:   deviationNotVariance,
	}, {
		Name: "averaging", Slide: "Variational Autoencoder Mode Collapse",
		Said:   "\"mode collapse\" of the VAE: it defaults to averages",
		Better: "what the slide describes is averaging: the answer lies between the modes and in none. Mode collapse, known from GANs, is the opposite: every answer lies in a mode, but in few of them",
		Reason: "The mean minimises the squared error, so that this loss asks for a colour that no bird has. A generator that a discriminator judges must give real colours, but nobody makes it give all of them.",
		find:   averagingNotCollapse,
	}, {
		Name: "dropout's mean", Slide: "Midterm: Most Missed Questions (18)",
		Said:   "a dropout rule needs the same mean of x in training and in testing",
		Better: "it needs that, and nothing random in testing: choice A has equal means and is wrong",
		Reason: "Choice A drops units in testing as well. The means agree, but the same input gets another answer each time.",
		find:   meanIsNotEnough,
	}}
}
