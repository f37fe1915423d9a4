// Package xla makes a worker run on XLA's CPU plugin: import it for its effect in the generated main of a lab that asks
// for XLA. The variable [Plugin] of the worker's environment names the plugin file inside the sandbox. Nothing is ever
// downloaded. With the build tag noxla, or without cgo, the package is empty and the worker stays on the pure-Go backend.
package xla

// Plugin is the variable that holds the absolute path of the PJRT CPU plugin.
const Plugin = "COURSELAB_PJRT_PLUGIN"
