// Command bench times the workloads of coursekit/workload, and the same ones in JAX and PyTorch beside them.
//
//	bench                                     all workloads on the best backend
//	bench --backend xla:cpu,go --workloads W1 one workload, both backends
//	bench --against FOLDER --python PYTHON    in turn with FOLDER/jax_bench.py and FOLDER/torch_bench.py
//	bench --profile --against FOLDER ...      what a step consists of, in ours and in JAX
//
// Each run is a process of its own. It computes five steps first, whose numbers must be the golden ones: a run with wrong
// numbers is not a result. Then it times steps in windows of half a second and counts those windows in which other
// processes left the machine alone. The table has the medians over the rounds, their ratios, and whether these meet the
// goals.
//
// # What stands between a workload and its goal
//
// Measured on two shared cores with AVX2, one round, quiet windows, large pages for all (see the package backend); medians drift by
// 15 % between runs. Ours to theirs, below 1 is faster:
//
//	           W1    W2    W3    W3full  W4    W5    W6    W7    W7beam  W8
//	JAX, jit   0.91  0.69  1.01  0.98    1.11  0.47  0.44  0.99  0.50    0.97
//	JAX, flat  1.29  1.10  0.99  0.97    -     0.71  1.00  -     -       1.13
//	PyTorch    1.21  1.33  1.15  1.17    0.79  1.20  1.00  0.09  0.07    1.79
//	Go to XLA  9.1   9.9   -     -       8.1   6.4   -     -     -       5.1    (built with SIMD)
//
// --profile says where a step goes. Of W1's operations matrix products are 67 % (69 ms of 103, in JAX's flat program 77 of 109),
// elementwise operations 19 %, reductions 7 %, moving data 5 %; of W2's 68, 19, 8 and 5 % (69 ms; JAX's flat program 63). So:
//
//   - Against JAX nothing large is left in the graphs: run by one compiler, W1's costs less than JAX's flat program and W2's 8 % more.
//     The rest of what is measured between processes lies outside of the graph, in another release of XLA.
//   - Against PyTorch the products alone take as long as PyTorch's whole step: they are XLA's. Its flags change nothing that
//     could be told from noise (vector width, fast math, scheduler, the libraries YNNPACK and oneDNN for products).
//   - On the Go backend, too, it is the products: 5 to 12 GFLOP/s with SIMD where XLA has 50 to 65.
//
// What the profile showed and is done: a KV cache in the shape that is read (XLA copied it four times a token; W7 took twice as
// long); no gradient length where nothing is clipped (it wrote a squared copy of every gradient); large pages (a step of W3
// touched 69,000 fresh pages, now 900).
//
// The table goes to standard output, progress to standard error. The exit code is 0 if every run gave a result, whether it
// met its goals or not; 1 if one failed; 2 if nothing could run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"courselab/coursekit/backend"
	"courselab/coursekit/workload"
)

// errFailed says that a run gave no result; it has been printed already.
var errFailed = errors.New("a run failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := command().ExecuteContext(ctx)
	switch {
	case errors.Is(err, errFailed):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(2)
	}
}

// options of the command line.
type options struct {
	backends  []string
	workloads []string
	rounds    int
	quiet     time.Duration
	limit     time.Duration
	json      string
	against   string
	python    string
	peers     []string
	profiled  bool
	one       bool
}

func command() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:           "bench",
		Short:         "Time the workloads W1 to W8, beside JAX and PyTorch if asked",
		Example:       "  bench --workloads W1,W4 --rounds 1\n  bench --backend xla:cpu,go --json results.jsonl\n  bench --against ../shared/perf --python venv/bin/python",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.complete(); err != nil {
				return err
			}
			if o.one {
				r, err := runHere(o.workloads[0], o.backends[0], o.quiet, o.limit)
				if err != nil {
					return err
				}
				return json.NewEncoder(cmd.OutOrStdout()).Encode(r)
			}
			if o.profiled {
				return o.profile(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			return o.compare(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&o.backends, "backend", nil, "backends to time, such as xla:cpu,go (default: GOMLX_BACKEND, or the best that works)")
	flags.StringSliceVar(&o.workloads, "workloads", nil, "workloads, such as W1,W4 (default: all)")
	flags.IntVar(&o.rounds, "rounds", 3, "how often each is run, in turn with all others")
	flags.DurationVar(&o.quiet, "quiet", 3*time.Second, "quiet windows that a run should have, in all")
	flags.DurationVar(&o.limit, "limit", 40*time.Second, "how long a run waits for them at most")
	flags.StringVar(&o.json, "json", "", "file to which each run's result is added, a line of JSON each")
	flags.StringVar(&o.against, "against", "", "folder with jax_bench.py and torch_bench.py")
	flags.StringVar(&o.python, "python", "python3", "Python that has JAX and PyTorch")
	flags.StringSliceVar(&o.peers, "peers", []string{"jax", "torch"}, "whom to compare with")
	flags.BoolVar(&o.profiled, "profile", false, "instead of timing, print what kinds of operations XLA spends a step on, beside JAX's")
	flags.BoolVar(&o.one, "one", false, "run one workload in this process and print its result")
	_ = flags.MarkHidden("one")
	return cmd
}

// complete fills in what was not given, and checks the rest.
func (o *options) complete() error {
	if len(o.backends) == 0 {
		_, info, err := backend.Open()
		if err != nil {
			return err
		}
		o.backends = []string{info.Name}
	}
	all := len(o.workloads) == 0
	for _, w := range workload.All() {
		if all {
			o.workloads = append(o.workloads, w.Name)
		}
	}
	for _, name := range o.workloads {
		if _, err := workload.Find(name); err != nil {
			return fmt.Errorf("--workloads: %w", err)
		}
	}
	for _, name := range o.peers {
		if _, err := findPeer(name); err != nil {
			return err
		}
	}
	if o.rounds < 1 || o.quiet <= 0 || o.limit <= 0 {
		return fmt.Errorf("--rounds %d, --quiet %s and --limit %s must be more than 0", o.rounds, o.quiet, o.limit)
	}
	return nil
}

func findPeer(name string) (peer, error) {
	var names []string
	for _, p := range peers {
		if p.framework == name {
			return p, nil
		}
		names = append(names, p.framework)
	}
	return peer{}, fmt.Errorf("--peers: no %q; there are %s", name, strings.Join(names, ", "))
}
