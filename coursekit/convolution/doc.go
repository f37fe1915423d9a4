// Package convolution has the building blocks of convolutional networks: convolution, transposed convolution, pooling,
// upsampling and batch normalisation, for images [B, Y, X, C] with the channels last.
//
//	x = activation.Relu(convolution.Layer(scope.In("conv_0"), x, convolution.Halve(32)))           // [B, Y/2, X/2, 32]
//	x = activation.Relu(convolution.TransposeLayer(scope.In("conv_1"), x, convolution.Halve(16)))  // [B, Y, X, 16]
//
// The letters in the shapes: B batch, Y rows, X columns, C channels in, O channels out, K kernel size, S stride, P padding.
// All functions build graphs: they take and return nodes, and panic with the shapes when something does not fit.
//
// # How it is computed
//
// A convolution of stride S is one of stride 1 on the blocks of S by S pixels: with M = ⌈K/S⌉ and the S·S·C values of a block
// made its channels, out[i] = Σ z[i+a]·W[a] over a < M in each direction. That is one matrix product, either of the gathered
// blocks or with the results shifted and added, whichever moves less. A transposed convolution is the same the other way
// round, so that nothing is multiplied by the zeros of a dilated input. On XLA CPU these are 2 to 7 times as fast, forward and
// backward, as input dilation, and at least as fast as its strided convolution. With stride 1, an odd kernel and more than a few channels
// there is nothing to gain, and it is GoMLX's graph.Convolve, whose gradient is right there.
//
// # Differences from GoMLX v0.28
//
//   - The gradient of graph.Convolve with respect to its input is wrong, without a word, on both backends if the kernel's size is even. Here it
//     is right for all sizes.
//   - graph.Convolve has no gradient if its input is dilated, so that a transposed convolution cannot be trained.
//   - The gradient of its BatchNorm leaves out what the batch's statistics depend on, or does not exist on the Go backend;
//     that of MaxPool does not exist there, and that of Interpolate is wrong there.
//
// Sources: lecture 7, "CNN Autoencoder"; Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning"; Shi et al. 2016,
// "Is the deconvolution layer the same as a convolutional layer?", for the blocks; Ioffe and Szegedy 2015, "Batch Normalization".
package convolution
