package build

import (
	"fmt"
	"os"
)

// Private makes a folder for what the grader compiles, and refuses one that everybody may write to: programs in it are run outside
// the sandbox, and packages in it are linked into every submission.
func Private(state string) error {
	if err := os.MkdirAll(state, 0o755); err != nil {
		return fmt.Errorf("the grader needs a folder for what it compiles: %w", err)
	}
	info, err := os.Stat(state)
	if err != nil {
		return fmt.Errorf("the grader needs a folder for what it compiles: %w", err)
	}
	if info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("everybody may write to %s, where the grader keeps programs that it runs: remove it (rm -r), or chmod -R o-w it if nobody else was there", state)
	}
	return nil
}
