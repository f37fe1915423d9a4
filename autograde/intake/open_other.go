//go:build !unix

package intake

const openFlags = 0
