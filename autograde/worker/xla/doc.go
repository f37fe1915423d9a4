// Package xla makes a worker run on XLA's CPU plugin: import it for its effect in the generated main of a lab that asks
// for XLA. The plugin is found as go-xla finds it, usually by PJRT_PLUGIN_LIBRARY_PATH. With the build tag noxla, or
// without cgo, the package is empty and the worker stays on the pure-Go backend.
package xla
