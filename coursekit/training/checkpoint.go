package training

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/checkpoint"
)

// A run's folder holds one sub-folder a checkpoint:
//
//	step-00000500/
//	  checkpoint-n...json, .bin   the variables, in GoMLX's format
//	  history.json                the History so far
//	  manifest.json               step, settings, size and SHA-256 of the other files
//
// A sub-folder is written under another name, flushed to disk, and renamed when it is whole: a kill at any
// moment leaves either the old set of checkpoints or the new one, and at worst a ".saving-" folder that the
// next save removes.
const (
	stepPrefix     = "step-"
	savingPrefix   = ".saving-"
	removingPrefix = ".removing-"
	manifestFile   = "manifest.json"
	historyFile    = "history.json"
)

// ErrDamaged is wrapped by errors about a checkpoint whose files are not those that were written.
var ErrDamaged = errors.New("damaged checkpoint")

// manifest describes a checkpoint and guards its files.
type manifest struct {
	Step      int
	Settings  settings
	Variables map[string]string // shape by path
	Files     map[string]fileSum
}

// settings are the parts of Config that must not change between the parts of one run: with another value the
// resumed run would differ from an uninterrupted one.
type settings struct {
	Seed       int64
	Schedule   string
	Optimizer  string
	ClipNorm   float64
	Accumulate int
}

type fileSum struct {
	Bytes  int64
	SHA256 string
}

func (c Config) settings() settings {
	return settings{c.Seed, c.Schedule.String(), c.optimizer(nil).rule().String(), c.ClipNorm, c.accumulate()}
}

// save writes a checkpoint of the current step.
func (l *Loop) save() error {
	history, err := json.Marshal(l.history)
	if err != nil {
		return errorf("checkpoint of step %d: %w", l.step, err)
	}
	err = writeCheckpoint(l.store, l.config.CheckpointDir, l.config.CheckpointKeep,
		manifest{Step: l.step, Settings: l.config.settings()}, history)
	if err != nil {
		return errorf("cannot write the checkpoint of step %d to %s: %w", l.step, l.config.CheckpointDir, err)
	}
	l.saved = l.step
	return nil
}

// prepareOrResume prepares the first step and, if there is a checkpoint, puts the newest one's values into the variables.
func (l *Loop) prepareOrResume() error {
	dirs, err := checkpoints(l.config.CheckpointDir)
	if err != nil {
		return err
	}
	if len(dirs) == 0 {
		return l.prepare()
	}
	dir := dirs[len(dirs)-1]
	written, err := verify(dir)
	if err != nil {
		advice := "delete that folder to begin anew"
		if len(dirs) > 1 {
			advice = "delete that folder to go on from " + filepath.Base(dirs[len(dirs)-2])
		}
		return errorf("%w; %s", err, advice)
	}
	if now := l.config.settings(); written.Settings != now {
		return errorf("checkpoint %s was made with %+v, this run has %+v: use another folder", dir, written.Settings, now)
	}
	data, err := os.ReadFile(filepath.Join(dir, historyFile))
	if err == nil {
		err = json.Unmarshal(data, &l.history)
	}
	if err != nil {
		return errorf("checkpoint %s: %w", dir, err)
	}
	if err := l.prepare(); err != nil {
		return err
	}
	if err := restore(l.store, dir, written.Variables); err != nil {
		return errorf("checkpoint %s does not fit this model: %w", dir, err)
	}
	l.step, l.saved = written.Step, written.Step
	return nil
}

// Load puts the newest checkpoint of a run's folder into a store, for inference: variables are taken from the
// checkpoint when a graph first asks for them. It returns the step that the checkpoint was made at.
//
// Errors: no checkpoint in dir, or one that is damaged (ErrDamaged).
func Load(store *model.Store, dir string) (step int, err error) {
	dirs, err := checkpoints(dir)
	if err != nil {
		return 0, err
	}
	if len(dirs) == 0 {
		return 0, errorf("no checkpoint in %s: train first, with Config.CheckpointDir set to it", dir)
	}
	newest := dirs[len(dirs)-1]
	written, err := verify(newest)
	if err != nil {
		return 0, errorf("%w", err)
	}
	if _, err := checkpoint.Load(store).Dir(newest).ExcludeAllParams().Done(); err != nil {
		return 0, errorf("checkpoint %s: %w", newest, err)
	}
	return written.Step, nil
}

// Save writes the store's variables as a checkpoint into dir, atomically, in the place of those that were
// there. Use it to hand trained variables to another process; a Loop writes its own.
func Save(store *model.Store, dir string, step int) error {
	history, err := json.Marshal(History{})
	if err == nil {
		err = writeCheckpoint(store, dir, 1, manifest{Step: step}, history)
	}
	if err != nil {
		return errorf("cannot write a checkpoint to %s: %w", dir, err)
	}
	return nil
}

// writeCheckpoint writes a checkpoint beside the others and removes all but the newest keep.
func writeCheckpoint(store *model.Store, dir string, keep int, m manifest, history []byte) (err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	removeLeftovers(dir)
	saving, err := os.MkdirTemp(dir, savingPrefix)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(saving)
		}
	}()
	if err := saveVariables(store, saving); err != nil {
		return err
	}
	m.Variables = shapesOf(store)
	if err := os.WriteFile(filepath.Join(saving, historyFile), history, 0o666); err != nil {
		return err
	}
	if m.Files, err = sums(saving); err != nil {
		return err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(saving, manifestFile), data, 0o666); err != nil {
		return err
	}
	if err := syncAll(saving); err != nil {
		return err
	}
	if err := os.Chmod(saving, 0o755); err != nil {
		return err
	}
	target, err := freeName(dir, m.Step)
	if err != nil {
		return err
	}
	if err := os.Rename(saving, target); err != nil {
		return err
	}
	if err := syncPath(dir); err != nil {
		return err
	}
	dirs, err := checkpoints(dir)
	if err != nil {
		return err
	}
	for _, old := range dirs[:max(0, len(dirs)-keep)] {
		removeCheckpoint(old)
	}
	return nil
}

// saveVariables writes all variables with GoMLX's checkpoint package. Not compressed: trained floats do not
// compress, and GoMLX does not close the file under its compressor.
func saveVariables(store *model.Store, dir string) error {
	loader := store.Loader()
	defer store.SetLoader(loader) // a handler chains itself into the store for good otherwise
	handler, err := checkpoint.Build(store).Dir(dir).Keep(-1).ExcludeAllParams().
		WithCompression(checkpoint.BinUncompressed).Done()
	if err != nil {
		return err
	}
	return handler.Save()
}

// restore overwrites all variables of the store with those of a checkpoint. The sets must be equal.
func restore(store *model.Store, dir string, written map[string]string) error {
	present := shapesOf(store)
	for _, path := range sortedKeys(written) {
		if shape, found := present[path]; !found {
			return fmt.Errorf("it holds variable %s %s, which the model does not have", path, written[path])
		} else if shape != written[path] {
			return fmt.Errorf("it holds variable %s as %s, the model has it as %s", path, written[path], shape)
		}
	}
	for _, path := range sortedKeys(present) {
		if _, found := written[path]; !found {
			return fmt.Errorf("it lacks variable %s %s of the model", path, present[path])
		}
	}
	loader := store.Loader()
	defer store.SetLoader(loader)
	_, err := checkpoint.Load(store).Dir(dir).ExcludeAllParams().Done()
	return err
}

// shapesOf lists the store's variables: shape by path.
func shapesOf(store *model.Store) map[string]string {
	result := make(map[string]string)
	for v := range store.IterVariables() {
		result[v.Path()] = v.Shape().String()
	}
	return result
}

func sortedKeys(m map[string]string) []string {
	return slices.Sorted(maps.Keys(m))
}

// verify reads a checkpoint's manifest and compares its files.
func verify(dir string) (manifest, error) {
	var m manifest
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return m, fmt.Errorf("%w %s: %w", ErrDamaged, dir, err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w %s: %s does not parse: %w", ErrDamaged, dir, manifestFile, err)
	}
	found, err := sums(dir)
	if err != nil {
		return m, fmt.Errorf("%w %s: %w", ErrDamaged, dir, err)
	}
	for name, want := range m.Files {
		got, ok := found[name]
		switch {
		case !ok:
			return m, fmt.Errorf("%w %s: file %s is missing", ErrDamaged, dir, name)
		case got.Bytes != want.Bytes:
			return m, fmt.Errorf("%w %s: file %s has %d bytes, %d were written", ErrDamaged, dir, name, got.Bytes, want.Bytes)
		case got != want:
			return m, fmt.Errorf("%w %s: the SHA-256 of file %s is not the one that was written", ErrDamaged, dir, name)
		}
	}
	if len(m.Files) == 0 {
		return m, fmt.Errorf("%w %s: %s lists no files", ErrDamaged, dir, manifestFile)
	}
	return m, nil
}
