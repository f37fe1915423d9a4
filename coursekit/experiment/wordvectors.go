package experiment

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"courselab/coursekit/embed"
	"courselab/coursekit/training"
	"courselab/datasets/synth"
)

// WordsConfig is the setting of Words. Start from DefaultWordsConfig or QuickWordsConfig.
type WordsConfig struct {
	// Seeds, one corpus and one training each.
	Seeds []int64
	// Backend is a name for backend.OpenNamed; empty means backend.Open.
	Backend string
	// Corpus is where the sentences come from.
	Corpus synth.Topics
	// Sentences of the corpus; those of Smaller, ascending and fewer, show what little text does.
	Sentences int
	Smaller   []int
	// Embed is how skip-gram is trained; PPMI has the same width and window.
	Embed embed.Config
	// Neighbours is the share of words whose nearest word must be of their class.
	Neighbours float64
	// Analogies is the share of the analogies of agent and place that must be solved.
	Analogies float64
	// Quiet suppresses progress.
	Quiet bool
	// Progress is where progress is shown; nil means standard error.
	Progress io.Writer

	quick bool
}

// DefaultWordsConfig is 20,000 sentences of eight topics, width 16, 500 steps, three seeds.
func DefaultWordsConfig() WordsConfig {
	e := embed.DefaultConfig()
	e.Width, e.Training.Steps = 16, 500
	e.Training.Schedule = training.Linear(0.02, 0, 500)
	return WordsConfig{
		Seeds: []int64{1, 2, 3}, Corpus: synth.DefaultTopics(), Sentences: 20_000, Smaller: []int{50, 100, 200, 400},
		Embed: e, Neighbours: 0.9, Analogies: 0.9,
	}
}

// QuickWordsConfig is five topics, one seed, fewer steps.
func QuickWordsConfig() WordsConfig {
	c := DefaultWordsConfig()
	c.Seeds, c.Corpus.Topics, c.Sentences, c.Smaller, c.quick = []int64{1}, 5, 3000, []int{50}, true
	c.Embed.Width, c.Embed.Batch, c.Embed.Training.Steps = 12, 256, 300
	c.Embed.Training.Schedule = training.Linear(0.03, 0, 300)
	return c
}

// Validate returns nil or the rules that are broken.
func (c WordsConfig) Validate() error {
	r := rules{name: "words"}
	r.must(len(c.Seeds) > 0, "Seeds is empty, name at least one")
	r.must(c.Corpus.Validate() == nil, "Corpus: %v", c.Corpus.Validate())
	r.must(c.Sentences >= 100, "Sentences is %d, must be at least 100", c.Sentences)
	r.must(slices.IsSorted(c.Smaller) && (len(c.Smaller) == 0 || c.Smaller[0] > 0 && c.Smaller[len(c.Smaller)-1] < c.Sentences),
		"Smaller is %v, must ascend from 1 to less than Sentences, %d", c.Smaller, c.Sentences)
	r.must(c.Embed.Validate() == nil, "Embed: %v", c.Embed.Validate())
	for name, share := range map[string]float64{"Neighbours": c.Neighbours, "Analogies": c.Analogies} {
		r.must(share > 0 && share <= 1, "%s is %g, must be more than 0 and at most 1", name, share)
	}
	return r.err()
}

// planted is a corpus with what is known about its words.
type planted struct {
	generator synth.Topics
	words     []string
	ids       map[string]int32
	classes   map[int32]synth.Class
	sentences [][]int32
}

// plant draws a corpus. The vocabulary is in the order of the generator, so that it does not depend on the draw.
func plant(generator synth.Topics, seed int64, sentences int) (planted, error) {
	drawn, err := synth.Draw(generator, uint64(seed), sentences)
	if err != nil {
		return planted{}, err
	}
	p := planted{generator: generator, ids: map[string]int32{}, classes: map[int32]synth.Class{}}
	add := func(word string) int32 {
		id, known := p.ids[word]
		if !known {
			id = int32(len(p.words))
			p.ids[word], p.words = id, append(p.words, word)
		}
		return id
	}
	for topic := range generator.Topics {
		for role := synth.Agent; role <= synth.Place; role++ {
			class := synth.Class{Topic: topic, Role: role}
			for _, word := range generator.Cell(class) {
				p.classes[add(word)] = class
			}
		}
	}
	for _, sentence := range drawn {
		ids := make([]int32, len(sentence.Words))
		for i, word := range sentence.Words {
			ids[i] = add(word)
		}
		p.sentences = append(p.sentences, ids)
	}
	return p, nil
}

// shuffled is the corpus with all its words thrown into one bag: how often each is there stays, who stands by whom does not.
func (p planted) shuffled(seed int64) [][]int32 {
	all := slices.Concat(p.sentences...)
	rand.New(rand.NewPCG(uint64(seed), 4)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var sentences [][]int32
	for _, sentence := range p.sentences {
		sentences, all = append(sentences, all[:len(sentence)]), all[len(sentence):]
	}
	return sentences
}

// sameClass is the share of the content words whose nearest word, of all, is of their class.
func (p planted) sameClass(v *embed.Vectors) (float64, error) {
	right := 0
	for id, class := range p.classes {
		near, err := v.Nearest(id, 1)
		if err != nil {
			return 0, err
		}
		if found, content := p.classes[near[0].Word]; content && found == class {
			right++
		}
	}
	return float64(right) / float64(len(p.classes)), nil
}

// analogies is the share of those of two roles, a : b = c : x, a and b of one topic, c of another, whose x is of the right class.
func (p planted) analogies(v *embed.Vectors, from, to synth.Role) (float64, error) {
	right, all := 0, 0
	for topic := range p.generator.Topics {
		for other := range p.generator.Topics {
			if other == topic {
				continue
			}
			for _, a := range p.cell(topic, from) {
				for _, b := range p.cell(topic, to) {
					for _, c := range p.cell(other, from) {
						found, err := v.Analogy(a, b, c, 1)
						if err != nil {
							return 0, err
						}
						all++
						if p.classes[found[0].Word] == (synth.Class{Topic: other, Role: to}) && slices.Contains(p.cell(other, to), found[0].Word) {
							right++
						}
					}
				}
			}
		}
	}
	return float64(right) / float64(all), nil
}

func (p planted) cell(topic int, role synth.Role) (ids []int32) {
	for _, word := range p.generator.Cell(synth.Class{Topic: topic, Role: role}) {
		ids = append(ids, p.ids[word])
	}
	return ids
}

// Words is milestone M4: vectors of words learnt from their neighbours, by skip-gram with negative sampling and by counting
// (PPMI), on a corpus whose word classes are planted: topic times role, two words each.
//
// Scored are the share of words whose nearest word is of their class, and analogies. Those of agent and place, sailor : harbor =
// judge : court, can be solved by adding: both stand by the topic's objects, and differ by what else stands by them, a verb
// or a preposition. Those of agent and object cannot: an agent's neighbours are objects, an object's are agents and places, so
// that nothing is left that the words of a topic have in common; their number is reported and not asked for. In the negative
// control, the corpus's words are shuffled.
func Words(config WordsConfig) (Result, error) {
	if err := config.Validate(); err != nil {
		return Result{}, err
	}
	b, info, err := open(config.Backend)
	if err != nil {
		return Result{}, err
	}
	began := time.Now()
	result := Result{ID: "M4", Title: "Word vectors: the company that words keep", Quick: config.quick, Backend: info, Seeds: config.Seeds}
	run := wordsRun{config: config, backend: b, values: map[string][]float64{}}
	for i, seed := range config.Seeds {
		if err := run.seed(seed, &result, i == 0); err != nil {
			return Result{}, fmt.Errorf("words, seed %d: %w", seed, err)
		}
	}
	run.report(&result)
	result.Seconds = time.Since(began).Seconds()
	return result, nil
}

// The quantities of a seed.
const (
	skipNear      = "skip-gram: nearest word of the same class"
	countNear     = "PPMI: nearest word of the same class"
	skipPlaces    = "skip-gram: analogies of agent and place"
	countPlaces   = "PPMI: analogies of agent and place"
	skipObjects   = "skip-gram: analogies of agent and object"
	countObjects  = "PPMI: analogies of agent and object"
	shuffledNear  = "shuffled corpus: nearest word of the same class"
	shuffledPlace = "shuffled corpus: analogies of agent and place"
)

type wordsRun struct {
	config  WordsConfig
	backend compute.Backend
	values  map[string][]float64
	sizes   [2][]float64 // sums over the seeds of the share by size, skip-gram and PPMI
}

func (r *wordsRun) add(name string, value float64) { r.values[name] = append(r.values[name], value) }

func (r *wordsRun) skipGram(p planted, sentences [][]int32, seed int64, name string) (*embed.Vectors, training.History, error) {
	c := r.config.Embed
	c.Training.Seed, c.Training.Quiet, c.Training.Progress = seed, r.config.Quiet, r.config.Progress
	c.Training.Name = fmt.Sprintf("M4 seed %d, %s", seed, name)
	return embed.Train(context.Background(), r.backend, sentences, len(p.words), c)
}

func (r *wordsRun) count(p planted, sentences [][]int32) (*embed.Vectors, error) {
	c := embed.DefaultPPMIConfig()
	c.Width, c.Window = r.config.Embed.Width, r.config.Embed.Window
	return embed.PPMI(sentences, len(p.words), c)
}

func (r *wordsRun) seed(seed int64, result *Result, first bool) error {
	p, err := plant(r.config.Corpus, seed, r.config.Sentences)
	if err != nil {
		return err
	}
	learnt, history, err := r.skipGram(p, p.sentences, seed, "skip-gram")
	if err != nil {
		return err
	}
	counted, err := r.count(p, p.sentences)
	if err != nil {
		return err
	}
	control, _, err := r.skipGram(p, p.shuffled(seed), seed, "shuffled")
	if err != nil {
		return err
	}
	for _, q := range []struct {
		vectors              *embed.Vectors
		near, place, objects string
	}{{learnt, skipNear, skipPlaces, skipObjects}, {counted, countNear, countPlaces, countObjects}, {control, shuffledNear, shuffledPlace, ""}} {
		near, err := p.sameClass(q.vectors)
		if err != nil {
			return err
		}
		r.add(q.near, near)
		for name, to := range map[string]synth.Role{q.place: synth.Place, q.objects: synth.Object} {
			if name == "" {
				continue
			}
			share, err := p.analogies(q.vectors, synth.Agent, to)
			if err != nil {
				return err
			}
			r.add(name, share)
		}
	}
	if first {
		steps, losses := history.Curve()
		result.Curves = append(result.Curves, Curve{"skip-gram", "step", "loss of a pair, nats", steps, losses})
		if err := p.show(learnt, result); err != nil {
			return err
		}
	}
	return r.lessText(p, seed)
}

// lessText scores both on the beginnings of the corpus.
func (r *wordsRun) lessText(p planted, seed int64) error {
	for i, size := range append(slices.Clone(r.config.Smaller), r.config.Sentences) {
		shares := [2]float64{}
		if size == r.config.Sentences {
			last := len(r.values[skipNear]) - 1
			shares = [2]float64{r.values[skipNear][last], r.values[countNear][last]}
		} else {
			learnt, _, err := r.skipGram(p, p.sentences[:size], seed, fmt.Sprintf("%d sentences", size))
			if err != nil {
				return err
			}
			counted, err := r.count(p, p.sentences[:size])
			if err != nil {
				return err
			}
			for j, v := range []*embed.Vectors{learnt, counted} {
				if shares[j], err = p.sameClass(v); err != nil {
					return err
				}
			}
		}
		for j := range shares {
			if i == len(r.sizes[j]) {
				r.sizes[j] = append(r.sizes[j], 0)
			}
			r.sizes[j][i] += shares[j] / float64(len(r.config.Seeds))
		}
	}
	return nil
}

// show adds the plane in which the content words vary most, and two analogies.
func (p planted) show(v *embed.Vectors, result *Result) error {
	rows := v.Rows()[:len(p.classes)] // content words come first
	content, err := embed.NewVectors(rows)
	if err != nil {
		return err
	}
	points, share, err := content.Project(2)
	if err != nil {
		return err
	}
	plane := Points{Name: fmt.Sprintf("content words in the plane of the first two principal components, %.0f %% of the variance", 100*share), XLabel: "first", YLabel: "second"}
	for topic := range p.generator.Topics {
		set := PointSet{Name: p.generator.Name(topic)}
		for role := synth.Agent; role <= synth.Place; role++ {
			for _, id := range p.cell(topic, role) {
				set.X, set.Y = append(set.X, points[id][0]), append(set.Y, points[id][1])
			}
		}
		plane.Sets = append(plane.Sets, set)
	}
	result.Points = append(result.Points, plane)
	for _, to := range []synth.Role{synth.Place, synth.Object} {
		a, b := p.cell(0, synth.Agent)[0], p.cell(0, to)[0]
		c := p.cell(p.generator.Topics-1, synth.Agent)[0]
		found, err := v.Analogy(a, b, c, 1)
		if err != nil {
			return err
		}
		var right []string
		for _, id := range p.cell(p.generator.Topics-1, to) {
			right = append(right, p.words[id])
		}
		got := p.words[found[0].Word]
		want := strings.Join(right, " or ")
		if slices.Contains(right, got) {
			want = got
		}
		result.Examples = append(result.Examples, Example{Input: fmt.Sprintf("%s : %s = %s : ?", p.words[a], p.words[b], p.words[c]), Want: want, Got: got})
	}
	return nil
}

func (r *wordsRun) report(result *Result) {
	c := r.config
	contentWords := float64(2 * 3 * c.Corpus.Topics)
	chance := 1 / (contentWords - 1) // the one other word of the class; verbs and prepositions make it less
	for _, name := range []string{skipNear, countNear, skipPlaces, countPlaces, skipObjects, countObjects, shuffledNear, shuffledPlace} {
		number := Number{Name: name, Unit: "share", Values: r.values[name]}
		if name == shuffledNear {
			number.Expected, number.From = &chance, "chance, at most"
		}
		result.Numbers = append(result.Numbers, number)
	}
	sizes := make([]float64, 0, len(c.Smaller)+1)
	for _, size := range append(slices.Clone(c.Smaller), c.Sentences) {
		sizes = append(sizes, float64(size))
	}
	for j, name := range []string{"skip-gram", "PPMI"} {
		result.Curves = append(result.Curves, Curve{name, "sentences", "nearest word of the same class", sizes, r.sizes[j]})
		for i := range c.Smaller {
			result.Numbers = append(result.Numbers, Number{Name: fmt.Sprintf("%s, %d sentences: nearest word of the same class", name, c.Smaller[i]), Unit: "mean share", Values: r.sizes[j][i : i+1]})
		}
	}
	least := func(name string) float64 { return slices.Min(r.values[name]) }
	atLeast := func(name string, want float64) {
		result.Checks = append(result.Checks, Check{name, fmt.Sprintf("at least %.2f, on all seeds", want), fmt.Sprintf("%.4f at least", least(name)), least(name) >= want})
	}
	atLeast(skipNear, c.Neighbours)
	atLeast(skipPlaces, c.Analogies)
	worst := slices.Max(r.values[shuffledNear])
	result.Checks = append(result.Checks, Check{shuffledNear, "no more than 0.2, on all seeds", fmt.Sprintf("%.4f at most", worst), worst <= 0.2})
	place := slices.Max(r.values[shuffledPlace])
	result.Checks = append(result.Checks, Check{shuffledPlace, "no more than 0.2, on all seeds", fmt.Sprintf("%.4f at most", place), place <= 0.2})
}

func m4() Milestone {
	return Milestone{
		ID: "M4", Title: "Word vectors: the company that words keep",
		Shows:  "words of one class become neighbours, and some analogies are sums; counting does as well, and better with little text",
		Expect: "nearest word of the same class and analogies of agent and place: 1.000 each, PPMI the same; of 100 sentences 0.89, PPMI 0.99; shuffled about 1/47", Takes: "30 s",
		Headline: []string{"skip-gram: nearest word of the same class", "skip-gram: analogies of agent and place", "shuffled corpus: nearest word of the same class"},
		Run: func(o Options) (Result, error) {
			config := DefaultWordsConfig()
			if o.Quick {
				config = QuickWordsConfig()
			}
			if o.Seeds != nil {
				config.Seeds = o.Seeds
			}
			config.Backend, config.Quiet, config.Progress = o.Backend, o.Quiet, o.Progress
			return Words(config)
		},
	}
}
