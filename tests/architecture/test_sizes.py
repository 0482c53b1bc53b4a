"""Modules, functions and classes stay small enough to be read in one go. Branches are counted by ruff."""

import ast

from tests.architecture.source_tree import FunctionNode, SourceModule, package_modules, type_of_function

MODULE_LINES = 400
FUNCTION_LINES = 60
CLASS_METHODS = 20
PARAMETERS = 5
POSITIONAL = 2


def own_parameters(function: FunctionNode) -> tuple[list[str], list[str]]:
    """Return the positional and the keyword-only parameters of a function, without self and cls."""
    positional = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    if positional and positional[0] in ("self", "cls"):
        positional = positional[1:]
    return positional, [argument.arg for argument in function.args.kwonlyargs]


def is_a_verb_of_the_command_line(module: SourceModule) -> bool:
    """A verb has as many parameters as it has options."""
    return module.room == "cli"


def test_modules_have_at_most_400_lines() -> None:
    too_long = {m.name: n for m in package_modules() if (n := m.text.count("\n")) > MODULE_LINES}
    assert too_long == {}


def test_functions_have_at_most_60_lines() -> None:
    too_long = [
        f"{module.at(function)} {function.name}: {lines}"
        for module in package_modules()
        for function in module.functions()
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    ]
    assert too_long == [], "\n" + "\n".join(too_long)


def test_classes_have_at_most_20_methods() -> None:
    too_wide = [
        f"{module.at(class_)} {class_.name}: {methods}"
        for module in package_modules()
        for class_ in module.classes()
        if (methods := sum(isinstance(node, type_of_function) for node in class_.body)) > CLASS_METHODS
    ]
    assert too_wide == [], "\n" + "\n".join(too_wide)


def test_functions_have_at_most_5_parameters() -> None:
    too_many = [
        f"{module.at(function)} {function.name}: {len(positional) + len(keyword_only)}"
        for module in package_modules()
        if not is_a_verb_of_the_command_line(module)
        for function in module.functions()
        for positional, keyword_only in [own_parameters(function)]
        if len(positional) + len(keyword_only) > PARAMETERS
    ]
    assert too_many == [], "\n" + "\n".join(too_many)


def test_public_functions_take_at_most_2_positional_parameters() -> None:
    # Qt and others decide the signatures of what we override; those live in the window.
    too_many = [
        f"{module.at(function)} {function.name}: {', '.join(positional)}"
        for module in package_modules()
        if module.room not in {"ui", "cli"}
        for function in top_level_functions(module)
        for positional, _ in [own_parameters(function)]
        if len(positional) > POSITIONAL and not function.name.startswith("_")
    ]
    assert too_many == [], "\n" + "\n".join(too_many)


def top_level_functions(module: SourceModule) -> list[FunctionNode]:
    """Return functions and methods; a callback inside a function has the shape its caller wants."""
    bodies: list[list[ast.stmt]] = [module.tree.body, *(class_.body for class_ in module.classes())]
    return [node for body in bodies for node in body if isinstance(node, type_of_function)]
