"""Where the time of a step goes, by kind of operation: usage profile.py MODULE.hlo.pb STEPS

Compiles a module that XLA dumped before its optimisations with jaxlib, runs it on made-up inputs under JAX's profiler, and
prints a line of JSON: for each kind the milliseconds and the number of operations a step. Operations overlap: their sum is
more than the wall time. Inputs are small random numbers, so that only what does not depend on them is measured.
"""
import collections, glob, gzip, json, re, sys, tempfile

import jax
import numpy as np
from jaxlib import _jax, xla_client

jax.config.update("jax_enable_x64", True)

MOVES = {"copy", "transpose", "reshape", "bitcast", "slice", "concatenate", "pad", "broadcast", "reverse", "dynamic-slice", "dynamic-update-slice", "iota", "convert"}
LOOKUPS = {"gather", "scatter"}
NOTHING = {"parameter", "constant", "tuple", "get-tuple-element"}


def module_of(hlo):
    """The bytes of the HloModuleProto in those of a HloProto: field 1."""
    assert hlo[0] == 0x0A
    size, shift, at = 0, 0, 1
    while True:
        size |= (hlo[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if hlo[at - 1] < 128:
            return hlo[at:at + size]


def kinds(text):
    """Maps each instruction of an optimised module to its kind, by what it or the computation it calls consists of."""
    inside, called, current = collections.defaultdict(set), {}, None
    for line in text.split("\n"):
        if header := re.match(r"(?:ENTRY )?%([\w.\-]+) \(.*\{$", line):
            current = header.group(1)
        elif found := re.match(r"\s+(?:ROOT )?%([\w.\-]+) = (?:\([^=]*?\)|\S+) ([\w\-]+)\(", line):
            name, operation = found.groups()
            inside[current].add(operation)
            callee = re.search(r"calls=%([\w.\-]+)", line)
            called[name] = callee.group(1) if callee else operation
    def kind(what):
        operations = (inside[what] if what in inside else {what}) - NOTHING
        if "while" in operations or "call" in operations or "conditional" in operations:
            return None
        if "convolution" in operations:
            return "convolutions"
        if operations & {"dot", "custom-call"}:
            return "matrix products"
        if operations & {"reduce", "reduce-window"}:
            return "reductions"
        if operations & LOOKUPS:
            return "gather, scatter"
        return "moving data" if operations <= MOVES else "elementwise"
    return {name: kind(what) for name, what in called.items()}


def inputs(shapes):
    random = np.random.default_rng(0)
    for shape in shapes:
        dtype, dims = shape.numpy_dtype(), shape.dimensions()
        if np.issubdtype(dtype, np.floating):
            yield (random.standard_normal(dims) * 0.02).astype(dtype)
        elif np.issubdtype(dtype, np.bool_):
            yield np.ones(dims, dtype)
        else:
            yield random.integers(3, 30, dims).astype(dtype)


def main():
    path, steps = sys.argv[1], int(sys.argv[2])
    computation = xla_client.XlaComputation(module_of(open(path, "rb").read()))
    client = jax.devices()[0].client
    program = client.compile_and_load(_jax.mlir.xla_computation_to_mlir_module(computation), xla_client.DeviceList((jax.devices()[0],)), xla_client.CompileOptions())
    arguments = list(inputs(computation.program_shape().parameter_shapes()))

    def step():
        buffers = [jax.device_put(a) for a in arguments]  # anew each time: a step may take their memory
        for list_ in program.execute_sharded(buffers).disassemble_into_single_device_arrays():
            list_[0].block_until_ready()

    for _ in range(3):
        step()
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            for _ in range(steps):
                step()
        (trace,) = glob.glob(folder + "/**/*.trace.json.gz", recursive=True)
        events = json.load(gzip.open(trace))["traceEvents"]
    of = kinds(program.hlo_modules()[0].to_string())
    table = collections.defaultdict(lambda: [0, 0])
    for event in events:
        if event.get("ph") == "X" and (kind := of.get(event["name"])):
            table[kind][0] += event["dur"] / 1e3 / steps
            table[kind][1] += 1 / steps
    print(json.dumps(table))


main()
