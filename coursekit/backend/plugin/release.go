package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/gomlx/go-xla/installer"
)

// gomlxVersion is the release of GoMLX's own CPU plugins that go-xla v0.4.1 was made for.
const gomlxVersion = "v0.114.0"

// The installer has no time limits of its own.
const (
	reachTime    = 8 * time.Second // for the question whether the release site answers at all
	downloadTime = 10 * time.Minute
)

var getRelease = installRelease // tests have no network

// installRelease takes the plugin from GoMLX's releases. They are published without hashes; the manifest keeps that of
// what came, so that later damage shows.
func installRelease(ctx context.Context, log io.Writer) (string, error) {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	err := within(ctx, reachTime, func() error {
		_, err := installer.CPUGetDownloadURL(platform, gomlxVersion)
		return err
	})
	if err != nil {
		return "", err
	}
	fmt.Fprintln(log, "downloading GoMLX's plugin release", gomlxVersion)
	return place(source{Package: "gomlx/pjrt-cpu-binaries", Version: gomlxVersion}, func(folder string) (string, error) {
		err := within(ctx, downloadTime, func() error {
			return installer.CPUInstall(platform, gomlxVersion, folder, false, installer.Quiet)
		})
		if err != nil {
			return "", err
		}
		found := findIn([]string{folder}, "cpu")
		if found == "" {
			return "", errors.New("the release holds no plugin")
		}
		return found, nil
	})
}

// within gives up on work that cannot be interrupted.
func within(ctx context.Context, limit time.Duration, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		return fmt.Errorf("its site did not answer in %s", limit)
	case <-ctx.Done():
		return ctx.Err()
	}
}
