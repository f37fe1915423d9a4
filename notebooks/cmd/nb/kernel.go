package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
)

// jupyterSettings are the server's. Nothing asks the network for news or versions; only the Go kernel is offered; the
// language server stays off, as it can keep a processor busy (completion comes from the kernel itself).
const jupyterSettings = `{
  "ExtensionApp": {"open_browser": false},
  "KernelSpecManager": {"allowed_kernelspecs": ["gonb"], "ensure_native_kernel": false},
  "LabApp": {"check_for_updates_class": "jupyterlab.NeverCheckForUpdate", "extension_manager": "readonly", "news_url": null},
  "LanguageServerManager": {"autodetect": false},
  "MultiKernelManager": {"default_kernel_name": "gonb"}
}
`

// labOverrides are the defaults of JupyterLab's pages.
const labOverrides = `{
  "@jupyterlab/apputils-extension:notification": {"checkForUpdates": false, "doNotDisturbMode": false, "fetchNews": "false"}
}
`

// kernelSpec is kernel.json: what Jupyter starts when a notebook asks for the kernel gonb. The flag go_work makes the
// kernel's own temporary module see this repository, without a go.work in it. The kernel's log goes to a file: in
// JupyterLab's terminal it would bury the link.
func (p place) kernelSpec(m machine) string {
	spec := map[string]any{
		"argv": []string{
			p.bin("gonb"), "--kernel", "{connection_file}", "--raw_error", "--go_work=" + p.root,
			"--logtostderr=false", "--log_file=" + p.lab("logs", "gonb.log"), "--log_file_max_size=10", "--stderrthreshold=FATAL",
		},
		"display_name":   "Go (gonb)",
		"language":       "go",
		"interrupt_mode": "message",
		"env": map[string]string{
			"CGO_ENABLED":    m.cgo(),
			"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", // large pages for XLA, see the package backend
			"GOFLAGS":        m.goFlags(),
			"GOWORK":         "", // the kernel makes its own workspace, whatever the user has switched off
			"PATH":           p.lab("bin") + string(os.PathListSeparator) + filepath.Join(m.goRoot, "bin") + string(os.PathListSeparator) + "${PATH}",
		},
	}
	text, err := json.MarshalIndent(spec, "", "  ")
	if err != nil {
		panic(err) // strings and maps of them always marshal
	}
	return string(text) + "\n"
}

// writeKernel writes kernel.json and Jupyter's settings. The kernel's own installer is run beside it for the icon only:
// it knows no environment variables, which are what makes cells quick.
func (p place) writeKernel(ctx context.Context, l *log, m machine) error {
	scratch, err := os.MkdirTemp(p.lab(), "kernel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	env := append(p.environment(), "JUPYTER_DATA_DIR="+scratch)
	if err := command(ctx, l, p.root, env, p.bin("gonb"), "--install", "--force_deps"); err != nil {
		return err
	}
	icon, err := os.ReadFile(filepath.Join(scratch, "kernels", "gonb", "logo-svg.svg"))
	if err != nil {
		return err
	}
	for _, file := range []struct{ path, text string }{
		{p.kernel("logo-svg.svg"), string(icon)},
		{p.settings("jupyter_server_config.json"), jupyterSettings},
		{p.lab("venv", "share", "jupyter", "lab", "settings", "overrides.json"), labOverrides},
		{p.kernel("kernel.json"), p.kernelSpec(m)},
	} {
		if err := writeAtomically(file.path, []byte(file.text)); err != nil {
			return err
		}
	}
	return nil
}
