//go:build !cgo || noxla

package backend

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
)

func hasGPU() bool { return false }

// resolveXLA in a build without cgo or with the tag noxla: XLA is not in the program.
func resolveXLA(name, _ string) (string, Info, error) {
	return "", Info{}, fmt.Errorf("backend %q: this program was built without XLA; build it with a C compiler and without the tag noxla", name)
}

func alias(*graph.Node, int) {}
