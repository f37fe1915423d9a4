"""Writes the assignment of autograde/testdata/labs/four, in Python, for nbgrader and otter-grader, and the class that hands it in.

prepare.py FOLDER STUDENTS: FOLDER/nbgrader is a course with a released assignment and submissions; FOLDER/otter holds the zip's
tests, and submissions. The last student's perplexity is wrong.
"""

import json
import pathlib
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

HERE = pathlib.Path(__file__).parent
SOLUTION = (HERE / "solution.py").read_text()
WRONG = SOLUTION.replace("math.exp(sum(losses) / len(losses))", "sum(losses) / len(losses)")
TASKS = json.loads((HERE / "tasks.json").read_text())


def indented(text):
    return "\n".join("    " + line for line in text.splitlines())


def metadata(grade_id, **kind):
    base = dict(schema_version=3, grade=False, locked=False, solution=False, task=False, grade_id=grade_id)
    return {"nbgrader": base | kind}


def notebook(code, tests):
    cells = [new_code_cell(code, id="solution", metadata=metadata("solution", solution=True))]
    if tests:
        for task in TASKS:
            source = f"{task['public']}\n### BEGIN HIDDEN TESTS\n{task['hidden']}\n### END HIDDEN TESTS"
            cells.append(new_code_cell(source, id=task["id"], metadata=metadata(task["id"], grade=True, locked=True, points=4)))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return new_notebook(cells=cells, metadata=kernel)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        path.write_text(content)
    else:
        nbformat.write(content, path)


def main(folder, students):
    marked = f"### BEGIN SOLUTION\n{SOLUTION}### END SOLUTION"
    write(folder / "nbgrader/source/four/four.ipynb", notebook(marked, tests=True))
    for task in TASKS:
        cases = "".join(
            f"\n\n@test_case(points=2, hidden={hidden})\ndef test_{kind}({', '.join(task['uses'])}):\n{indented(task[kind])}\n"
            for kind, hidden in (("public", False), ("hidden", True))
        )
        head = f"OK_FORMAT = False\n\nfrom otter.test_files import test_case\n\nname = {task['id']!r}\npoints = 4\n"
        write(folder / f"otter/tests/{task['id']}.py", head + cases)
    for i in range(students):
        code = f"# student {i}\n" + (WRONG if i == students - 1 else SOLUTION)
        write(folder / f"nbgrader/submitted/s{i:03}/four/four.ipynb", notebook(code, tests=True))
        write(folder / f"otter/submitted/s{i:03}.ipynb", notebook(code, tests=False))


main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
