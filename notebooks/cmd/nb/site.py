"""Renders executed notebooks as web pages without scripts, for site.go.

Takes one JSON object as its argument: the notebooks' paths, in order, the folder to write and the folder of the templates.
Formulas become MathML, which browsers draw by themselves; figures become files beside the pages.
"""

import html
import json
import pathlib
import re
import sys

import nbformat
from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

job = json.loads(sys.argv[1])
target = pathlib.Path(job["target"])


def mathml(formula, display):
    # The converter does not know that these two are one operator.
    formula = re.sub(r"\\arg\s*\\(min|max)", r"\\operatorname{arg\\,\1}", formula)
    text = convert(formula, display="block" if display else "inline")
    if "\\" in text:
        raise ValueError(f"a formula that cannot be converted: {formula}")
    return text


class Renderer(IPythonRenderer):
    def inline_math(self, body):
        return mathml(body.strip().strip("$"), display=False)

    def block_math(self, body):
        return f"<p>{mathml(body.strip().strip('$'), display=True)}</p>"

    multiline_math = block_math

    def link(self, text, url, title=None):
        if "://" in url or url.startswith("#"):
            return super().link(text, url, title)
        page, _, anchor = url.partition("#")
        if page.endswith(".ipynb") and "/" not in page:
            return super().link(text, page.removesuffix(".ipynb") + ".html" + (f"#{anchor}" if anchor else ""), title)
        # Another file of the repository: no page of this site.
        return f"{text} (<code>{html.escape(page.lstrip('./'))}</code>)"


def markdown(source):
    return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render(source)


class Exporter(HTMLExporter):
    @pass_context
    def markdown2html(self, context, source):
        return markdown(source)


exporter = Exporter(template_name="courselab", extra_template_basedirs=[job["templates"]])
exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
exporter.register_preprocessor("nbconvert.preprocessors.ExtractOutputPreprocessor", enabled=True)


def described(path):
    """What the list of lessons says of a notebook: its title and the first thing that it promises."""
    book = nbformat.read(path, as_version=4)
    first = next(cell.source for cell in book.cells if cell.cell_type == "markdown")
    title = re.search(r"^# (.+)$", first, re.M).group(1)
    # Its first goal or, of a page without goals, the first sentence.
    promise = re.search(r"^(?:- |1\. )(.+(?:\n  .+)*)$", first, re.M) or re.search(r"^([^#\n].+?)[:.]\s", first, re.M)
    name = pathlib.Path(path).stem
    promise = markdown(promise.group(1).rstrip(";,.")) if promise else ""
    return book, {"title": title, "page": name + ".html", "name": name, "number": int(name.split("-")[0]), "promise": re.sub(r"</?p>", "", promise).strip(), "picture": None}


described_books = [described(path) for path in job["notebooks"]]
lessons = [lesson for _, lesson in described_books]
for i, (book, lesson) in enumerate(described_books):
    resources = {
        "lessons": lessons,
        "lesson": lesson,
        "before": lessons[i - 1] if i else None,
        "after": lessons[i + 1] if i + 1 < len(lessons) else None,
        "output_files_dir": "figures",
        "unique_key": lesson["name"],
    }
    page, resources = exporter.from_notebook_node(book, resources)
    (target / lesson["page"]).write_text(page)
    for name, content in (resources.get("outputs") or {}).items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        lesson["picture"] = lesson["picture"] or name
home = exporter.environment.get_template("home.html.j2").render(lessons=lessons)
(target / "index.html").write_text(home.lstrip())
with (target / "courselab.css").open("a") as css:
    css.write(HtmlFormatter(style="default").get_style_defs(".highlight") + "\n")
