package plugin

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
)

// cudaRequirements pin JAX's CUDA plugin and NVIDIA's libraries for it, with hashes.
//
//go:embed requirements-cuda.txt
var cudaRequirements string

// installCUDA lets pip unpack JAX's wheels and lays them out as the plugin and go-xla look for them: the plugin in
// plugin/, the libraries in nvidia/ beside it, NVIDIA's assembler in nvidia/bin.
func installCUDA(ctx context.Context, s source, o Options) (string, error) {
	return place(s, func(folder string) (string, error) {
		list, site := filepath.Join(folder, "requirements.txt"), filepath.Join(folder, "site")
		if err := os.WriteFile(list, []byte(cudaRequirements), 0o644); err != nil {
			return "", err
		}
		fmt.Fprintf(o.Log, "downloading %s %s and NVIDIA's libraries with pip (3 GB)\n", s.Package, s.Version)
		err := pip(ctx, o.Python, "install", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", "--target", site, "-r", list)
		if err != nil {
			return "", fmt.Errorf("pip could not install %s %s: %w; check the network and the free space", s.Package, s.Version, err)
		}
		path := filepath.Join(folder, pluginFolder, fileName("cuda"))
		if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
			return "", err
		}
		if err := os.Rename(filepath.Join(site, s.Member), path); err != nil {
			return "", fmt.Errorf("the wheels hold no plugin: %w", err)
		}
		nvidia := filepath.Join(folder, "nvidia")
		if err := os.Rename(filepath.Join(site, "nvidia"), nvidia); err != nil {
			return "", fmt.Errorf("the wheels hold no NVIDIA libraries: %w", err)
		}
		if err := os.MkdirAll(filepath.Join(nvidia, "bin"), 0o755); err != nil {
			return "", err
		}
		if err := os.Symlink("../cu13/bin/ptxas", filepath.Join(nvidia, "bin", "ptxas")); err != nil {
			return "", err
		}
		return path, os.RemoveAll(site)
	})
}
