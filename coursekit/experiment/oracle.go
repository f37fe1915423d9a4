package experiment

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/layers"
	"github.com/gomlx/gomlx/ml/layers/activation"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
	"courselab/datasets"
	"courselab/datasets/images"
	"courselab/datasets/synth"
	"courselab/datasets/tensor"
)

// digits are images of ten classes, to learn from and to test on.
type digits struct {
	train, test images.Set
}

// loadDigits loads MNIST or, if draw is not 0, draws so many digits with a steady hand, and a quarter of that to test on.
//
// It returns an error that says what to put where if MNIST is needed and not there (datasets.ErrNotFound).
func loadDigits(draw int) (digits, error) {
	if draw == 0 {
		loaded, err := datasets.LoadImages("mnist")
		return digits{loaded.Train, loaded.Test}, err
	}
	drawn, err := synth.Digits{Jitter: 0.5}.Set(1, 0, draw+draw/4)
	if err != nil {
		return digits{}, err
	}
	return digits{drawn.Slice(0, draw), drawn.Slice(draw, drawn.Len())}, nil
}

// batches are the training images in epochs, [B, 28, 28, 1] in [0, 1].
func (d digits) batches(seed int64, batch int) training.Batches {
	order := training.NewShuffle(seed, d.train.Len(), batch)
	return func(_ *rand.Rand, step int) ([]*tensors.Tensor, error) {
		return []*tensors.Tensor{tensor.Images(d.train, order.At(step))}, nil
	}
}

// flatten makes images [B, H, W, C] vectors [B, X].
func flatten(x *Node) *Node { return Reshape(x, x.Shape().Dimensions[0], -1) }

// oracle is a classifier that judges what others make. An ordinary one is sure about half of all pixel noise; this one also
// sees what is no digit, and learns to be unsure of it: blends of two digits, whose label is a blend (mixup, Zhang et al.
// 2018), and noise, whose label is every class alike.
type oracle struct {
	// Accuracy on the test images.
	accuracy float64
	store    *model.Store
	exec     *model.Exec
}

// oracleSure is the probability that the oracle must give a class to call an image valid.
const oracleSure = 0.9

// classes of digits.
const classes = 10

// oracleModel returns logits [B, 10] and the features [B, 64] that they are linear in.
func oracleModel(scope *model.Scope, x *Node) (logits, features *Node) {
	features = activation.Relu(layers.DenseWithBias(scope.At("hidden"), flatten(x), 128))
	features = activation.Relu(layers.DenseWithBias(scope.At("features"), features, 64))
	return layers.DenseWithBias(scope.At("output"), features, classes), features
}

// oracleBatches are 48 digits, 24 blends and 24 images of noise, with the probabilities of their classes.
func (d digits) oracleBatches(seed int64) training.Batches {
	const plain, blends, rows, size = 48, 24, 96, synth.DigitSide * synth.DigitSide
	order := training.NewShuffle(seed, d.train.Len(), plain+2*blends)
	return func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		x, want := make([]float32, rows*size), make([]float32, rows*classes)
		add := func(row, i int, weight float32) {
			for j, pixel := range d.train.Item(i) {
				x[row*size+j] += weight * float32(pixel) / 255
			}
			want[row*classes+int(d.train.Labels[i])] += weight
		}
		chosen := order.At(step)
		for row := range plain {
			add(row, chosen[row], 1)
		}
		for row := plain; row < plain+blends; row++ {
			weight := 0.2 + 0.6*rng.Float32()
			add(row, chosen[row], weight)
			add(row, chosen[row+blends], 1-weight)
		}
		for row := plain + blends; row < rows; row++ {
			level := rng.Float32()
			for j := range size {
				x[row*size+j] = level * rng.Float32()
			}
			for class := range classes {
				want[row*classes+class] = 1. / classes
			}
		}
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, rows, size), tensors.FromFlatDataAndDimensions(want, rows, classes)}, nil
	}
}

// trainOracle trains the classifier, a perceptron 784-128-64-10, on the training images.
func trainOracle(b compute.Backend, d digits, steps int, seed int64) (*oracle, error) {
	o := &oracle{store: model.NewStore()}
	config := training.DefaultConfig()
	config.Seed, config.Steps, config.Quiet, config.RecordEvery = seed, steps, true, steps
	config.Schedule = training.Cosine(3e-3, 0, steps)
	loop, err := training.New(b, o.store, config, func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
		logits, _ := oracleModel(scope, batch[0])
		return Neg(ReduceAllMean(ReduceSum(Mul(LogSoftmax(logits, -1), batch[1]), -1))), nil
	}, d.oracleBatches(seed))
	if err == nil {
		_, err = loop.Run(context.Background())
	}
	if err == nil {
		o.exec, err = model.NewExec(b, o.store, func(scope *model.Scope, x *Node) []*Node {
			logits, features := oracleModel(scope, x)
			return []*Node{features, Softmax(logits, -1)}
		})
	}
	if err != nil {
		return nil, fmt.Errorf("oracle: %w", err)
	}
	verdict, err := o.judge(imagesOf(d.test))
	if err != nil {
		return nil, err
	}
	for i, label := range d.test.Labels {
		if verdict.classes[i] == int(label) {
			o.accuracy += 1 / float64(d.test.Len())
		}
	}
	return o, nil
}

// verdict is what the oracle says about images.
type verdict struct {
	features [][]float32 // [B, 64]
	classes  []int       // the most likely of each image
	valid    float64     // share of images whose class has a probability above oracleSure
	shares   []float64   // of the classes
}

// judge classifies images [B, 28, 28, 1] or [B, 784] in [0, 1].
func (o *oracle) judge(x *tensors.Tensor) (verdict, error) {
	out, err := o.exec.Call(x)
	if err != nil {
		return verdict{}, fmt.Errorf("oracle: %w", err)
	}
	probabilities := out[1].Value().([][]float32)
	v := verdict{features: out[0].Value().([][]float32), shares: make([]float64, classes)}
	for _, row := range probabilities {
		best := 0
		for class, p := range row {
			if p > row[best] {
				best = class
			}
		}
		v.classes = append(v.classes, best)
		v.shares[best] += 1 / float64(len(probabilities))
		if row[best] > oracleSure {
			v.valid += 1 / float64(len(probabilities))
		}
	}
	return v, nil
}

// release frees the oracle's memory.
func (o *oracle) release() {
	o.exec.Finalize()
	o.store.Finalize()
}

// gallery is the first n images [N, 28, 28, 1] or [N, 784] as a picture.
func gallery(name string, columns, n int, values []float32) Picture {
	const side = synth.DigitSide
	p := Picture{Name: name, Columns: columns}
	for i := range n {
		p.Images = append(p.Images, NewImage("", side, side, 1, values[i*side*side:(i+1)*side*side]))
	}
	return p
}

// imagesOf are all images of a set, [N, 28, 28, 1] in [0, 1].
func imagesOf(set images.Set) *tensors.Tensor { return tensor.AllImages(set) }

// noiseImages are n images of uniform noise, [n, 784].
func noiseImages(rng *rand.Rand, n int) *tensors.Tensor {
	const size = synth.DigitSide * synth.DigitSide
	values := make([]float32, n*size)
	for i := range values {
		values[i] = rng.Float32()
	}
	return tensors.FromFlatDataAndDimensions(values, n, size)
}
