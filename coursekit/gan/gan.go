// Package gan is the lecture's generative adversarial network: two networks in one store, each with a loss and an
// optimizer of its own, and what keeps the first from making the same thing again and again.
//
//	config := gan.DefaultConfig()
//	update := config.Update(generator, discriminator) // two graph functions, see Perceptron and Convolutional
//	loop, err := training.NewUpdate(backend, store, trainingConfig, update, config.Batches(real))
//	history, err := loop.Run(ctx)
//	sampler, err := gan.NewSampler(backend, store, generator)
//	samples, err := sampler.Sample(gan.Noise(rng, 100, config.Noise))
//
// The letters in the shapes: B batch, Z latent, X values of an example, P examples of a pack, H height, W width, C channels.
//
// Considerations:
//
//   - The variables lie under /generator and /discriminator, and each player's update takes the gradient with respect to its
//     own alone: a step of one leaves the other as it was, bit for bit.
//   - The discriminator's gradient reaches the generator through the discriminator's new variables, which are constants there:
//     an update is never differentiated.
//   - A loss of a GAN is no measure of quality: the generator's falls when the discriminator gets worse. Count modes, or
//     compare features (package metric).
//   - All randomness is drawn on the host from the run's seed and the step, so that a run can be resumed, and the noise is the
//     same on every backend.
//
// Sources: lecture "Generative adversarial networks"; Goodfellow et al. 2014, "Generative Adversarial Nets"; others where
// they are used.
package gan

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Network is a graph function whose variables lie under scope. It may be called more than once on the same scope, and then
// shares them: use Scope.At, not Scope.In.
//
// A generator takes noise [B, Z] and returns examples [B, ...]. A discriminator takes examples [B, ...], or packs of them
// (see [Pack]), and returns logits [B] or [B, 1]: the log-odds that they are real, or, with the Wasserstein loss, any score
// that is high for real ones.
type Network func(scope *model.Scope, x *graph.Node) *graph.Node

// Scopes of the two players, under the root.
const (
	GeneratorScope     = "generator"
	DiscriminatorScope = "discriminator"
)

// Noise returns a sample of N(0, I), [rows, width], in float32.
func Noise(rng *rand.Rand, rows, width int) *tensors.Tensor {
	values := make([]float32, rows*width)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	return tensors.FromFlatDataAndDimensions(values, rows, width)
}

// Sampler draws examples from a generator. Make it with [NewSampler].
type Sampler struct {
	exec *model.Exec
}

// NewSampler prepares a generator whose variables are in the store, trained or not. The store may go on being trained: each
// call uses the values of its time.
func NewSampler(b compute.Backend, store *model.Store, generator Network) (*Sampler, error) {
	exec, err := model.NewExec(b, store, func(scope *model.Scope, noise *graph.Node) *graph.Node {
		return generator(scope.At(GeneratorScope), noise)
	})
	if err != nil {
		return nil, fmt.Errorf("gan: preparing the generator: %w", err)
	}
	return &Sampler{exec: exec}, nil
}

// Sample returns the generator's examples [B, ...] for noise [B, Z]. Each new B is compiled anew.
func (s *Sampler) Sample(noise *tensors.Tensor) (*tensors.Tensor, error) {
	samples, err := s.exec.Call(noise)
	if err != nil {
		return nil, fmt.Errorf("gan: sampling from noise %s: %w", noise.Shape(), err)
	}
	return samples[0], nil
}

// Finalize frees what was compiled.
func (s *Sampler) Finalize() { s.exec.Finalize() }
