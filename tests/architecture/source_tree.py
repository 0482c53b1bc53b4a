"""The project's own files as the architecture tests look at them: parsed once, named as a person would name them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "desktop_trader"

type_of_function = (ast.FunctionDef, ast.AsyncFunctionDef)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceModule:
    """One module of the package: its path inside the package (`domain/money.py`), its lines and its syntax tree."""

    name: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The first part of its place: `domain`, `ui`, or the module's own name at the top of the package."""
        return self.name.split("/")[0].removesuffix(".py")

    @property
    def dotted(self) -> str:
        """The name to import it by."""
        return ".".join(("desktop_trader", *self.name.removesuffix(".py").split("/"))).removesuffix(".__init__")

    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, type_of_function))

    def classes(self) -> Iterator[ast.ClassDef]:
        """Every class."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def at(self, node: ast.AST) -> str:
        """Say where a node is, so that an editor can jump there."""
        return f"desktop_trader/{self.name}:{getattr(node, 'lineno', 1)}"


@cache
def package_modules() -> tuple[SourceModule, ...]:
    """Return every module of the package."""
    modules = []
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        modules.append(
            SourceModule(name=path.relative_to(PACKAGE).as_posix(), text=text, tree=ast.parse(text, str(path)))
        )
    return tuple(modules)


@cache
def project_files() -> tuple[Path, ...]:
    """Return every file that is, or is about to be, under version control; without git, every file that would be."""
    try:
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        paths = [ROOT / name for name in listing.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        tops = ("desktop_trader", "tests", "resources", ".ci")
        paths = [path for top in tops for path in (ROOT / top).rglob("*")] + list(ROOT.glob("*"))
    return tuple(path for path in paths if path.is_file() and "__pycache__" not in path.parts)


def called_name(node: ast.AST) -> str:
    """Return the dotted text of a name or attribute (`datetime.now`), or nothing for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{called_name(node.value)}.{node.attr}"
    return ""
