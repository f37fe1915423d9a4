// Package vision has the lecture's networks for images: classifiers, autoencoders and a colorizer.
//
//	logits := vision.LinearClassifier(scope, x, 10)                        // f(x; W, b) = xW + b
//	logits := vision.CNN(scope, x, vision.DefaultCNN(10))                  // convolutions
//	logits := vision.PatchTransformer(scope, x, vision.DefaultPatches(10)) // patches into the encoder that reads sentences
//
//	a := vision.NewAutoencoder(scope, config)
//	loss := a.Loss(x) // |decode(encode(x)) - x|²
//
// The letters in the shapes: B batch, Y rows, X columns, C channels, L patches, D model width, Z latent, K classes or colour bins. Images are
// [B, Y, X, C] with values in [0, 1]. All functions build graphs: they take and return nodes, and panic with the shapes when
// something does not fit.
//
// Sources: lecture 7, "Universal encoders", "Autoencoders", "CNN autoencoder", "Fine-tuning: colorization", and the quiz's linear
// classifier; others where they are used.
package vision

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/gomlx/gomlx/support/exceptions"
)

// xavier is scope with Xavier uniform weights and zero biases.
func xavier(scope *model.Scope) *model.Scope {
	return scope.WithInitializer(initializer.XavierUniformFn(scope))
}

// flatten is [B, Y·X·C].
func flatten(x *Node) *Node {
	return Reshape(x, x.Shape().Dimensions[0], -1)
}

// checkImages panics if x is not [B, Y, X, C].
func checkImages(what string, x *Node) {
	if x.Rank() != 4 || !x.DType().IsFloat() {
		exceptions.Panicf("vision: %s wants images [B, Y, X, C] of a floating point type, got %s", what, x.Shape())
	}
}
