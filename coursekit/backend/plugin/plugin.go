// Package plugin finds, checks and installs PJRT plugins: the shared libraries through which go-xla reaches XLA.
package plugin

import (
	"debug/elf"
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

// entry is the function that makes a shared library a PJRT plugin.
const entry = "GetPjrtApi"

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
		if s, ok := pinned[platform+"/"+runtime.GOARCH]; ok {
			folders = append(folders, filepath.Join(root, s.folder()))
		}
		others, _ := filepath.Glob(filepath.Join(root, "[^.]*"))
		folders = append(folders, others...)
	}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".local/lib/go-xla"), filepath.Join(home, ".local/lib/go-xla/nvidia"), filepath.Join(home, ".local/lib/gomlx/pjrt"))
	}
	folders = append(folders, "/usr/local/lib/courselab", "/usr/local/lib/go-xla", "/usr/local/lib/go-xla/nvidia", "/usr/local/lib/gomlx/pjrt")
	return findIn(folders, platform), nil
}

// findIn returns the last by name, which is the newest version, in the first of the folders that holds any.
func findIn(folders []string, platform string) string {
	for _, folder := range folders {
		for _, at := range []string{folder, filepath.Join(folder, pluginFolder)} {
			matches, _ := filepath.Glob(filepath.Join(at, "pjrt_c_api_"+platform+"*_plugin.so"))
			if len(matches) > 0 {
				return slices.Max(matches)
			}
		}
	}
	return ""
}

// Check returns an error if the file at path cannot be a whole plugin: missing, truncated, no shared library, one for
// another processor or of another kind, or not what set-up installed. The loader must not see such a file: it ends the
// process, or calls what is not there.
func Check(path string) error {
	stat, err := os.Stat(path)
	if err != nil {
		if e := (*os.PathError)(nil); errors.As(err, &e) {
			err = e.Err
		}
		return fmt.Errorf("the plugin %s cannot be read: %w; run `make setup`", path, err)
	}
	if !stat.Mode().IsRegular() {
		return fmt.Errorf("%s is no file, so no PJRT plugin; set GOMLX_BACKEND=xla:cpu to use the one that is installed", path)
	}
	m, unknown := readManifest(path)
	if unknown == nil && m.Size != stat.Size() {
		return damaged(path, fmt.Sprintf("%d bytes, %d were installed", stat.Size(), m.Size))
	}
	if runtime.GOOS == "linux" {
		if err := checkELF(path, stat.Size()); err != nil {
			return err
		}
	}
	if unknown == nil {
		return verifyIfTouched(path, m, stat.ModTime().UnixNano())
	}
	return nil
}

// checkELF looks at the parts that the loader goes by.
func checkELF(path string, size int64) error {
	file, err := elf.Open(path)
	if err != nil {
		return damaged(path, "no ELF file: "+err.Error())
	}
	defer file.Close()
	if file.Type != elf.ET_DYN {
		return damaged(path, "no shared library")
	}
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]; want != 0 && file.Machine != want {
		return damaged(path, fmt.Sprintf("made for %s", file.Machine))
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_LOAD && part.Off+part.Filesz > uint64(size) {
			return damaged(path, "truncated")
		}
	}
	symbols, err := file.DynamicSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return damaged(path, "its symbols cannot be read: "+err.Error())
	}
	if !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == entry && s.Section != elf.SHN_UNDEF }) {
		return fmt.Errorf("%s is a shared library, but no PJRT plugin (it has no %s); set GOMLX_BACKEND=xla:cpu to use the one that is installed", path, entry)
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

// HasNVIDIA reports if the machine shows an NVIDIA GPU to this process, on Linux itself or under Windows.
func HasNVIDIA() bool {
	devices, _ := filepath.Glob("/dev/nvidia[0-9]*")
	if len(devices) > 0 {
		return true
	}
	_, noDevice := os.Stat("/dev/dxg")
	_, noDriver := os.Stat("/usr/lib/wsl/lib/libcuda.so.1")
	return noDevice == nil && noDriver == nil
}

// folder is the place of a plugin below [Root]: one a version, so that an upgrade never overwrites a loaded file.
func (s source) folder() string { return strings.ReplaceAll(s.Package, "/", "-") + "-" + s.Version }
