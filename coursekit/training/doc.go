// Package training is the loop that turns a loss into trained variables, written so that a run can be
// repeated and resumed bit for bit.
//
//	loop, err := training.New(backend, store, config, objective, batches)
//	history, err := loop.Run(ctx)
//
// Four ideas make a run repeatable:
//
//  1. A batch is a function of (seed, step) and of nothing else, see Batches. There is no iterator whose
//     position could be lost, no shuffle buffer to save.
//  2. What the host decides at each step (the learning rate) is computed in float64 from the step number
//     and enters the graph as an input, see Schedule.
//  3. Everything else is a variable of the model's Store: parameters, Adam's moments and step count, the
//     state of the random number generator that dropout draws from. A checkpoint is all of them, plus the
//     History so far.
//  4. The first parameters are drawn on the Go backend, whatever the backend of the run, so that a seed means the
//     same parameters everywhere.
//
// The same backend, seed, batch and code then give the same bits; two backends do not (the bits of dropout and
// the order of additions differ), so compare runs across backends by tolerance only.
//
// What comes from GoMLX: graphs, gradients, random state, and the format of the checkpoint's files. Its
// train.Trainer is not used, as it keeps the learning rate in a variable and takes its batches from an iterator;
// nor are its checkpoints alone, which are written in place, where a kill leaves half a file that the next start
// trips over. Adam says what is different from GoMLX's.
package training
