package workload

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"courselab/coursekit/gan"
	"courselab/coursekit/training"
)

// w6 plays a DCGAN on uniform noise as images: a step of the discriminator, then one of the generator.
func w6() Workload {
	players, game := gan.DefaultConvolutional(), gan.DefaultConfig()
	config := unclipped()
	config.Adam, config.Schedule = gan.Adam(), training.Constant(2e-4)
	return Workload{
		Name:      "W6",
		prepare:   trainUpdate(config, game.Update(players.Generator(), players.Discriminator()), gan.GeneratorLoss),
		parameter: w6Parameter,
		batch: func(i int) []*tensors.Tensor {
			pixels := Named(fmt.Sprintf("W6/batch%d/x", i)).Uniforms(game.Batch * players.Height * players.Width)
			for j := range pixels {
				pixels[j] = 2*pixels[j] - 1
			}
			batch := []*tensors.Tensor{tensors.FromFlatDataAndDimensions(pixels, game.Batch, players.Height, players.Width, players.Channels)}
			for _, name := range []string{"z1", "z2"} {
				noise := Named(fmt.Sprintf("W6/batch%d/%s", i, name)).Normals(game.Batch * game.Noise)
				batch = append(batch, tensors.FromFlatDataAndDimensions(noise, game.Batch, game.Noise))
			}
			return batch
		},
	}
}

// w6Parameter knows the names of the workload.
func w6Parameter(path string) (string, parameterKind) {
	name, found := map[string]string{
		"/generator/input/dense/weights":      "G.fc.w",
		"/generator/conv_0/weights":           "G.t1.w",
		"/generator/output/weights":           "G.t2.w",
		"/discriminator/conv_0/weights":       "D.c1.w",
		"/discriminator/conv_1/weights":       "D.c2.w",
		"/discriminator/output/dense/weights": "D.fc.w",
	}[path]
	if !found {
		return "", constant
	}
	return name, glorot
}
