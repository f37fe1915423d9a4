package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
)

const startPage = "00-start"

func startCommand() *cobra.Command {
	var port int
	var ip, folder string
	cmd := &cobra.Command{
		Use:   "start",
		Short: "Open JupyterLab on the start page",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := findPlace()
			if err != nil {
				return err
			}
			if err := p.needSetup(); err != nil {
				return err
			}
			if err := portIsFree(ip, port); err != nil {
				return err
			}
			if err := p.buildMissing(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "JupyterLab starts on port %d; the link with the token is below. Stop it with Ctrl-C.\n", port)
			if folder == "" {
				folder = p.root
			} else if folder, err = filepath.Abs(folder); err != nil {
				return err
			}
			return p.serve(ip, port, folder)
		},
	}
	cmd.Flags().IntVar(&port, "port", 8888, "port to listen on")
	cmd.Flags().StringVar(&ip, "ip", "localhost", "address to listen on")
	cmd.Flags().StringVar(&folder, "folder", "", "folder to show, which has notebooks/ in it (default the repository)")
	return cmd
}

// portIsFree says it in one line, where Jupyter would take the next port or end in a page of Python.
func portIsFree(ip string, port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("port %d cannot be used (%v); take another: make lab PORT=%d", port, err.(*net.OpError).Err, port+1)
	}
	return listener.Close()
}

// serve replaces this process by JupyterLab, so that signals and the terminal are Jupyter's.
func (p place) serve(ip string, port int, folder string) error {
	argv := []string{
		p.venv("python"), "-m", "jupyterlab",
		"--ip=" + ip,
		"--port=" + strconv.Itoa(port),
		"--ServerApp.port_retries=0",
		"--ServerApp.root_dir=" + folder,
		"--ServerApp.answer_yes=True",
		"--log-level=WARN", // leaves the link
		"--LabApp.default_url=/lab/tree/notebooks/" + startPage + ".ipynb",
	}
	if hasDisplay() {
		argv = append(argv, "--ExtensionApp.open_browser=True")
	}
	if os.Geteuid() == 0 {
		argv = append(argv, "--allow-root")
	}
	if err := os.Chdir(folder); err != nil {
		return err
	}
	return syscall.Exec(argv[0], argv, p.environment())
}

// hasDisplay reports if a browser opened here would be seen.
func hasDisplay() bool {
	return runtime.GOOS == "darwin" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}
