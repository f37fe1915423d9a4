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

// w5 trains a convolutional VAE on uniform noise as images of three channels.
func w5() Workload {
	c := vae.DefaultConvolutionalConfig()
	return Workload{
		Name: "W5",
		prepare: train(unclipped(), func(scope *model.Scope, batch []*Node) (*Node, []training.Metric) {
			return vae.NewConvolutional(scope, c).Loss(batch[0], batch[1]).Loss, nil
		}),
		parameter: w5Parameter,
		batch: func(i int) []*tensors.Tensor {
			const rows = 64
			x := Named(fmt.Sprintf("W5/batch%d/x", i)).Uniforms(rows * c.Height * c.Width * c.Channels)
			noise := Named(fmt.Sprintf("W5/batch%d/eps", i)).Normals(rows * c.Latent)
			return []*tensors.Tensor{
				tensors.FromFlatDataAndDimensions(x, rows, c.Height, c.Width, c.Channels),
				tensors.FromFlatDataAndDimensions(noise, rows, c.Latent),
			}
		},
	}
}

var w5Path = regexp.MustCompile(`^/(e|d)(?:n|e)coder/conv_(\d)/weights$`)

// w5Parameter knows the names of the workload: c1.w to c3.w, enc.w, dec.w, t1.w to t3.w.
func w5Parameter(path string) (string, parameterKind) {
	switch path {
	case "/encoder/output/dense/weights":
		return "enc.w", glorot
	case "/decoder/input/dense/weights":
		return "dec.w", glorot
	case "/decoder/output/weights":
		return "t3.w", glorot
	}
	part := w5Path.FindStringSubmatch(path)
	if part == nil {
		return "", constant
	}
	layer, _ := strconv.Atoi(part[2])
	return fmt.Sprintf("%s%d.w", map[string]string{"e": "c", "d": "t"}[part[1]], layer+1), glorot
}
