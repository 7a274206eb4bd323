"""How long reading takes on documents of one shape and growing size, and whether that is linear.

    python perf/reading.py [SHAPE...] [--mb 0.25] [--doublings 2] [--command rules|lint]
    python perf/reading.py --document FILE --command rules

With a command its whole work is measured: start, reading, checks, remarks and writing. A FILE is
cut to the sizes instead of a document of one shape.

Prints a line a shape: seconds of processor time for each size, and how often longer the last size
takes than the one before; about 2 is linear, about 4 quadratic.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from specloop.errors import InputError
from specloop.spec import read_spec
from specloop.spec.source import SourceDocument

WORDS = (
    "claims",
    "orders",
    "refunds",
    "letters",
    "photos",
    "notes",
    "prices",
    "names",
    "visits",
    "boxes",
)
DUTIES = [
    "The assistant must confirm the {a} before it closes the {b} of case {n}.",
    "Never share {a} of case {n} with anybody who asks about {b}.",
    "If a customer asks about {a}, answer with the {b} of case {n}.",
    "The team has kept {a} and {b} of case {n} since spring.",
]


def sentence(n: int) -> str:
    """The n-th sentence of a policy; three of four oblige somebody."""
    a, b = WORDS[n % 10], WORDS[n // 10 % 10]
    return DUTIES[n % 4].format(a=a, b=b, n=n)


def paragraphs() -> Iterator[str]:
    """One section of short paragraphs."""
    yield "# Policy\n\n"
    for n in count():
        yield " ".join(map(sentence, range(4 * n, 4 * n + 4))) + "\n\n"


def headings() -> Iterator[str]:
    """Many sections, three levels deep."""
    for n in count():
        yield f"{'#' * (1 + n % 3)} Part {n}\n\n{sentence(n)}\n\n"


def entries() -> Iterator[str]:
    """One long list below a lead-in."""
    yield "# Policy\n\nThe assistant must not:\n\n"
    for n in count():
        yield f"- share {WORDS[n % 10]} of case {n} with anybody\n"


def table() -> Iterator[str]:
    """One table."""
    yield "# Policy\n\n| topic | what must be done |\n|---|---|\n"
    for n in count():
        yield f"| {WORDS[n % 10]} {n} | {sentence(n)} |\n"


def one_paragraph() -> Iterator[str]:
    """One paragraph without an end."""
    for n in count():
        yield sentence(n) + " "


def lines() -> Iterator[str]:
    """One paragraph of many lines."""
    for n in count():
        yield sentence(n) + "\n"


def nested() -> Iterator[str]:
    """Lists in lists, ten deep."""
    yield "# Policy\n\n"
    for n in count():
        yield f"{'  ' * (n % 10)}- {sentence(n)}\n"


def quotes() -> Iterator[str]:
    """Block quotes with a paragraph between them."""
    for n in count():
        yield f"> {sentence(n)}\n\n{sentence(n + 1)}\n\n"


def exceptions() -> Iterator[str]:
    """Rules with exceptions, in one section."""
    yield "# Policy\n\n"
    for n in count():
        a = WORDS[n % 10]
        yield (
            f"Never use emojis in {a} {n}. However, the assistant may use emojis in {a} {n + 1}. "
            f"Unless the customer asks for {a} {n}.\n\n"
        )


def announcements() -> Iterator[str]:
    """Paragraphs that speak of the rules around them."""
    yield "# Policy\n\n"
    for n in count():
        yield f"{sentence(n)}\n\nThese rules are only for {WORDS[n % 10]} {n}.\n\n"


def examples() -> Iterator[str]:
    """Fenced conversations between rules."""
    answer = "<assistant> <!-- GOOD -->\nHi\n</assistant>"
    turns = f"<user>\nHello\n</user>\n<comparison>\n{answer}\n</comparison>"
    for n in count():
        yield f"## Part {n} {{#p{n}}}\n\n{sentence(n)}\n\n~~~xml\n{turns}\n~~~\n\n"


SHAPES: dict[str, Callable[[], Iterator[str]]] = {
    shape.__name__: shape
    for shape in (
        paragraphs,
        headings,
        entries,
        table,
        one_paragraph,
        lines,
        nested,
        quotes,
        exceptions,
        announcements,
        examples,
    )
}


def document(shape: str, n_bytes: int, number: int) -> SourceDocument:
    """A document of a shape; each number gives one that was not read before."""
    parts, size = [f"<!-- {number} -->\n\n"], 0
    for part in SHAPES[shape]():
        parts.append(part)
        size += len(part)
        if size >= n_bytes:
            break
    return SourceDocument.of("".join(parts), shape)


def seconds(made: SourceDocument) -> float:
    """Processor time of one reading."""
    began = time.process_time()
    read_spec(made)
    return time.process_time() - began


def seconds_of(command: str, made: SourceDocument) -> float:
    """Processor time of `specloop rules` or `specloop lint` on a document."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "document.md"
        path.write_text(made.text, encoding="utf-8")
        more = {"rules": ["--out", f"{folder}/run"], "lint": ["--fail-on", "never"]}[command]
        ask = [sys.executable, "-c", "from specloop.cli import main; main()", command, str(path)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*ask, *more], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Read each shape in each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", default=list(SHAPES))
    parser.add_argument("--mb", type=float, default=0.25, help="size of the smallest document")
    parser.add_argument("--doublings", type=int, default=2)
    parser.add_argument("--command", choices=["rules", "lint"])
    parser.add_argument("--document", type=Path, help="cut this instead of making documents")
    args = parser.parse_args()
    measure = partial(seconds_of, args.command) if args.command else seconds
    whole = args.document.read_bytes() if args.document else b""

    def made(shape: str, size: int, number: int) -> SourceDocument:
        if not whole:
            return document(shape, size, number)
        return SourceDocument.of(whole[:size].decode(errors="ignore"), shape)

    for shape in [args.document.name] if whole else args.shapes:
        sizes = [int(args.mb * 1e6) << n for n in range(args.doublings + 1)]
        try:
            times = [measure(made(shape, size, n)) for n, size in enumerate(sizes)]
        except InputError as error:
            print(f"{shape:16} {error}", flush=True)
            continue
        shown = "  ".join(
            f"{size / 1e6:g} MB {t:6.2f} s" for size, t in zip(sizes, times, strict=True)
        )
        ratio = times[-1] / times[-2] if len(times) > 1 else 1
        print(f"{shape:16} {shown}  x{ratio:.1f}", flush=True)


if __name__ == "__main__":
    main()
