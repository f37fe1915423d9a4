package experiment

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/bert"
	"courselab/coursekit/embed"
	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/datasets/synth"
)

// BertEnv is the environment variable that names the folder of a pre-trained BERT in Hugging Face's layout.
const BertEnv = "COURSELAB_BERT"

// ContextualConfig is the setting of Contextual. Start from DefaultContextualConfig or QuickContextualConfig.
type ContextualConfig struct {
	// Seeds, one run each of everything: corpus, sentences to tell apart, initial parameters.
	Seeds []int64
	// Corpus is the number of sentences to pre-train on.
	Corpus int
	// Sentences is how many more are drawn of which the senses are known, and told apart; half of each word's are references.
	Sentences int
	// Width of the model, which has two layers.
	Width int
	// Batch, Steps and LearningRate of pre-training.
	Batch, Steps int
	LearningRate float64
	// Checkpoint is the folder of a real pre-trained BERT, for the lecture's three sentences; empty leaves them out.
	Checkpoint string

	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Quiet suppresses progress; Progress is where it is shown otherwise, nil meaning standard error.
	Quiet    bool
	Progress io.Writer

	quick bool
}

// DefaultContextualConfig pre-trains on 4,000 sentences, for each of three seeds, and reads the lecture's sentences with the
// checkpoint that BertEnv names.
func DefaultContextualConfig() ContextualConfig {
	return ContextualConfig{
		Seeds: []int64{1, 2, 3}, Corpus: 4000, Sentences: 1200, Width: 64, Batch: 64, Steps: 500, LearningRate: 3e-3, Checkpoint: os.Getenv(BertEnv),
	}
}

// QuickContextualConfig has one seed and a smaller model, for the pure-Go backend, and no checkpoint.
func QuickContextualConfig() ContextualConfig {
	config := DefaultContextualConfig()
	config.quick, config.Seeds, config.Corpus, config.Sentences, config.Checkpoint = true, []int64{1}, 2000, 600, ""
	config.Width, config.Batch, config.Steps, config.LearningRate = 32, 32, 300, 1e-2
	return config
}

// Validate returns nil or every rule that is broken.
func (c ContextualConfig) Validate() error {
	r := rules{name: "contextual vectors"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Batch >= 1, "Batch is %d, must be at least 1", c.Batch)
	r.must(c.Corpus >= c.Batch, "Corpus is %d, must be at least Batch, which is %d", c.Corpus, c.Batch)
	r.must(c.Sentences >= 120, "Sentences is %d, must be at least 120", c.Sentences)
	r.must(c.Width >= 4 && c.Width%4 == 0, "Width is %d, must be a multiple of 4", c.Width)
	r.must(c.Steps >= 1, "Steps is %d, must be at least 1", c.Steps)
	r.must(c.LearningRate > 0, "LearningRate is %g, must be more than 0", c.LearningRate)
	return r.err()
}

// sensesLength is that of a sentence of synth.Senses with [CLS] and [SEP].
const sensesLength = 7

// Contextual is milestone M21: the vector of an ambiguous word, "bass" among them, tells its sense once it has seen the words
// around it.
//
// A small BERT is pre-trained on sentences without labels (synth.Senses). Then the vector of the ambiguous word is taken in
// new sentences, and each is given the sense of the nearest among other sentences with the same word. The baseline is the static vector of the token table, which is the same in every
// sentence; the negative control gives the contextual vectors of other sentences with the same word. With a checkpoint, the
// lecture's three sentences about a bass are compared by the cosine of that word's vectors.
//
// Source: lecture 7, "Contextual Word Embeddings".
func Contextual(config ContextualConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	result := Result{ID: "M21", Title: "Contextual vectors: which bass", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	began := time.Now()
	var losses, contextual, static, exchanged []float64
	for i, seed := range config.Seeds {
		run, err := config.run(b, seed)
		if err != nil {
			return Result{}, fmt.Errorf("contextual vectors, seed %d: %w", seed, err)
		}
		losses, contextual = append(losses, run.loss), append(contextual, run.contextual)
		static, exchanged = append(static, run.static), append(exchanged, run.exchanged)
		if i == 0 {
			result.Curves = []Curve{{"masked words, loss of a batch", "step", "nats", run.steps, run.losses}}
			result.Points = []Points{run.basses}
		}
	}
	bayes := synth.DefaultSenses().BayesAccuracy()
	result.Numbers = []Number{
		{"masked words, held out", "nats", losses, nil, ""},
		{"sense by the contextual vector", "share", contextual, &bayes, "the best possible reader"},
		{"sense by the static vector", "share", static, ptr(0.5), "chance"},
		{"sense, contexts exchanged", "share", exchanged, ptr(0.5), "chance"},
	}
	chance := func(name string, values []float64) Check {
		return Check{name, "0.4 to 0.6", fmt.Sprintf("%.3f to %.3f", slices.Min(values), slices.Max(values)), slices.Min(values) > 0.4 && slices.Max(values) < 0.6}
	}
	result.Checks = []Check{
		{"sense by the contextual vector", "more than 0.9 for every seed", fmt.Sprintf("%.3f at least", slices.Min(contextual)), slices.Min(contextual) > 0.9},
		chance("baseline: sense by the static vector", static),
		chance("negative control: contexts exchanged", exchanged),
	}
	if config.Checkpoint != "" {
		if err := lectureBass(&result, b, config.Checkpoint); err != nil {
			return Result{}, fmt.Errorf("contextual vectors: %w", err)
		}
	}
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// contextualRun is everything that was found with one seed.
type contextualRun struct {
	loss, contextual, static, exchanged float64
	steps, losses                       []float64
	basses                              Points
}

func (c ContextualConfig) run(b compute.Backend, seed int64) (run contextualRun, err error) {
	senses := synth.DefaultSenses()
	corpus, err := synth.Draw(senses, uint64(seed)*2, c.Corpus)
	if err != nil {
		return run, err
	}
	told, err := synth.Draw(senses, uint64(seed)*2+1, c.Sentences)
	if err != nil {
		return run, err
	}
	all := make([][]string, len(corpus))
	for i, s := range corpus {
		all[i] = s.Words
	}
	words := newBertWords(all)
	encode := func(list []synth.SenseSentence) (sequences []bert.Sequence, err error) {
		for _, s := range list {
			sequence, err := words.sequence(s.Words, sensesLength)
			if err != nil {
				return nil, err
			}
			sequences = append(sequences, sequence)
		}
		return sequences, nil
	}
	train, err := encode(corpus)
	if err != nil {
		return run, err
	}
	known, err := encode(told)
	if err != nil {
		return run, err
	}
	config, store := smallBert(words.size(), c.Width, sensesLength), model.NewStore()
	pretrain := bert.DefaultPretrainConfig(words.size(), maskingSpecials)
	pretrain.Batch, pretrain.Length, pretrain.Corrupter.MaxChosen = c.Batch, sensesLength, 1 // 15 % of 7
	t := &pretrain.Training
	t.Seed, t.Steps, t.RecordEvery, t.Schedule = seed, c.Steps, max(1, c.Steps/50), training.Cosine(c.LearningRate, 0, c.Steps).WithWarmUp(min(50, c.Steps/4))
	t.Name, t.Quiet, t.Progress = fmt.Sprintf("pre-train, seed %d", seed), c.Quiet, c.Progress
	loop, err := bert.Pretrain(b, store, config, pretrain, train)
	if err != nil {
		return run, err
	}
	history, err := loop.Run(context.Background())
	if err != nil {
		return run, err
	}
	for _, point := range history.Points {
		run.steps, run.losses = append(run.steps, float64(point.Step)), append(run.losses, point.Loss)
	}
	if run.loss, err = bert.MaskedNLL(b, store, config, pretrain, seed, known); err != nil {
		return run, err
	}

	positions := make([]int, len(told))
	for i, s := range told {
		positions[i] = s.Position + 1 // after [CLS]
	}
	read := bert.DefaultFineTuneConfig(maskingSpecials)
	read.Batch, read.Length = 100, sensesLength
	vectors, err := bert.States(b, store, config, read, known, positions, false)
	if err != nil {
		return run, err
	}
	fixed, err := bert.States(b, store, config, read, known, positions, true)
	if err != nil {
		return run, err
	}
	for _, measure := range []struct {
		to        *float64
		vectors   [][]float64
		exchanged bool
	}{{&run.contextual, vectors, false}, {&run.static, fixed, false}, {&run.exchanged, vectors, true}} {
		if *measure.to, err = senseAccuracy(told, measure.vectors, measure.exchanged); err != nil {
			return run, err
		}
	}
	run.basses, err = basses(told, vectors)
	return run, err
}

// basses are the vectors of "bass" in the plane in which they vary most, a set a sense.
func basses(told []synth.SenseSentence, vectors [][]float64) (Points, error) {
	var own [][]float64
	var senses []int
	for i, s := range told {
		if s.Word() == "bass" {
			own, senses = append(own, vectors[i]), append(senses, s.Sense)
		}
	}
	all, err := embed.NewVectors(own)
	if err != nil {
		return Points{}, err
	}
	plane, share, err := all.Project(2)
	if err != nil {
		return Points{}, err
	}
	points := Points{
		Name:   fmt.Sprintf("bass in new sentences, the first two principal components, %.0f %% of the variance", 100*share),
		XLabel: "first", YLabel: "second", Sets: []PointSet{{Name: "the fish"}, {Name: "the instrument"}},
	}
	for i, at := range plane {
		set := &points.Sets[senses[i]]
		set.X, set.Y = append(set.X, at[0]), append(set.Y, at[1])
	}
	return points, nil
}

// senseAccuracy is the share of sentences whose sense is that of the nearest of the reference sentences with the same word:
// the first half of a word's sentences are the references. With exchanged, each gets the vector of the next sentence.
func senseAccuracy(told []synth.SenseSentence, vectors [][]float64, exchanged bool) (float64, error) {
	right, total := 0.0, 0
	for _, word := range synth.DefaultSenses().Ambiguous() {
		var own [][]float64
		var senses []int
		for i, s := range told {
			if s.Word() == word {
				own, senses = append(own, vectors[i]), append(senses, s.Sense)
			}
		}
		if len(own) < 10 {
			return 0, fmt.Errorf("only %d sentences with %q", len(own), word)
		}
		if exchanged {
			own = append(own[1:], own[0])
		}
		half := len(own) / 2
		accuracy, err := metric.NearestNeighbourAccuracy(own[:half], senses[:half], own[half:], senses[half:])
		if err != nil {
			return 0, err
		}
		right, total = right+accuracy*float64(len(own)-half), total+len(own)-half
	}
	return right / float64(total), nil
}

// lectureBass adds the cosines of the lecture's three basses by a real checkpoint.
func lectureBass(result *Result, b compute.Backend, folder string) error {
	checkpoint, err := bert.Load(folder)
	if err != nil {
		return err
	}
	if checkpoint.Tokenizer == nil {
		return fmt.Errorf("%s has no tokenizer", folder)
	}
	bass, found := checkpoint.Tokenizer.ID("bass")
	if !found {
		return fmt.Errorf("%s: the tokenizer has no token for bass", folder)
	}
	sentences := []string{"she launched into a bass solo", "the line went taut as the bass pulled", "the power of the bass broke the string"}
	var sequences []bert.Sequence
	var positions []int
	for _, sentence := range sentences {
		ids, err := checkpoint.Tokenizer.Encode(sentence)
		if err != nil {
			return err
		}
		sequence, err := checkpoint.Specials.Single(ids, 16)
		if err != nil {
			return err
		}
		sequences, positions = append(sequences, sequence), append(positions, slices.Index(sequence.IDs, bass))
	}
	store := model.NewStore()
	if err := checkpoint.Restore(store.RootScope(), dtypes.Float32); err != nil {
		return err
	}
	read := bert.DefaultFineTuneConfig(checkpoint.Specials)
	read.Batch, read.Length = len(sentences), 16
	vectors, err := bert.States(b, store, checkpoint.Config, read, sequences, positions, false)
	if err != nil {
		return err
	}
	most := 0.0
	for _, pair := range []struct {
		name string
		a, b int
	}{{"solo and line", 0, 1}, {"solo and string", 0, 2}, {"line and string", 1, 2}} {
		similarity := cosine(vectors[pair.a], vectors[pair.b])
		most = max(most, similarity)
		result.Numbers = append(result.Numbers, Number{"bass by the checkpoint: " + pair.name, "cosine", []float64{similarity}, ptr(1), "a static vector"})
	}
	// All vectors of one token point much the same way in such models, so that cosines are high; a static one has 1 exactly.
	result.Checks = append(result.Checks, Check{"checkpoint: three sentences, three vectors of bass", "cosines below 0.99", fmt.Sprintf("%.3f at most", most), most < 0.99})
	return nil
}

func cosine(a, b []float64) float64 {
	ab, aa, bb := 0.0, 0.0, 0.0
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return ab / math.Sqrt(aa*bb)
}

func m21() Milestone {
	return Milestone{
		ID: "M21", Title: "Contextual vectors: which bass",
		Shows:  "a word's vector tells its meaning once it has seen the words around it",
		Expect: "more than 0.9 right by the contextual vector, 0.5 by the static one", Takes: "30 s",
		Headline: []string{"sense by the contextual vector", "sense by the static vector"},
		Run: func(o Options) (Result, error) {
			config := DefaultContextualConfig()
			if o.Quick {
				config = QuickContextualConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return Contextual(config)
		},
	}
}
