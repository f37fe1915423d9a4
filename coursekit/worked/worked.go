// Package worked holds the lecture's worked numbers, once: tests, notebooks, labs and quizzes read them from here.
//
// Each says how it is known. Stated numbers are printed in the lecture; derived ones follow from stated ones by a
// computation that a test repeats; reconstructed ones are our choice where the slide's figure is lost, and any choice
// that gives the stated results would do.
//
// Source: lecture 7, "Transformers and DL for Vision".
package worked

// Attention is the self-attention example "Thinking Machines": one query, two keys.
var Attention = struct {
	Words    [2]string
	KeyWidth int        // d_k; stated through its root, 8
	Scores   [2]float64 // q1·k1 and q1·k2; stated
	Scaled   [2]float64 // divided by √d_k; stated
	Weights  [2]float64 // softmax, to eight digits; derived, the lecture prints 0.88 and 0.12
	Printed  [2]float64 // the weights as the slide prints them; stated
	// Unscaled is the second weight of softmax over the scores as they are, and the slope p(1-p) of the softmax there, with
	// and without the division; derived. Without it the softmax is flat.
	Unscaled, SlopeUnscaled, Slope float64
	// Query and Keys are constant vectors of width 64 with these scores; reconstructed, since the slide shows boxes.
	Query float64
	Keys  [2]float64
}{
	Words: [2]string{"Thinking", "Machines"}, KeyWidth: 64,
	Scores: [2]float64{112, 96}, Scaled: [2]float64{14, 12},
	Weights: [2]float64{0.88079708, 0.11920292}, Printed: [2]float64{0.88, 0.12},
	Unscaled: 1.1253516e-7, SlopeUnscaled: 1.1253515e-7, Slope: 0.10499359,
	Query: 1, Keys: [2]float64{1.75, 1.5},
}

// Positions is the positional-encoding table of "I am a Robot", with d = 4 and n = 100. Stated.
var Positions = struct {
	Words   []string
	Dim     int
	Base    float64
	Printed [][]float64 // [position][dimension], to two decimals
	// Dots are the dot products of row 0 with the rows 0..7, to three decimals; derived. They fall up to k = 3 and rise
	// again: position 6 is nearer to position 0 than position 1 is.
	Dots []float64
	// Distances are the Euclidean distances that belong to the dots at k = 1 and k = 6; derived.
	Distances map[int]float64
}{
	Words: []string{"I", "am", "a", "Robot"}, Dim: 4, Base: 100,
	Printed:   [][]float64{{0, 1, 0, 1}, {0.84, 0.54, 0.10, 1.00}, {0.91, -0.42, 0.20, 0.98}, {0.14, -0.99, 0.30, 0.96}},
	Dots:      []float64{2, 1.535, 0.564, -0.035, 0.267, 1.161, 1.786, 1.519},
	Distances: map[int]float64{1: 0.964, 6: 0.655},
}

// The special tokens of the lecture's batch. Stated.
const (
	Start   = 997
	End     = 998
	Pad     = 999
	Unknown = 1000
)

// Batch is the mini-batch of "Tokenization and batching": four sentences of width ten. Stated.
//
// Row 2 is cut off: its sentence is longer than the batch is wide, so it has no END. It also has the only unknown word.
var Batch = struct {
	Width int
	Words [][]string // as the slide shows them, with the special tokens
	IDs   [][]int32
}{
	Width: 10,
	Words: [][]string{
		{"START", "a", "tropical", "bird", "perches", "in", "the", "jungle", ".", "END"},
		{"START", "a", "small", "white", "fox", ".", "END", "PAD", "PAD", "PAD"},
		{"START", "the", "orange", "spider", "on", "a", "UNK", "leaf", "is", "sitting"},
		{"START", "big", "elephant", ".", "END", "PAD", "PAD", "PAD", "PAD", "PAD"},
	},
	IDs: [][]int32{
		{997, 1, 320, 253, 281, 6, 0, 287, 4, 998},
		{997, 1, 490, 322, 163, 4, 998, 999, 999, 999},
		{997, 0, 330, 261, 8, 1, 1000, 741, 18, 475},
		{997, 82, 189, 4, 998, 999, 999, 999, 999, 999},
	},
}

// Sentences are the sentences behind [Batch], before tokenizing. The unknown word and the end of the third are
// reconstructed: the slide shows UNK, and stops at "sitting".
var Sentences = []string{
	"a tropical bird perches in the jungle .",
	"a small white fox .",
	"the orange spider on a variegated leaf is sitting still .",
	"big elephant .",
}

// Letters is the lecture's training example: letters become numbers. Stated.
//
// As sets the order of the output means nothing; as sequences it is that of the input.
var Letters = struct {
	Input    []string
	Set      []int
	Sequence []int
}{[]string{"a", "c", "d"}, []int{4, 3, 1}, []int{1, 3, 4}}

// Linear is the linear classifier of an image of four pixels: f(x; W, b) = Wx + b.
var Linear = struct {
	Classes [3]string
	Pixels  [4]float64    // stated
	Weights [3][4]float64 // row 0 stated; rows 1 and 2 reconstructed: only that row of the slide survives
	Bias    [3]float64    // stated
	Scores  [3]float64    // stated
}{
	Classes: [3]string{"Cat", "Car", "Airplane"},
	Pixels:  [4]float64{10, 150, 7, 232},
	Weights: [3][4]float64{{0.2, -0.3, 0, 0.6}, {-0.6, 0.5, 0.8, 0.6}, {0.6, 0.4, 0, 0.5}},
	Bias:    [3]float64{0.2, -1, -0.9},
	Scores:  [3]float64{96.4, 212.8, 181.1},
}

// LinearLosses are the losses of the linear classifier's scores if the image shows a cat. Derived: the slide says that Car
// has the highest score, and not what that costs.
var LinearLosses = struct {
	Truth        string
	Hinge        float64 // Σ max(0, s_j - s_cat + 1) over the other classes
	CrossEntropy float64 // -ln softmax(s)_cat, in nats; the other exponentials are too small to show
}{"Cat", 203.1, 116.4}

// Masking are the rates of BERT's masked language modelling. Stated.
var Masking = struct{ Selected, Mask, Random, Keep float64 }{0.15, 0.80, 0.10, 0.10}

// LayerNorm is the lecture's formula on the vector 1 2 3 4, with ε = 0, γ = 1, β = 0. Derived: the variance divides by H,
// not H-1.
var LayerNorm = struct{ Input, Output [4]float64 }{
	[4]float64{1, 2, 3, 4}, [4]float64{-1.34164079, -0.44721360, 0.44721360, 1.34164079},
}

// LayerNormUnbiased is the same vector divided by the root of the variance over H-1, with ε outside of the root, as some
// implementations have it. Derived; it is not the lecture's formula.
var LayerNormUnbiased = [4]float64{-1.16189500, -0.38729833, 0.38729833, 1.16189500}

// KL are divergences of N(μ, σ²) from N(0, 1), ½(μ² + σ² - 1) - ln σ, in nats. Derived: the lecture names the divergence,
// and has no numbers.
var KL = []struct{ Mean, Deviation, Nats float64 }{{0, 1, 0}, {1, 1, 0.5}, {0, 0.5, 0.31814718}, {2, 0.1, 3.80758509}}

// Truncation is what truncated back-propagation through time keeps of a gradient: of dh/dw of the linear RNN h' = w·h + 1
// over Steps steps from 0, that part which goes back at most K[i] steps. Derived; question 22 of the debrief is about it.
var Truncation = struct {
	Weight float64
	Steps  int
	K      []int
	Shares []float64 // to three decimals
}{0.9, 20, []int{1, 2, 5, 10, 20}, []float64{0.142, 0.268, 0.562, 0.849, 1}}

// Dropout is the variance that dropout gives to a value 1: p/(1-p) if those kept are divided by 1-p. Derived: the debrief
// has the two expressions, with p as a letter.
var Dropout = struct{ Rate, Variance float64 }{0.3, 0.42857143}

// Midterm are the statistics of the scores, in points of 100. Stated, except for Questions: the debrief announces the ten
// questions that were missed most and the slides have eight, whose numbers these are, in their order.
var Midterm = struct {
	Mean, Deviation, Median float64
	Announced               int
	Questions               []int
}{86.5, 7.2, 88.8, 10, []int{25, 22, 7, 10, 18, 27, 23, 13}}

// TableSizes are the exponents of |V| in the size of a model's table: of a 4-gram, and of the bag of words. Stated.
var TableSizes = struct{ FourGram, BagOfWords int }{4, 2}

// TableExample is what these sizes come to. Derived, for a vocabulary and a width of an entry of our choice.
var TableExample = struct {
	Vocabulary, EntryBytes                 float64
	FourGramEntries, FourGramBytes         float64 // 40 petabytes
	BagOfWordsEntries, BagOfWordsGigabytes float64
}{1e4, 4, 1e16, 4e16, 1e8, 0.4}
