//go:build !unix

package intake

// OpenFlags are none here; see the Unix version.
const OpenFlags = 0
