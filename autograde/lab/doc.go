// Package lab reads a lab: the folder that an instructor writes and everything else is made from.
//
//	labs/lab1-attention/
//	  lab.yaml    id, title, package, points, tasks, limits, allowed imports, forbidden symbols
//	  *.go        the instructor's source; solutions between // BEGIN SOLUTION and // END SOLUTION
//	  public/     package public: var Suite check.Suite, the checks that students see
//	  hidden/     package hidden: var Suite check.Suite, the checks that they do not
//	  wrong/      wrong answers as txtar, each with the verdicts it must get
//	  samples/    sample submissions as txtar
//
// A folder made by `autograde release` is a lab too, without hidden, wrong and samples, and with a manifest.
//
// lab.yaml is read strictly: a key that the package does not know is an error that names its line.
package lab
