//go:build !unix

package intake

// openFlags are none here; see the Unix version.
const openFlags = 0
