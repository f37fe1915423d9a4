"""Reads a notebook's source, runs it on the Go kernel if asked to, writes it as .ipynb.

Takes one JSON object as its argument and prints one as its last line of output: {} or what went wrong. All that is
done to the notebook afterwards is done by the caller, in Go.
"""

import json
import re
import sys
import time

import jupytext
import nbformat

job = json.loads(sys.argv[1])
notebook = jupytext.read(job["source"])
notebook.nbformat, notebook.nbformat_minor = 4, 5
answer = {}


def locate(cell):
    """The number of a cell among the code cells, as Jupyter and the kernel count, and the first line that it runs."""
    code = [c for c in notebook.cells if c.cell_type == "code"]
    lines = [line.strip() for line in cell.source.splitlines()]
    if "%%" in lines:
        lines = lines[lines.index("%%") + 1 :]
    lines = [line for line in lines if line and not line.startswith("%")]
    return {"cell": code.index(cell) + 1, "line": lines[0] if lines else ""}


def message(error):
    """What the kernel said, without colours and without the whole cell before it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    parts = text.split("\n------------------\n", 2)
    lines = [line for line in parts[-1].splitlines() if line.strip(" -") not in ("", "stderr", "stdout")]
    return "\n".join(lines).strip() or error.evalue


if job["execute"]:
    import nbclient

    running, since, answer["seconds"] = None, 0, []

    def remember(cell, cell_index):
        global running, since
        running, since = cell, time.monotonic()

    def measure(cell, cell_index, execute_reply):
        answer["seconds"].append(round(time.monotonic() - since, 3))

    client = nbclient.NotebookClient(
        notebook,
        timeout=job["timeout"],
        startup_timeout=60,
        kernel_name="gonb",
        record_timing=False,
        resources={"metadata": {"path": job["folder"]}},
        on_cell_execute=remember,
        on_cell_executed=measure,
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        answer |= {"error": message(error), **locate(running)}
    except nbclient.exceptions.CellTimeoutError:
        answer |= {"error": f"not done after {job['timeout']} s", **locate(running)}
    except nbclient.exceptions.DeadKernelError:
        answer |= {"error": "the kernel died", **(locate(running) if running else {})}
    except RuntimeError as error:  # the kernel did not start
        answer |= {"error": f"the kernel did not start: {error}"}

nbformat.write(notebook, job["target"])
print("\n" + json.dumps(answer))
