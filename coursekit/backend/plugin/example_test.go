package plugin_test

import (
	"fmt"
	"os"
	"path/filepath"

	"courselab/coursekit/backend/plugin"
)

// The loader would end the process on such a file; Check says what is wrong first.
func ExampleCheck() {
	folder, err := os.MkdirTemp("", "plugin")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "pjrt_c_api_cpu_plugin.so")
	if err := os.WriteFile(path, []byte("<html>"), 0o644); err != nil {
		panic(err)
	}
	fmt.Println(plugin.Check(path) != nil)
	// Output: true
}
