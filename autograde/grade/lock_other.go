//go:build !unix || solaris

package grade

import "os"

func lock(*os.File) bool { return false }
