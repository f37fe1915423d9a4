// Package release makes the version of a lab that students get.
//
// What stands between // BEGIN SOLUTION and // END SOLUTION becomes a hole: inside a function a panic with an error value
// that names the task, elsewhere nothing. Imports that only the solution needed go, and import paths of the lab become
// those of the release. Of the folders only public, images and data come along. The release says in release.json what the
// grader will check (functions and their types, numbers of checks and what they are worth), which is all that
// `autograde check` needs.
//
// Before anything is written, the release is proved: no distinctive line of a solution or of a file left behind is in it,
// it compiles with its tests, and with the holes in place its tests fail, kindly. Then it appears as a whole, by a
// rename. Files that a student has changed are never overwritten unasked.
package release

import (
	"courselab/autograde/lab"
)

// ManifestName is the file that makes a folder a release.
const ManifestName = "release.json"

// Manifest describes a release to `autograde check`.
type Manifest struct {
	Lab      string            `json:"lab"`
	Contract lab.Contract      `json:"contract"`
	Tasks    []Counts          `json:"tasks"`
	Files    map[string]string `json:"files"` // SHA-256 of each file as released
}

// Counts says how many checks a task has, and nothing about what they check.
type Counts struct {
	Task        string  `json:"task"`
	Points      float64 `json:"points"`
	Public      int     `json:"public"`
	Hidden      int     `json:"hidden"`
	HiddenWorth float64 `json:"hidden_worth"` // points that the hidden checks decide about
}

// A release consists of the files at the top of the lab's folder and of these folders; every other folder stays behind.
var takenAlong = []string{"public", "images", "data"}
