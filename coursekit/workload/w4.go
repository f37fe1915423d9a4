package workload

import (
	"fmt"
	"regexp"
	"strconv"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
	"courselab/coursekit/vae"
)

// w4 trains a VAE of two perceptrons on uniform noise as images.
func w4() Workload {
	c := vae.DefaultConfig()
	return Workload{
		Name: "W4",
		prepare: train(unclipped(), func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			return vae.New(scope, c).Loss(batch[0], batch[1]).Loss, nil
		}),
		parameter: w4Parameter,
		batch: func(i int) []*tensors.Tensor {
			const rows = 128
			x := Named(fmt.Sprintf("W4/batch%d/x", i)).Uniforms(rows * c.Inputs)
			noise := Named(fmt.Sprintf("W4/batch%d/eps", i)).Normals(rows * c.Latent)
			return []*tensors.Tensor{
				tensors.FromFlatDataAndDimensions(x, rows, c.Inputs),
				tensors.FromFlatDataAndDimensions(noise, rows, c.Latent),
			}
		},
	}
}

var w4Path = regexp.MustCompile(`^/(e|d)(?:n|e)coder/(?:hidden_(\d)|output)/dense/weights$`)

// w4Parameter knows the names of the workload: e1.w to e3.w and d1.w to d3.w.
func w4Parameter(path string) (string, parameterKind) {
	part := w4Path.FindStringSubmatch(path)
	if part == nil {
		return "", constant
	}
	layer := 2 // the output layer, after hidden_0 and hidden_1
	if part[2] != "" {
		layer, _ = strconv.Atoi(part[2])
	}
	return fmt.Sprintf("%s%d.w", part[1], layer+1), glorot
}
