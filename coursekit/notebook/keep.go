package notebook

import (
	"encoding/json"
	"fmt"
	"os"
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

// KeepValue writes a value to disk under a name, as JSON, for the cells that come after. It panics if it cannot.
func KeepValue(name string, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Errorf("notebook: %q cannot be kept: %w", name, err))
	}
	path := folder(name) + ".json"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		panic(err)
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		panic(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		panic(err)
	}
}

// LoadValue returns the value kept under the name. It panics, naming the cell to run first, if there is none.
func LoadValue[T any](name string) (value T) {
	text, err := os.ReadFile(folder(name) + ".json")
	if err == nil {
		err = json.Unmarshal(text, &value)
	}
	if err != nil {
		panic(fmt.Errorf("%q is not here: run the cell that keeps it first (%w)", name, err))
	}
	return value
}

func folder(name string) string {
	if !keptName.MatchString(name) {
		panic(fmt.Errorf("notebook: a model is kept under a name of letters, digits, - and _, got %q", name))
	}
	return filepath.Join(keptIn, name)
}
