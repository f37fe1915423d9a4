// Package datasets finds, verifies, downloads and loads the course's data. It runs without any: see [courselab/datasets/synth] for
// generators with known truth, which need no file.
//
//	splits, err := datasets.LoadImages("mnist")      // train and test, pixels [N, 28, 28, 1]
//	splits, err := datasets.LoadSentences("sst2")    // train, dev, test
//	text, err := datasets.LoadText("tinyshakespeare")
//
// # Where files are looked for
//
// First the folders in the environment variable COURSELAB_DATA (one, or several separated as in PATH), then the user's
// cache folder; see Roots. Below each, a folder with the data set's name, or the layout that its authors' archive or
// torchvision gives it. Nothing is ever written outside the cache, and Open never touches the network; only Download
// does.
//
// # What "verified" means
//
// A data set is handed round in several releases: all of MNIST or its test files only, SST-2 as sentences or as GLUE
// has it. Entry.Releases lists those that are known; a folder must hold one of them whole. A file whose SHA-256 the
// catalogue knows must have it. For a file whose SHA-256 it does not know, every record is parsed, and the number of
// records and of each class must be the release's (Copy.Checks says which was done).
//
// Where the catalogue's sums are from: those of MNIST's test files, of the sentence release of SST-2, of CoLA's public
// files, of the reduced CIFAR-10 and of Tiny Shakespeare were computed from files in use here. Those of MNIST's
// training files, of Fashion-MNIST and of the archives (cifar-10-binary.tar.gz, GLUE's SST-2.zip and CoLA.zip) are the
// ones that other projects publish in agreement with each other; nobody here has hashed those files. Of the files
// inside the archives, and of cola_public_1.1.zip, no sum is given: they are checked by structure.
//
// # Considerations
//
//   - Files are opened afresh on every call: a Set is yours to change. The largest, CIFAR-10, takes 180 MB.
//   - Errors are one line and say what to do. Branch on ErrUnknown, ErrNotFound, ErrCorrupt and fetch.ErrOffline with errors.Is.
//   - The command `go run ./datasets/cmd/data` lists, checks and downloads from the shell.
package datasets
