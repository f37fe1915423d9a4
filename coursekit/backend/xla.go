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

// resolveXLA finds the plugin file for "xla:cpu" or "xla:cuda" and checks it before it is loaded: the loader ends the
// process on a damaged one. Options behind a comma are kept.
func resolveXLA(name, rest string) (string, Info, error) {
	platform, options, hasOptions := strings.Cut(rest, ",")
	if hasOptions {
		options = "," + options
	}
	if platform == "" {
		platform = "cpu"
	}
	info := Info{Name: "xla:" + platform, Reason: "asked for"}
	path := platform
	if filepath.IsAbs(platform) {
		info.Name = XLACPU
		if strings.Contains(filepath.Base(platform), "cuda") {
			info.Name = XLACUDA
		}
	} else {
		if platform == "cuda" && !plugin.HasNVIDIA() {
			return "", Info{}, errors.New("no NVIDIA GPU is visible here (no /dev/nvidia0); set GOMLX_BACKEND=xla:cpu")
		}
		found, err := plugin.Find(platform)
		if err != nil {
			return "", Info{}, fmt.Errorf("backend %q: %w", name, err)
		}
		if found == "" {
			return "", Info{}, fmt.Errorf("backend %q: %w", name, ErrNoPlugin)
		}
		path = found
	}
	if err := plugin.Check(path); err != nil {
		return "", Info{}, fmt.Errorf("backend %q: %w", name, err)
	}
	info.PluginPath, info.PluginVersion = path, plugin.Version(path)
	return "xla:" + path + options, info, nil
}
