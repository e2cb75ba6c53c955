"""The CloudFormation template, read as CloudFormation reads it: parameters in, resources out."""

import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "deploy" / "aws" / "vidsite.yaml"
GIVEN = {
    "SiteUrl": "https://video.example.org",
    "BucketName": "media.example.org",
    "EventSecret": "a-secret-that-nobody-guesses",
    "VpcId": "vpc-1",
    "SubnetIds": "subnet-1,subnet-2",
}
"""The parameters without a default."""
AMAZON = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "vidsite",
}
NO_VALUE = object()


class _Loader(yaml.SafeLoader):
    """Reads `!Sub x` as `{"Fn::Sub": x}`."""


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            raise AssertionError(f"!{name} is given a mapping")
    if name == "GetAtt":
        value = value.split(".")
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _function)


def document() -> dict[str, Any]:
    """Return the template as it is written."""
    found: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)  # noqa: S506 — a SafeLoader, and ours
    return found


def resolved(section: str = "Resources", /, **parameters: str) -> dict[str, Any]:
    """Return what a section comes to, without what its conditions leave out.

    What only AWS knows stays in the words of the template: `<Topic>`, `<Topic.Arn>`.
    """
    whole = document()
    values: dict[str, Any] = {name: one["Default"] for name, one in whole["Parameters"].items() if "Default" in one}
    values |= GIVEN | parameters
    for name, one in whole["Parameters"].items():
        if "List" in one["Type"]:
            values[name] = values[name].split(",")
    reader = _Reader(values | AMAZON, whole["Conditions"])
    return {
        name: reader.read(one)
        for name, one in whole[section].items()
        if "Condition" not in one or reader.holds(one["Condition"])
    }


class _Reader:
    def __init__(self, values: Mapping[str, Any], conditions: Mapping[str, Any]) -> None:
        self._values, self._conditions = values, conditions

    def holds(self, condition: str) -> bool:
        return bool(self.read(self._conditions[condition]))

    def read(self, node: Any) -> Any:
        if isinstance(node, list):
            return [one for one in map(self.read, node) if one is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, value),) = node.items()
            if name == "Ref" or name.startswith("Fn::") or (name == "Condition" and isinstance(value, str)):
                return self._call(name, value)
        read = {name: self.read(one) for name, one in node.items()}
        return {name: one for name, one in read.items() if one is not NO_VALUE}

    def _call(self, name: str, value: Any) -> Any:
        if name in LATE:
            return LATE[name](self, value)
        return AT_ONCE[name](*self.read(value))

    def referred(self, name: str) -> Any:
        return NO_VALUE if name == "AWS::NoValue" else self._values.get(name, f"<{name}>")

    def chosen(self, condition: str, then: Any, otherwise: Any) -> Any:
        return self.read(then if self.holds(condition) else otherwise)

    def substituted(self, text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda match: str(self.referred(match[1])), text)


LATE: dict[str, Callable[[_Reader, Any], Any]] = {
    "Ref": _Reader.referred,
    "Condition": _Reader.holds,
    "Fn::GetAtt": lambda _, path: f"<{'.'.join(path)}>",
    "Fn::Sub": _Reader.substituted,
    "Fn::If": lambda reader, branches: reader.chosen(*branches),
}
"""The functions that get their words as they are written."""
AT_ONCE: dict[str, Callable[..., Any]] = {
    "Fn::Join": lambda between, parts: between.join(parts),
    "Fn::Split": lambda between, text: text.split(between),
    "Fn::Select": lambda number, parts: parts[number],
    "Fn::Equals": lambda one, other: str(one) == str(other),
    "Fn::Not": operator.not_,
    "Fn::And": lambda *all_of_them: all(all_of_them),
}
"""The functions that get what their words come to."""
