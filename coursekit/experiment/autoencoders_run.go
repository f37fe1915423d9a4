package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/stat"

	"courselab/coursekit/metric"
	"courselab/coursekit/training"
	"courselab/coursekit/vision"
)

// autoencodersReport collects what is measured with each seed.
type autoencodersReport struct {
	run       autoencodersRun
	pca       pca
	pcaErrors map[int]float64
	names     []string // of the values, in their order
	units     map[string]string
	values    map[string][]float64
	result    *Result
}

func (r *autoencodersReport) add(name, unit string, value float64) {
	if _, found := r.values[name]; !found {
		r.names = append(r.names, name)
		if r.units == nil {
			r.units = map[string]string{}
		}
		r.units[name] = unit
	}
	r.values[name] = append(r.values[name], value)
}

func (r *autoencodersReport) numbers() {
	for _, name := range r.names {
		r.result.Numbers = append(r.result.Numbers, Number{Name: name, Unit: r.units[name], Values: r.values[name]})
	}
}

// compareProbes compares the probes of the better autoencoder with those of as many principal components, on average over the seeds: one
// seed's difference can be a handful of test images.
func (r *autoencodersReport) compareProbes() {
	mean := func(kind string, n int) float64 {
		return stat.Mean(r.values[fmt.Sprintf("probe of %s, %d labels", kind, n)], nil)
	}
	for _, n := range r.run.config.Labelled {
		best, components := max(mean("dense", n), mean("convolutional", n)), mean("PCA", n)
		r.result.Checks = append(r.result.Checks, Check{fmt.Sprintf("probe of the better autoencoder, %d labels, mean over the seeds", n),
			fmt.Sprintf("at least PCA's %.4f", components), figure3(best), best >= components})
	}
}

func (r *autoencodersReport) check(seed int64, name, want string, got float64, passed bool) {
	r.result.Checks = append(r.result.Checks, Check{fmt.Sprintf("%s, seed %d", name, seed), want, figure3(got), passed})
}

// seed trains and scores everything with one seed.
func (r *autoencodersReport) seed(seed int64, illustrate bool) error {
	c := r.run.config
	features := map[string][2][][]float32{}
	widest := c.Dense[len(c.Dense)-1]
	for _, part := range []struct {
		kind   vision.Kind
		widths []int
	}{{vision.Linear, c.Linear}, {vision.Dense, c.Dense}, {vision.Convolutional, []int{widest}}} {
		for _, k := range part.widths {
			name := fmt.Sprintf("%s, k = %d", part.kind, k)
			a, err := r.run.one(part.kind, k, seed)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			r.add(name, "squared error", a.err)
			steps, losses := a.history.Curve()
			r.result.Curves = append(r.result.Curves, Curve{fmt.Sprintf("%s, seed %d", name, seed), "step", "squared error", steps, losses})
			switch {
			case part.kind == vision.Linear:
				bound := r.pcaErrors[k] * (1 + c.Within)
				r.check(seed, name, fmt.Sprintf("within %g %% of PCA's %.2f: at most %.2f", 100*c.Within, r.pcaErrors[k], bound), a.err, a.err <= bound)
			case part.kind == vision.Dense && slices.Contains(c.BelowAt, k):
				bound := r.pcaErrors[k] * c.Below
				r.check(seed, name, fmt.Sprintf("below %g of PCA's %.2f: less than %.2f", c.Below, r.pcaErrors[k], bound), a.err, a.err < bound)
			}
			if k == widest && part.kind != vision.Linear {
				features[part.kind.String()] = a.codes
			}
			if illustrate {
				r.illustrate(part.kind, k, a)
			}
			if part.kind == vision.Dense && k == widest {
				r.add("dense, not trained", "squared error", a.before)
				r.check(seed, "dense, not trained", fmt.Sprintf("above the mean image's %.2f", r.pcaErrors[0]), a.before, a.before > r.pcaErrors[0])
			}
		}
	}
	features["PCA"] = [2][][]float32{r.pca.encode(r.run.trainRows, widest), r.pca.encode(r.run.testRows, widest)}
	twice := fmt.Sprintf("PCA, k = %d", 2*widest)
	features[twice] = [2][][]float32{r.pca.encode(r.run.trainRows, 2*widest), r.pca.encode(r.run.testRows, 2*widest)}
	features["pixels"] = [2][][]float32{r.run.trainRows, r.run.testRows}
	return r.probes(seed, features, []string{"pixels", "PCA", twice, "dense", "convolutional"})
}

// autoencoded is a trained autoencoder's work.
type autoencoded struct {
	history     training.History
	before, err float64        // squared error on the test images, not trained and trained
	codes       [2][][]float32 // of the training and of the test images
	made        [][]float32    // test images made again
}

func (r autoencodersRun) one(kind vision.Kind, k int, seed int64) (result autoencoded, err error) {
	config, f := r.kind(kind, k)
	store := model.NewStore()
	defer store.Finalize()
	encode := func(scope *model.Scope, x *graph.Node) *graph.Node {
		return vision.NewAutoencoder(scope, config).Encode(x)
	}
	both := func(scope *model.Scope, x *graph.Node) *graph.Node {
		a := vision.NewAutoencoder(scope, config)
		return a.Decode(a.Encode(x))
	}
	dims := []int{r.test.Height, r.test.Width, r.test.Channels}
	if kind == vision.Dense {
		fresh := model.NewStore()
		fresh.SetParam(model.ParamInitialSeed, seed)
		made, err := outputs(r.backend, fresh, r.testRows, dims, both)
		if err != nil {
			return result, err
		}
		result.before = meanSquaredError(made, r.testRows)
		fresh.Finalize()
	}
	if result.history, err = f.train(r.backend, store, seed, func(scope *model.Scope, batch []*graph.Node) (*graph.Node, []training.Metric) {
		return vision.NewAutoencoder(scope, config).Loss(batch[0]), nil
	}, unlabelled(shuffledImages(r.train, r.config.Batch, seed))); err != nil {
		return result, err
	}
	if result.made, err = outputs(r.backend, store, r.testRows, dims, both); err != nil {
		return result, err
	}
	result.err = meanSquaredError(result.made, r.testRows)
	for i, rows := range [][][]float32{r.trainRows, r.testRows} {
		if result.codes[i], err = outputs(r.backend, store, rows, dims, encode); err != nil {
			return result, err
		}
	}
	return result, nil
}

// probes scores what can be read off the features: by a matrix with few labels, and by the nearest neighbour with all.
func (r *autoencodersReport) probes(seed int64, features map[string][2][][]float32, kinds []string) error {
	c := r.run.config
	for _, n := range c.Labelled {
		means := map[string]float64{}
		for draw := range c.Draws {
			at := training.Rand(seed, -1000-draw).Perm(c.Train)[:n]
			labels := make([]int32, n)
			for i, j := range at {
				labels[i] = r.run.train.Labels[j]
			}
			for _, kind := range kinds {
				some := make([][]float32, n)
				for i, j := range at {
					some[i] = features[kind][0][j]
				}
				scaled := standardise(some, some, features[kind][1])
				probe, err := metric.FitRidge(scaled[0], labels, 10, c.Penalty)
				if err != nil {
					return err
				}
				accuracy, err := metric.ProbeAccuracy(probe, scaled[1], r.run.test.Labels)
				if err != nil {
					return err
				}
				means[kind] += accuracy / float64(c.Draws)
			}
		}
		for _, kind := range kinds {
			r.add(fmt.Sprintf("probe of %s, %d labels", kind, n), "accuracy", means[kind])
		}
	}
	for _, kind := range kinds[1:] { // not of pixels, which cost most
		accuracy, err := metric.NearestNeighbourAccuracy(features[kind][0], r.run.train.Labels, features[kind][1], r.run.test.Labels)
		if err != nil {
			return err
		}
		r.add("nearest neighbour in "+kind, "accuracy", accuracy)
	}
	return nil
}

// standardise shifts and scales the columns of both by mean and deviation of like; a column without deviation becomes 0.
func standardise(like [][]float32, both ...[][]float32) [][][]float32 {
	width := len(like[0])
	mean, scale := make([]float64, width), make([]float64, width)
	for j := range width {
		for _, row := range like {
			mean[j] += float64(row[j]) / float64(len(like))
		}
		for _, row := range like {
			scale[j] += (float64(row[j]) - mean[j]) * (float64(row[j]) - mean[j]) / float64(len(like))
		}
		if scale[j] > 0 {
			scale[j] = 1 / math.Sqrt(scale[j])
		}
	}
	result := make([][][]float32, len(both))
	for i, list := range both {
		result[i] = make([][]float32, len(list))
		for n, row := range list {
			result[i][n] = make([]float32, width)
			for j, v := range row {
				result[i][n][j] = float32((float64(v) - mean[j]) * scale[j])
			}
		}
	}
	return result
}

// illustrate draws the first test images with what was made of them, and the plane of a latent width of 2.
func (r *autoencodersReport) illustrate(kind vision.Kind, k int, a autoencoded) {
	const shown = 8
	height, width := r.run.test.Height, r.run.test.Width
	if kind == vision.Dense {
		picture := Picture{Name: fmt.Sprintf("digits, then made again from k = %d: dense autoencoder, PCA", k), Columns: shown}
		again := r.pca.decode(r.pca.encode(r.run.testRows[:shown], k))
		for _, list := range [][][]float32{r.run.testRows, a.made, again} {
			for i := range shown {
				picture.Images = append(picture.Images, NewImage("", height, width, 1, list[i]))
			}
		}
		r.result.Pictures = append(r.result.Pictures, picture)
	}
	if k != 2 || kind == vision.Convolutional {
		return
	}
	points := Points{Name: fmt.Sprintf("test images in two dimensions, %s autoencoder", kind), XLabel: "latent 0", YLabel: "latent 1"}
	for class := range int32(10) {
		set := PointSet{Name: fmt.Sprint(class)}
		for i, code := range a.codes[1][:min(500, len(a.codes[1]))] {
			if r.run.test.Labels[i] == class {
				set.X, set.Y = append(set.X, float64(code[0])), append(set.Y, float64(code[1]))
			}
		}
		points.Sets = append(points.Sets, set)
	}
	r.result.Points = append(r.result.Points, points)
}

// meanSquaredError is summed over a row and averaged over the rows.
func meanSquaredError(a, b [][]float32) float64 {
	sum := 0.0
	for i := range a {
		for j := range a[i] {
			d := float64(a[i][j]) - float64(b[i][j])
			sum += d * d
		}
	}
	return sum / float64(len(a))
}

// unlabelled leaves the labels out of the batches.
func unlabelled(batches training.Batches) training.Batches {
	return func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		batch, err := batches(rng, step)
		if err != nil {
			return nil, err
		}
		for _, t := range batch[1:] {
			t.MustFinalizeAll()
		}
		return batch[:1], nil
	}
}
