package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Manifest stands beside an installed plugin as plugin.json. It tells a damaged plugin from a whole one without reading
// 200 MB at every start: while size and time are those of the installation, the contents are taken to be, too.
type Manifest struct {
	Package  string `json:"package"` // where it came from
	Version  string `json:"version"`
	SHA256   string `json:"sha256"`   // of the plugin file
	Size     int64  `json:"size"`     // in bytes
	Modified int64  `json:"modified"` // when the file was last found to have that hash: its time in ns since 1970
}

func manifestPath(plugin string) string { return filepath.Join(filepath.Dir(plugin), "plugin.json") }

func readManifest(plugin string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(manifestPath(plugin))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, err
	}
	if m.Size == 0 || m.SHA256 == "" {
		return m, errors.New("incomplete manifest")
	}
	return m, nil
}

// write replaces the manifest of the plugin as a whole.
func (m Manifest) write(plugin string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(plugin), ".manifest-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(append(text, '\n')); err != nil {
		file.Close()
		return err
	}
	if err := file.Chmod(0o644); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), manifestPath(plugin))
}

// describe makes the manifest of a plugin file as it is now.
func describe(s source, plugin string) (Manifest, error) {
	sum, size, err := hash(plugin)
	if err != nil {
		return Manifest{}, err
	}
	stat, err := os.Stat(plugin)
	if err != nil {
		return Manifest{}, err
	}
	return Manifest{s.Package, s.Version, sum, size, stat.ModTime().UnixNano()}, nil
}

// Verify reads the whole plugin at path and compares it with what was installed. A plugin that set-up did not install
// has nothing to compare with, and passes.
func Verify(path string) error {
	m, err := readManifest(path)
	if err != nil {
		return nil
	}
	sum, _, err := hash(path)
	if err != nil {
		return err
	}
	if sum != m.SHA256 {
		return damaged(path, "its contents have changed")
	}
	return nil
}

// verifyIfTouched is [Verify] for a file that was written or copied since. The next time it needs not be read again,
// unless its folder cannot be written.
func verifyIfTouched(path string, m Manifest, modified int64) error {
	if modified == m.Modified {
		return nil
	}
	if err := Verify(path); err != nil {
		return err
	}
	m.Modified = modified
	_ = m.write(path) // read-only, as in a container image: it is read again
	return nil
}

func damaged(path, why string) error {
	return fmt.Errorf("the plugin %s is damaged (%s); delete it and run `make setup`", path, why)
}

func hash(path string) (sum string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	h := sha256.New()
	size, err = io.Copy(h, file)
	return hex.EncodeToString(h.Sum(nil)), size, err
}
