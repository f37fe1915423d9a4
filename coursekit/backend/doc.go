// Package backend opens the compute backend that runs the graphs: XLA on a GPU, XLA on the CPU, or GoMLX's pure Go.
//
// GOMLX_BACKEND decides if it is set: "xla:cuda", "xla:cpu", "go", or a whole GoMLX configuration such as
// "xla:/folder/plugin.so,shared_buffers=false". Otherwise the best that works is taken, in this order. Nothing here
// reaches the network: plugins are installed by set-up (see the package plugin, and `make setup`, `make cuda`).
//
// Why not compute.New: offline it fails instead of falling back, it downloads plugins when a program starts, an unknown
// name panics, a damaged plugin file ends the process, and the Go backend's default settings can deadlock on any graph
// with several independent matrix products (GoMLX v0.28.2). Each has a test here.
//
// A build with the tag noxla, or without cgo, has the Go backend alone.
//
// # Which PJRT plugin
//
// Set-up asks GoMLX's own installer first. Where its release site cannot be reached, it takes a plugin from the Python
// package index. Three there work with go-xla v0.4.1 on x86-64. Measured on two shared cores by
//
//	go run ./coursekit/backend/cmd/backend compare PLUGIN.so PLUGIN.so ...
//
// with errors relative to the largest value of a float64 reference that shares no code with XLA, and the shortest times
// of several:
//
//	                              lammps-jax-    fastatomstruct-  xla-cpu-   the Go
//	                              pjrt-cpu       xla-cpu          pjrt       backend
//	version                       0.11.2         2026.6.23        0.0.1      compute 0.1.2
//	PJRT interface                0.115          0.106            0.81       -
//	error: matrix product         3.3e-7         3.3e-7           4.7e-7     9.3e-7
//	error: exp                    5.0e-8         5.0e-8           5.0e-8     3.3e-8
//	error: softmax                1.2e-7         1.2e-7           2.2e-7     9.2e-7
//	error: layer norm             1.7e-7         1.6e-7           1.6e-7     4.8e-7
//	error: training step          3.4e-7         3.5e-7           3.4e-7     9.6e-6
//	softmax, ms                   0.25           0.27             0.78       1.12
//	training step, ms             7.5            7.4              7.6        52
//	its compilation, ms           740            910              1580       3
//	unpacked, MB                  202            274              259        -
//	processes that ended badly    0 of 34        0 of 34          0 of 34    0 of 34
//
// All three end their processes well, in builds with the race detector, too (3 of 3 runs of the tests of the package measure).
// The numbers of the first two agree. Set-up takes lammps-jax-pjrt-cpu on x86-64: it compiles fastest, is the smallest and
// the newest, and is XLA as jaxlib 0.11.2 has it, so that a comparison with JAX compares the same compiler. On arm64 there
// is only xla-cpu-pjrt. For CUDA it is JAX's own plugin; that was never run here, for want of a GPU.
//
// # The Go backend with SIMD
//
// Built with GOEXPERIMENT=simd, by Go 1.26 and for amd64, the Go backend multiplies matrices with vector instructions (AVX2 or
// AVX-512; the same numbers but for the order in which they are added):
//
//	GOEXPERIMENT=simd GOMLX_BACKEND=go go run ./coursekit/cmd/lab run M5
//
// Milliseconds a step on two shared cores with AVX2, without and with: W1 1,706 and 807; W2 1,199 and 780; W4 212 and 101; W5
// 1,420 and 618; W8 1,986 and 548. It is not the default: the experiment belongs to a version of Go, and the first build
// compiles the standard library again. `make bench` and `make test-long` build with it where the toolchain can.
//
// # Large pages on Linux
//
// What a graph needs besides its variables XLA allocates in one piece at each execution and frees afterwards; the C library
// gives tens of megabytes back to the kernel each time, which hands them out again page by page, zeroed. With
//
//	GLIBC_TUNABLES=glibc.malloc.hugetlb=1
//
// in the environment of the program, which the Makefile and the notebooks' kernel set, glibc 2.35 and newer asks for pages
// of 2 MB instead of 4 kB where the kernel leaves that to programs ("madvise" in /sys/kernel/mm/transparent_hugepage/enabled,
// the usual setting). Pages touched by a step of the workload W1: 3,000 instead of 14,800; of W2 1,000 instead of 11,700; of
// W3 900 instead of 69,000, with the same peak of memory. It cannot be set from inside of a running program.
package backend
