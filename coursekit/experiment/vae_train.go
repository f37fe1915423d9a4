package experiment

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/gan"
	"courselab/coursekit/training"
	"courselab/coursekit/vae"
	"courselab/datasets/images"
	"courselab/datasets/tensor"
)

// autoencoder is a VAE of two perceptrons on digits, or the same without noise and KL: a plain autoencoder.
type autoencoder struct {
	config  vae.Config
	plain   bool
	backend compute.Backend
	store   *model.Store
	history training.History
}

// autoencoderRun says how one is trained.
type autoencoderRun struct {
	steps, batch int
	rate         float64
	seed         int64
	name         string
	quiet        bool
	progress     io.Writer
}

// trainAutoencoder trains a fresh one.
func trainAutoencoder(b compute.Backend, d digits, config vae.Config, plain bool, run autoencoderRun) (*autoencoder, error) {
	a := &autoencoder{config: config, plain: plain, backend: b, store: model.NewStore()}
	c := training.DefaultConfig()
	c.Seed, c.Steps, c.Schedule = run.seed, run.steps, training.Cosine(run.rate, 0, run.steps)
	c.Name, c.Quiet, c.Progress = run.name, run.quiet, run.progress
	pictures := d.batches(run.seed, run.batch)
	loop, err := training.New(b, a.store, c, a.objective, func(rng *rand.Rand, step int) ([]*tensors.Tensor, error) {
		batch, err := pictures(rng, step)
		if !plain {
			batch = append(batch, gan.Noise(rng, run.batch, config.Latent))
		}
		return batch, err
	})
	if err != nil {
		return nil, err
	}
	a.history, err = loop.Run(context.Background())
	return a, err
}

func (a *autoencoder) objective(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
	m, x := vae.New(scope, a.config), flatten(batch[0])
	if a.plain {
		mu, _ := m.Encode(x)
		return Neg(ReduceAllMean(vae.BernoulliLogLikelihood(x, m.Decode(mu)))), nil
	}
	terms := m.Loss(x, batch[1])
	return terms.Loss, []training.Metric{{Name: "KL", Value: ReduceAllMean(terms.KL)}}
}

// posteriors is what became of a data set.
type posteriors struct {
	reconstruction float64     // -log p(x|z) in nats an image, one noise each
	kl             float64     // in nats an image
	perDimension   []float64   // KL of each dimension
	mu             [][]float32 // [N, Z]
	active         int
	images         []float32 // mean images of z, [N, X]
}

// measure encodes and decodes a data set. For a plain autoencoder z is the code, and there is no KL.
func (a *autoencoder) measure(set images.Set, seed int64) (posteriors, error) {
	exec, err := model.NewExec(a.backend, a.store, func(scope *model.Scope, in []*Node) []*Node {
		m, x := vae.New(scope, a.config), flatten(in[0])
		mu, logVar := m.Encode(x)
		z := vae.Reparameterise(mu, logVar, in[1])
		logits := m.Decode(z)
		return []*Node{ReduceAllMean(vae.BernoulliLogLikelihood(x, logits)), ReduceMean(vae.KLPerDimension(mu, logVar), 0), mu, Sigmoid(logits)}
	})
	if err != nil {
		return posteriors{}, err
	}
	defer exec.Finalize()
	noise := tensors.FromFlatDataAndDimensions(make([]float32, set.Len()*a.config.Latent), set.Len(), a.config.Latent)
	if !a.plain {
		noise = gan.Noise(training.Rand(seed, 0), set.Len(), a.config.Latent) // step 0 is never trained: its stream is free
	}
	out, err := exec.Call(tensor.AllImages(set), noise)
	if err != nil {
		return posteriors{}, err
	}
	p := posteriors{
		reconstruction: -float64(tensors.ToScalar[float32](out[0])), perDimension: widen(tensors.MustCopyFlatData[float32](out[1])),
		mu: out[2].Value().([][]float32), images: tensors.MustCopyFlatData[float32](out[3]),
	}
	for _, kl := range p.perDimension {
		p.kl += kl
	}
	if p.active, _, err = vae.ActiveUnits(p.mu); err != nil {
		return posteriors{}, err
	}
	return p, nil
}

// decode returns the mean images [N, 784] of latent vectors [N, Z].
func (a *autoencoder) decode(z *tensors.Tensor) (*tensors.Tensor, error) {
	return model.CallOnce(a.backend, a.store, func(scope *model.Scope, z *Node) *Node {
		return Sigmoid(vae.New(scope, a.config).Decode(z))
	}, z)
}

func (a *autoencoder) release() {
	if a != nil && a.store != nil {
		a.store.Finalize()
	}
}

// codesLike draws rows from a normal distribution with the mean and variance of each dimension of the codes.
func codesLike(rng *rand.Rand, codes [][]float32, rows int) *tensors.Tensor {
	width := len(codes[0])
	mean, variance := make([]float64, width), make([]float64, width)
	for _, code := range codes {
		for k, x := range code {
			mean[k] += float64(x) / float64(len(codes))
		}
	}
	for _, code := range codes {
		for k, x := range code {
			d := float64(x) - mean[k]
			variance[k] += d * d / float64(len(codes))
		}
	}
	values := make([]float32, rows*width)
	for i := range values {
		values[i] = float32(mean[i%width] + math.Sqrt(variance[i%width])*rng.NormFloat64())
	}
	return tensors.FromFlatDataAndDimensions(values, rows, width)
}

// meanImageNats is -log p(x) in nats an image, if every image is drawn pixel by pixel from the mean of the training images.
func meanImageNats(d digits) float64 {
	mean := d.train.Mean()
	total := 0.0
	for i := range d.test.Len() {
		for j, pixel := range d.test.Item(i) {
			p, x := mean[j], float64(pixel)/255
			// Pixels that are never inked would have infinite cost where the test images have ink.
			p = math.Min(math.Max(p, 1e-4), 1-1e-4)
			total -= x*math.Log(p) + (1-x)*math.Log(1-p)
		}
	}
	return total / float64(d.test.Len())
}

// sharpness is the mean squared difference of neighbouring pixels, of images [N, side·side] in [0, 1]: blur lowers it.
func sharpness(values []float32, side int) float64 {
	sum, n := 0.0, 0
	for i := range values {
		column, row := i%side, i/side%side
		if column > 0 {
			d := float64(values[i] - values[i-1])
			sum, n = sum+d*d, n+1
		}
		if row > 0 {
			d := float64(values[i] - values[i-side])
			sum, n = sum+d*d, n+1
		}
	}
	return sum / float64(n)
}

// pixels are the values of images in [0, 1], one image after the other.
func pixels(set images.Set) []float32 {
	return tensors.MustCopyFlatData[float32](tensor.AllImages(set))
}

func seedName(what string, seed int64) string { return fmt.Sprintf("%s, seed %d", what, seed) }
