// Package coursekit is a library of deep-learning building blocks on GoMLX, one package a noun. This page is the map.
//
// From the lecture to the code:
//
//	lecture 7                              package                    notebook                   lab
//	language models                        text, experiment (M2b, M3) 01-language-models         lab0-warmup
//	tokens, mini-batches                   text                       03-tokens
//	word embeddings                        embed, experiment (M4)     02-embeddings
//	RNNs, truncated back-propagation       rnn, experiment (M5, M19)  04-rnn
//	attention, heads, masks                attention                  05-attention               lab1-attention
//	positional encodings                   position                   06-positions               lab1-attention
//	Transformers                           transformer                07-transformer             lab2-transformer
//	layer normalization, residuals         transformer (M10)          11-layernorm               lab2-transformer
//	autoregressive, prefix, bidirectional  transformer (M7)           10-masks
//	"How would we train a Transformer?"    training, experiment (M6)  08-training
//	outputs fed back, sampling, beams      decode, experiment (M11)   09-decoding                lab2-transformer
//	contextual vectors, BERT               bert, experiment (M8, M9, M21) 12-contextual, 13-bert lab3-bert
//	discriminative, generative, Bayes      metric                     14-bayes
//	convolutional networks                 convolution, vision
//	linear image classifier, patches       vision, experiment (M20)   19-patches                 lab0-warmup
//	autoencoders                           vision, experiment (M12)   15-autoencoders
//	colouring a bird: averages             vision, experiment (M15)   17-colorization            lab4-vae
//	variational autoencoders               vae, experiment (M13, M14) 16-vae                     lab4-vae
//	generative adversarial networks        gan, experiment (M16, M17) 18-gan                     lab5-gan
//	midterm debrief                        debrief, experiment (M22)  20-debrief
//	the slides' numbers                    worked, experiment (M1)    all                        all
//
// What each package is for:
//
//	attention    scaled dot-product, several heads, masks; the weights come out
//	backend      opens XLA (GPU or CPU) or pure Go, whichever works, without the network
//	bert         masked words, sentence pairs, heads; Hugging Face's checkpoints, in and out
//	cmd          the commands lab, which runs milestones, and bench, which times workloads
//	convolution  convolution and its transpose, pooling, batch normalisation, all with gradients
//	customgradient  a function with a gradient written by hand
//	debrief      the midterm's questions: verdict, reason and a demonstration a choice
//	decode       from a trained model to sequences: greedy, sampled, beams; any model, with a cache if it has one
//	embed        vectors of words: skip-gram with negative sampling, PPMI; neighbours, analogies
//	experiment   one function a milestone: Config in, Result out
//	gan          two networks that play: losses, gradient penalty, packing; two optimizers in a step
//	gradcheck    for tests: GoMLX's gradients against finite differences
//	metric       scores of predictions, on the host
//	notebook     what a cell says to its reader; the only package that knows GoNB
//	plot         figures as small static SVG and PNG
//	position     sinusoidal, learned and rotary positions
//	rnn          vanilla, LSTM, GRU; lengths, both directions, truncated back-propagation, seq2seq with attention
//	text         vocabularies; words, characters, WordPiece and BPE; padded batches; n-grams, bag of words
//	training     the loop: history, evaluation, checkpoints that resume bit for bit
//	transformer  encoder, decoder, encoder-decoder, language models of one stack; steps from a KV cache
//	vae          the terms of the ELBO, perceptrons and convolutions, active units, interpolation
//	vision       classifiers of images, patches into the Transformer, autoencoders, a colorizer
//	worked       the lecture's numbers as data, with how each is known
//	workload     what is timed against JAX and PyTorch
//
// Three conventions hold everywhere:
//
//   - Graph functions take and return nodes and panic, naming the shapes, while the graph is built; everything else
//     returns an error.
//   - Shapes stand in brackets, with the letters B batch, L length, D model width, H heads, K width of a head,
//     V vocabulary, Z latent, C channels. In a mask, true means "may attend".
//   - What draws random numbers takes a seed, and a result says which seed and backend it came from.
package coursekit
