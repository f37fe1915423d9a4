package notebook

import (
	"fmt"
	"path/filepath"
	"regexp"

	"github.com/gomlx/gomlx/ml/model"

	"courselab/coursekit/training"
)

// keptIn is where models wait for the next cell, below the folder that the cells run in.
const keptIn = "kept"

var keptName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

// Keep writes a trained model's variables to disk under a name: the next cell is another program and remembers nothing.
// Kept again, the newer one takes its place. It panics if it cannot be written.
func Keep(name string, store *model.Store) {
	if err := training.Save(store, folder(name), 0); err != nil {
		panic(err)
	}
}

// Load returns a store with the variables kept under the name. It panics, naming the cell to run first, if there are none.
func Load(name string) *model.Store {
	store := model.NewStore()
	if _, err := training.Load(store, folder(name)); err != nil {
		panic(fmt.Errorf("the model %q is not here: run the cell that trains and keeps it first (%w)", name, err))
	}
	return store
}

func folder(name string) string {
	if !keptName.MatchString(name) {
		panic(fmt.Errorf("notebook: a model is kept under a name of letters, digits, - and _, got %q", name))
	}
	return filepath.Join(keptIn, name)
}
