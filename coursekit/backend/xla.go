//go:build cgo && !noxla

package backend

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gomlx/go-xla/compute/xla"

	"courselab/coursekit/backend/plugin"
)

func init() {
	xla.EnableAutoInstall(false) // it would download at every start; set-up does that, once
}

func hasGPU() bool { return plugin.HasNVIDIA() }

// resolveXLA finds the plugin file for "cpu", "cuda" or "" (the better of both), or takes the file named, and checks it
// before it is loaded: the loader ends the process on a damaged one. Options behind a comma are kept.
func resolveXLA(name, rest string) (string, Info, error) {
	platform, options, hasOptions := strings.Cut(rest, ",")
	if hasOptions {
		options = "," + options
	}
	path, err := pluginFor(platform)
	if err == nil {
		err = plugin.Check(path)
	}
	if err != nil {
		return "", Info{}, fmt.Errorf("backend %q: %w", name, err)
	}
	info := Info{Name: XLACPU, PluginPath: path, PluginVersion: plugin.Version(path), Reason: "asked for"}
	if strings.Contains(filepath.Base(path), "cuda") {
		info.Name = XLACUDA
		if !hasGPU() {
			return "", Info{}, fmt.Errorf("backend %q: no NVIDIA GPU is visible here (no /dev/nvidia0); set GOMLX_BACKEND=xla:cpu", name)
		}
	}
	return "xla:" + path + options, info, nil
}

// pluginFor returns the path of the plugin for a platform; an absolute path is its own.
func pluginFor(platform string) (string, error) {
	switch {
	case filepath.IsAbs(platform):
		return platform, nil
	case platform == "" && hasGPU():
		if path, err := plugin.Find("cuda"); err == nil && path != "" {
			return path, nil
		}
		platform = "cpu"
	case platform == "":
		platform = "cpu"
	case platform == "cuda" && !hasGPU():
		return "", errors.New("no NVIDIA GPU is visible here (no /dev/nvidia0); set GOMLX_BACKEND=xla:cpu")
	case platform != "cpu" && platform != "cuda":
		return "", fmt.Errorf("%q is neither cpu nor cuda nor the absolute path of a plugin; set GOMLX_BACKEND=xla:cpu", platform)
	}
	path, err := plugin.Find(platform)
	if err != nil {
		return "", err
	}
	if path == "" && platform == "cuda" {
		return "", fmt.Errorf("%w for the GPU; run `make cuda`, or set GOMLX_BACKEND=xla:cpu", ErrNoPlugin)
	}
	if path == "" {
		return "", fmt.Errorf("%w; run `make setup`, or set GOMLX_BACKEND=go", ErrNoPlugin)
	}
	return path, nil
}
