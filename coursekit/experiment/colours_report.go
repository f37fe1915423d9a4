package experiment

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/stat"

	"courselab/coursekit/training"
	"courselab/datasets/synth"
)

// coloursReport collects what is measured with each seed.
type coloursReport struct {
	config ColoursConfig
	result *Result
	names  []string // of the values, in their order
	values map[string][]float64
}

// colourScore is how coloured test birds are, on the pixels that are wholly plumage.
type colourScore struct {
	mse, valid, chroma float64
	modes              int
}

const validName, mseName, chromaName, modesName = "%s: valid pixels", "%s: squared error", "%s: chroma", "%s: plumages used"

func (r *coloursReport) add(name string, value float64) {
	if _, found := r.values[name]; !found {
		r.names = append(r.names, name)
	}
	r.values[name] = append(r.values[name], value)
}

// The ways of colouring, as they are named in the result.
const uncoloured, bySquares, byLikely, byDraw, byGame = "uncoloured", "squared error", "classes, most likely", "classes, drawn", "adversarial"

// seed trains and scores everything with one seed.
func (r *coloursReport) seed(run coloursRun, illustrate bool) error {
	painted := map[string][][]float32{}
	for _, drawing := range run.testDrawings {
		grey := make([]float32, 0, 3*len(drawing))
		for _, v := range drawing {
			grey = append(grey, v, v, v)
		}
		painted[uncoloured] = append(painted[uncoloured], grey)
	}
	for _, part := range []struct {
		name  string
		train func(store *model.Store) (training.History, error)
		paint func(store *model.Store) error
	}{
		{bySquares, func(s *model.Store) (training.History, error) { return run.squared(s, r.config.Steps) }, func(s *model.Store) (err error) {
			painted[bySquares], err = run.painted(s)
			return err
		}},
		{"classes", func(s *model.Store) (training.History, error) { return run.classes(s, r.config.BinSteps) }, func(s *model.Store) (err error) {
			painted[byLikely], painted[byDraw], err = run.chosen(s)
			return err
		}},
		{byGame, run.adversarial, func(s *model.Store) (err error) {
			painted[byGame], err = run.paintedWithNoise(s)
			return err
		}},
	} {
		store := model.NewStore()
		history, err := part.train(store)
		if err == nil {
			err = part.paint(store)
		}
		store.Finalize()
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
		steps, losses := history.Curve()
		unit := map[string]string{bySquares: "squared levels", "classes": "nats", byGame: "nats of the critic"}[part.name]
		r.result.Curves = append(r.result.Curves, Curve{fmt.Sprintf("%s, seed %d", part.name, run.seed), "step", unit, steps, losses})
	}
	ways := []string{uncoloured, bySquares, byLikely, byDraw, byGame}
	scores := map[string]colourScore{}
	for _, way := range ways {
		s := run.score(painted[way])
		scores[way] = s
		r.add(fmt.Sprintf(mseName, way), s.mse)
		r.add(fmt.Sprintf(validName, way), s.valid)
		r.add(fmt.Sprintf(chromaName, way), s.chroma)
		r.add(fmt.Sprintf(modesName, way), float64(s.modes))
	}
	r.checks(run.seed, scores)
	if illustrate {
		r.result.Pictures = append(r.result.Pictures, run.picture(ways, painted))
	}
	return r.fineTuning(run)
}

const (
	// leastOfTheGame is the share of valid pixels that the adversarial loss must reach in the mean over the seeds; see Colorization
	// for why it is not 0.90.
	leastOfTheGame = 0.5
	// mostOfSquares is the share that the squared error must stay below.
	mostOfSquares = 0.05
)

// checks are the gate.
func (r *coloursReport) checks(seed int64, scores map[string]colourScore) {
	check := func(name, want, got string, passed bool) {
		r.result.Checks = append(r.result.Checks, Check{fmt.Sprintf("%s, seed %d", name, seed), want, got, passed})
	}
	squares, least := scores[bySquares], math.Inf(1)
	for way, s := range scores {
		if way != bySquares {
			least = min(least, s.mse)
		}
	}
	check("squared error has the lowest error", fmt.Sprintf("below the others' least, %.0f", least), fmt.Sprintf("%.0f", squares.mse), squares.mse < least)
	check("squared error, valid pixels", fmt.Sprintf("below %.2f", mostOfSquares), figure3(squares.valid), squares.valid < mostOfSquares)
	check("squared error, chroma", "below 0.5 of the true one", figure3(squares.chroma), squares.chroma < 0.5)
	for _, way := range []string{byDraw, byGame} {
		s, least := scores[way], map[string]float64{byDraw: 0.9, byGame: 1 / float64(r.config.Noise)}[way] // more than a single code
		check(way+", valid pixels", fmt.Sprintf("above %.2f", least), figure3(s.valid), s.valid > least)
		check(way+", plumages used", "at least 2", fmt.Sprint(s.modes), s.modes >= 2)
	}
	check("uncoloured, valid pixels", "0, the control", figure3(scores[uncoloured].valid), scores[uncoloured].valid == 0)
}

// meanCheck is the gate of all seeds together.
func (r *coloursReport) meanCheck() {
	mean := stat.Mean(r.values[fmt.Sprintf(validName, byGame)], nil)
	r.result.Checks = append(r.result.Checks, Check{byGame + ", valid pixels, mean over the seeds", fmt.Sprintf("above %.2f", leastOfTheGame), figure3(mean), mean > leastOfTheGame})
}

// fineTuning compares a beginning from an autoencoder of drawings with one from nothing, after as few steps.
func (r *coloursReport) fineTuning(run coloursRun) error {
	for _, name := range []string{"from an autoencoder", "from nothing"} {
		store := model.NewStore()
		var err error
		if name == "from an autoencoder" {
			_, err = run.drawingsAutoencoder(store, r.config.AutoencoderSteps)
			if err == nil {
				err = store.DeleteVariablesInScope("/optimizer")
			}
		}
		var painted [][]float32
		if err == nil {
			_, err = run.squared(store, r.config.FineTuneSteps)
		}
		if err == nil {
			painted, err = run.painted(store)
		}
		store.Finalize()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r.add(fmt.Sprintf("squared error after %d steps, %s", r.config.FineTuneSteps, name), run.score(painted).mse)
	}
	return nil
}

// score compares coloured test birds with the truth.
func (r coloursRun) score(painted [][]float32) (s colourScore) {
	palette := r.config.Birds.Palette
	pixels, used := 0.0, make([]int, len(palette))
	for i, bird := range r.test {
		votes := make([]int, len(palette))
		for p, whole := range bird.Mask {
			if !whole {
				continue
			}
			pixels++
			colour, truth := [3]float64{}, [3]float64{}
			for c := range colour {
				colour[c], truth[c] = 255*float64(painted[i][3*p+c]), float64(palette[bird.Plumage][c])
				s.mse += (colour[c] - truth[c]) * (colour[c] - truth[c]) / 3
			}
			s.chroma += synth.Chroma(colour) / synth.Chroma(truth)
			for k, plumage := range palette {
				far := 0.0
				for c := range colour {
					far = max(far, math.Abs(colour[c]-float64(plumage[c])))
				}
				if far <= r.config.Near {
					s.valid++
					votes[k]++
				}
			}
		}
		best := 0
		for k, n := range votes {
			if n > votes[best] {
				best = k
			}
		}
		if votes[best] > 0 {
			used[best]++
		}
	}
	s.mse, s.valid, s.chroma = s.mse/pixels, s.valid/pixels, s.chroma/pixels
	for _, n := range used {
		if float64(n) >= 0.05*float64(len(r.test)) {
			s.modes++
		}
	}
	return s
}

// picture is the first test birds, as they are and as each way colours them.
func (r coloursRun) picture(ways []string, painted map[string][][]float32) Picture {
	const shown = 6
	side := r.config.Birds.Side
	picture := Picture{Name: "birds as they are, uncoloured, and coloured by squared error, likely classes, drawn classes, an adversary", Columns: shown}
	for _, bird := range r.test[:min(shown, len(r.test))] {
		picture.Images = append(picture.Images, NewImage("", side, side, 3, unit(bird.Pixels)))
	}
	for _, way := range ways {
		for i := range min(shown, len(r.test)) {
			picture.Images = append(picture.Images, NewImage("", side, side, 3, painted[way][i]))
		}
	}
	return picture
}

func (r *coloursReport) numbers() {
	palette := r.config.Birds.Palette
	expected := map[string]float64{
		fmt.Sprintf(mseName, bySquares):    palette.Error(palette.Mean()),
		fmt.Sprintf(chromaName, bySquares): synth.Chroma(palette.Mean()) / ((synth.Chroma(level(palette[0])) + synth.Chroma(level(palette[1])) + synth.Chroma(level(palette[2]))) / 3),
		fmt.Sprintf(mseName, byDraw):       2 * palette.Error(palette.Mean()),
		fmt.Sprintf(mseName, byGame):       2 * palette.Error(palette.Mean()),
		fmt.Sprintf(validName, uncoloured): 0,
	}
	from := map[string]string{
		fmt.Sprintf(mseName, bySquares): "the mean colour", fmt.Sprintf(chromaName, bySquares): "the mean colour",
		fmt.Sprintf(mseName, byDraw): "any of the three at random", fmt.Sprintf(mseName, byGame): "any of the three at random",
		fmt.Sprintf(validName, uncoloured): "no plumage is grey",
	}
	for _, name := range r.names {
		n := Number{Name: name, Unit: "share", Values: r.values[name], From: from[name]}
		if value, found := expected[name]; found {
			n.Expected = &value
		}
		r.result.Numbers = append(r.result.Numbers, n)
	}
}

func level(colour [3]uint8) [3]float64 {
	return [3]float64{float64(colour[0]), float64(colour[1]), float64(colour[2])}
}
