package gan

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"courselab/coursekit/training"
)

// GeneratorLoss is the name of the generator's loss among the metrics of a history; the discriminator's is the loss itself.
const GeneratorLoss = "generator loss"

// Config says how the two are trained. Start from DefaultConfig.
type Config struct {
	// Loss of the game.
	Loss Loss
	// Noise is Z, the width of the generator's input.
	Noise int
	// Batch is B, the number of examples of one update of either player.
	Batch int
	// Pack is P, how many examples the discriminator judges at once: see [Pack]. It must divide Batch.
	Pack int
	// DiscriminatorSteps is how often the discriminator is updated before the generator is, each time on other examples.
	DiscriminatorSteps int
	// Penalty is the weight of [GradientPenalty] in the discriminator's loss, 0 for none.
	Penalty float64
	// DiscriminatorRate multiplies the learning rate for the discriminator (Heusel et al. 2017 call two rates TTUR).
	DiscriminatorRate float64
	// Separate lets the discriminator judge real and generated examples in two passes, as it must if it looks at its batch:
	// batch normalisation, [WithDeviation]. Else both are one batch of 2·B, which is the same and faster.
	Separate bool
}

// DefaultConfig is the non-saturating loss, 64 dimensions of noise, batches of 64, no packing, one update each.
func DefaultConfig() Config {
	return Config{Noise: 64, Batch: 64, Pack: 1, DiscriminatorSteps: 1, DiscriminatorRate: 1}
}

// Adam returns training.DefaultAdam with the first moment that GANs are trained with, 0.5 (Radford et al. 2016, section 4).
func Adam() training.Adam {
	adam := training.DefaultAdam()
	adam.Beta1 = 0.5
	return adam
}

// Validate returns nil or every rule that is broken.
func (c Config) Validate() error {
	var broken []error
	rule := func(ok bool, format string, args ...any) {
		if !ok {
			broken = append(broken, fmt.Errorf("gan: "+format, args...))
		}
	}
	rule(c.Loss >= 0 && int(c.Loss) < len(lossNames), "Loss is %s", c.Loss)
	rule(c.Noise >= 1, "Noise is %d, must be at least 1", c.Noise)
	rule(c.Batch >= 1, "Batch is %d, must be at least 1", c.Batch)
	rule(c.Pack >= 1 && c.Batch%max(c.Pack, 1) == 0, "Pack is %d, must be at least 1 and divide Batch, which is %d", c.Pack, c.Batch)
	rule(c.DiscriminatorSteps >= 1, "DiscriminatorSteps is %d, must be at least 1", c.DiscriminatorSteps)
	rule(c.Penalty >= 0 && !math.IsInf(c.Penalty, 0), "Penalty is %g, must be finite and at least 0", c.Penalty)
	rule(c.DiscriminatorRate > 0 && !math.IsInf(c.DiscriminatorRate, 0), "DiscriminatorRate is %g, must be finite and more than 0", c.DiscriminatorRate)
	return errors.Join(broken...)
}

// Batches makes the inputs of [Config.Update]: real must return n examples [n, ...] drawn from rng, in float32.
func (c Config) Batches(real func(rng *rand.Rand, n int) (*tensors.Tensor, error)) training.Batches {
	return func(rng *rand.Rand, _ int) ([]*tensors.Tensor, error) {
		all := c.DiscriminatorSteps * c.Batch
		examples, err := real(rng, all)
		if err != nil {
			return nil, err
		}
		batch := []*tensors.Tensor{examples, Noise(rng, all, c.Noise), Noise(rng, c.Batch, c.Noise)}
		if c.Penalty > 0 {
			mix := make([]float32, all/c.Pack)
			for i := range mix {
				mix[i] = rng.Float32()
			}
			batch = append(batch, tensors.FromFlatDataAndDimensions(mix, len(mix), 1))
		}
		return batch, nil
	}
}

// Update is a step of the game: DiscriminatorSteps updates of the discriminator, then one of the generator against the new
// discriminator. With S steps, its inputs are real examples [S·B, ...], noise [S·B, Z] for the discriminator's updates and
// [B, Z] for the generator's and, if there is a penalty, [S·B/P, 1] uniform in [0, 1]. It records the discriminator's last
// loss, its penalty included, and as a metric the generator's ([GeneratorLoss]), both before their updates.
//
// It panics if the configuration is not valid.
func (c Config) Update(generator, discriminator Network) training.Update {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	return func(scope *model.Scope, batch []*graph.Node, optimizer training.Optimizer) (*graph.Node, []training.Metric) {
		want := 3
		if c.Penalty > 0 {
			want = 4
		}
		if len(batch) != want {
			exceptions.Panicf("gan: a step takes %d inputs, got %d: make them with Config.Batches", want, len(batch))
		}
		var discriminatorLoss *graph.Node
		for i := range c.DiscriminatorSteps {
			part := make([]*graph.Node, 0, want)
			for j, input := range batch {
				if j == 2 {
					continue
				}
				rows := input.Shape().Dimensions[0] / c.DiscriminatorSteps
				part = append(part, graph.Slice(input, graph.AxisRange(i*rows, (i+1)*rows)))
			}
			discriminatorLoss = c.DiscriminatorUpdate(scope, generator, discriminator, part, optimizer)
		}
		generatorLoss := c.GeneratorUpdate(scope, generator, discriminator, batch[2], optimizer)
		return discriminatorLoss, []training.Metric{{Name: GeneratorLoss, Value: generatorLoss}}
	}
}

// DiscriminatorUpdate adds one update of the discriminator to the graph and returns its loss before. inputs are real examples
// [B, ...], noise [B, Z] and, if there is a penalty, its mix [B/P, 1].
func (c Config) DiscriminatorUpdate(scope *model.Scope, generator, discriminator Network, inputs []*graph.Node, optimizer training.Optimizer) *graph.Node {
	own := scope.At(DiscriminatorScope)
	fake := graph.StopGradient(generator(scope.At(GeneratorScope), inputs[1]))
	real := inputs[0]
	if !fake.Shape().Equal(real.Shape()) {
		exceptions.Panicf("gan: the generator makes %s, real examples are %s", fake.Shape(), real.Shape())
	}
	real, fake = Pack(real, c.Pack), Pack(fake, c.Pack)
	var realLogits, fakeLogits *graph.Node
	if c.Separate {
		realLogits, fakeLogits = discriminator(own, real), discriminator(own, fake)
	} else {
		logits := discriminator(own, graph.Concatenate([]*graph.Node{real, fake}, 0))
		packs := real.Shape().Dimensions[0]
		realLogits, fakeLogits = graph.Slice(logits, graph.AxisRange(0, packs)), graph.Slice(logits, graph.AxisRange(packs, 2*packs))
	}
	loss := c.Loss.Discriminator(realLogits, fakeLogits)
	if c.Penalty > 0 {
		loss = graph.Add(loss, graph.MulScalar(GradientPenalty(own, discriminator, real, fake, inputs[2]), c.Penalty))
	}
	if c.DiscriminatorRate != 1 {
		optimizer.Rate = graph.MulScalar(optimizer.Rate, c.DiscriminatorRate)
	}
	optimizer.Minimize(own, loss)
	return loss
}

// GeneratorUpdate adds one update of the generator to the graph and returns its loss before. noise is [B, Z].
func (c Config) GeneratorUpdate(scope *model.Scope, generator, discriminator Network, noise *graph.Node, optimizer training.Optimizer) *graph.Node {
	fake := Pack(generator(scope.At(GeneratorScope), noise), c.Pack)
	loss := c.Loss.Generator(discriminator(scope.At(DiscriminatorScope), fake))
	optimizer.Minimize(scope.At(GeneratorScope), loss)
	return loss
}
