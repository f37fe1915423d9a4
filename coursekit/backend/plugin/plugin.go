// Package plugin finds, checks and installs PJRT plugins: the shared libraries through which go-xla reaches XLA.
package plugin

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// fileName is what go-xla expects a plugin of the platform to be called.
func fileName(platform string) string { return "pjrt_c_api_" + platform + "_plugin.so" }

// Manifest stands beside an installed plugin as plugin.json.
type Manifest struct {
	Package string `json:"package"` // where it came from
	Version string `json:"version"`
	SHA256  string `json:"sha256"` // of the plugin file
	Size    int64  `json:"size"`   // in bytes
}

// Root is the folder under which set-up keeps plugins: courselab/pjrt in the user's cache folder.
func Root() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("nowhere to keep plugins: %w (set HOME or XDG_CACHE_HOME)", err)
	}
	return filepath.Join(cache, "courselab", "pjrt"), nil
}

// Find returns the path of a plugin for the platform ("cpu", "cuda"), or "" if there is none. It looks in
// PJRT_PLUGIN_LIBRARY_PATH only, if that is set, otherwise where set-up installs and then where go-xla does.
func Find(platform string) (string, error) {
	if path := os.Getenv("PJRT_PLUGIN_LIBRARY_PATH"); path != "" {
		return findIn(filepath.SplitList(path), platform), nil
	}
	var folders []string
	if root, err := Root(); err == nil {
		if p, ok := pinned[platform+"/"+runtime.GOARCH]; ok {
			folders = append(folders, filepath.Join(root, p.folder()))
		}
		others, _ := filepath.Glob(filepath.Join(root, "*"))
		folders = append(folders, others...)
	}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".local/lib/go-xla"), filepath.Join(home, ".local/lib/gomlx/pjrt"))
	}
	folders = append(folders, "/usr/local/lib/courselab", "/usr/local/lib/go-xla", "/usr/local/lib/gomlx/pjrt")
	return findIn(folders, platform), nil
}

func findIn(folders []string, platform string) string {
	for _, folder := range folders {
		matches, _ := filepath.Glob(filepath.Join(folder, "pjrt_c_api_"+platform+"*_plugin.so"))
		slices.Sort(matches)
		if len(matches) > 0 {
			return matches[len(matches)-1]
		}
	}
	return ""
}

// Check returns an error if the file at path cannot be a whole plugin: missing, truncated, no shared library, one for
// another processor, or of another size than set-up installed. It does not read the file's contents; [Verify] does.
func Check(path string) error {
	stat, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("the plugin cannot be read: %w; run `make setup`", err)
	}
	damaged := func(why string) error {
		return fmt.Errorf("the plugin %s is damaged (%s); delete it and run `make setup`", path, why)
	}
	if m, err := readManifest(path); err == nil && m.Size != stat.Size() {
		return damaged(fmt.Sprintf("%d bytes, %d were installed", stat.Size(), m.Size))
	}
	if runtime.GOOS != "linux" {
		return nil
	}
	file, err := elf.Open(path)
	if err != nil {
		return damaged("no ELF file: " + err.Error())
	}
	defer file.Close()
	if file.Type != elf.ET_DYN {
		return damaged("no shared library")
	}
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]; want != 0 && file.Machine != want {
		return damaged(fmt.Sprintf("made for %s", file.Machine))
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_LOAD && part.Off+part.Filesz > uint64(stat.Size()) {
			return damaged("truncated")
		}
	}
	return nil
}

// Version names the package and version that the plugin at path was installed from, or "" if set-up did not install it.
func Version(path string) string {
	m, err := readManifest(path)
	if err != nil {
		return ""
	}
	return m.Package + " " + m.Version
}

func readManifest(path string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), "plugin.json"))
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

// HasNVIDIA reports if the machine shows an NVIDIA GPU to this process.
func HasNVIDIA() bool {
	devices, _ := filepath.Glob("/dev/nvidia[0-9]*")
	return len(devices) > 0
}

// installed reports if the whole plugin of p stands at path.
func installed(path string, p source) bool {
	m, err := readManifest(path)
	return err == nil && m.Version == p.Version && m.Package == p.Package && Check(path) == nil
}

// folder is the place of a plugin below [Root]: one a version, so that an upgrade never overwrites a loaded file.
func (p source) folder() string { return strings.ReplaceAll(p.Package, "/", "-") + "-" + p.Version }
