// Package collect takes submissions out of git repositories: bare ones, working copies and bundles, that lie on this machine. Of each it
// writes an archive with what one commit holds, for autograde grade, and when it was first seen.
//
// A repository is somebody else's, and git does a lot for its owner: hooks, filters, aliases, file system monitors, submodules, lazy
// fetching and objects borrowed from other repositories are all set up in it. Therefore
//
//   - of a repository only HEAD, refs and objects are read, as ordinary files and without following links; neither its
//     configuration, hooks and attributes nor the list of places that it borrows objects from. Git sees a repository made of
//     those, with a configuration of ours;
//   - git runs in the sandbox, without a network, on that copy;
//   - files come out as they are stored: no filter, no end of line, no placeholder is touched. What Git LFS would fetch is a
//     pointer, submodules are left out, and symbolic links make the submission one that is refused.
//
// The dates of a commit say what its author liked to say. When a submission was handed in is when it was collected first, or what whoever
// collects says.
package collect

import (
	"os"
	"time"
)

// Limits of a repository.
const (
	maxRepository = 128 << 20 // bytes of HEAD, refs and objects
	maxObjects    = 100_000   // files of those
	maxEntries    = 20_000    // files of a commit
	maxFile       = 16 << 20  // bytes of one file that is taken
	maxFiles      = 30 << 20  // bytes of all of them: an archive that grading takes
)

const gitName = "__git"

// Init must be called first, after sandbox.Init, in main and TestMain of every program that collects: git runs below a copy of the same
// program, in the sandbox.
func Init() {
	if len(os.Args) == 3 && os.Args[1] == gitName {
		os.Exit(gitMain(os.Args[2], os.Stdin, os.Stdout))
	}
}

// Source is a repository and the commit of it that is handed in.
type Source struct {
	Student    string
	Repository string    // a folder or a bundle
	Commit     string    // hash, branch or tag; "" for HEAD
	Received   time.Time // when it was handed in, if whoever collects knows
}

// Taken is what became of a source.
type Taken struct {
	Student    string    `json:"student"`
	Repository string    `json:"repository"`
	Commit     string    `json:"commit,omitempty"` // its hash
	Dated      time.Time `json:"dated,omitzero"`   // what the commit says, which nobody has to believe
	Received   time.Time `json:"received,omitzero"`
	Files      int       `json:"files"` // that may be graded
	Notes      []string  `json:"notes,omitempty"`
	Kept       bool      `json:"kept,omitempty"` // collected before
	Error      string    `json:"error,omitempty"`
}
