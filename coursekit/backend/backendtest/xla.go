//go:build cgo && !noxla

package backendtest

import "courselab/coursekit/backend"

var built = []string{backend.Go, backend.XLACPU}
