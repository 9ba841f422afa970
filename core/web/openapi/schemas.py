"""The schemas of the types on the wire, under names that read well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import inspect

from core.web.bounds import parts
from core.web.response import Download

REFERENCE = "#/components/schemas/"


def versioned(kind: Any) -> bool:
    """Tell whether answers of this type carry a version, and so an ETag."""
    return "version" in getattr(kind, "__struct_fields__", ())


class Schemas:
    """The schema of each of ``kinds``, and the components that those refer to."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        self.components: dict[str, Any] = {}
        kinds = list(kinds)
        classes = dict(_classes(kinds))
        found, components = msgspec.json.schema_components(
            [*kinds, *classes], ref_template="{name}"
        )
        given = [schema["$ref"] for schema in found[len(kinds) :]]
        names = dict(zip(given, _names(list(classes)), strict=True))
        self._kinds = [
            (kind, _renamed(schema, names)) for kind, schema in zip(kinds, found, strict=False)
        ]
        for kind, name in zip(classes, given, strict=True):
            schema = _renamed(components[name], names)
            _say_times(classes[kind], schema)
            self.components[names[name]] = schema | {"title": names[name]}

    def __getitem__(self, kind: Any) -> dict[str, Any]:
        """Return the schema of one of the kinds."""
        return next(schema for known, schema in self._kinds if known is kind or known == kind)


def _classes(kinds: list[Any]) -> Iterator[tuple[Any, inspect.Type]]:
    """Yield every class with fields, and every enumeration, that ``kinds`` are made of."""
    seen: set[Any] = set()
    waiting = list(inspect.multi_type_info(kinds))
    while waiting:
        info = waiting.pop(0)
        kind = getattr(info, "cls", None)
        if kind is not None and kind not in seen:
            seen.add(kind)
            yield kind, info
            waiting += [field.type for field in getattr(info, "fields", ())]
        elif kind is None:
            waiting += parts(info)


def _names(classes: list[Any]) -> list[str]:
    """Return a short name for each class; where two would be the same, the plugin's in front."""
    names = [_short(each) for each in classes]
    return [
        f"{_plugin(each)}{_name(each)}" if names.count(name) > 1 else name
        for each, name in zip(classes, names, strict=True)
    ]


def _short(kind: Any) -> str:
    """Return ``Task`` for ``TaskOut``, and ``TaskPage`` for ``Page[TaskOut]``."""
    return _name(kind).removesuffix("Out")


def _name(kind: Any) -> str:
    origin = getattr(kind, "__origin__", None)
    if origin is None:
        return str(kind.__name__)
    return "".join(map(_short, kind.__args__)) + str(origin.__name__)


def _plugin(kind: Any) -> str:
    kind = kind.__args__[0] if hasattr(kind, "__origin__") else kind
    return str(kind.__module__.split(".")[-2]).title().replace("_", "")


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _reference(key, each, names) for key, each in value.items()}


def _reference(key: str, value: Any, names: dict[str, str]) -> Any:
    """Rename where a class is referred to: by ``$ref``, and in the mapping of a tagged union."""
    if key == "$ref" and isinstance(value, str):
        return f"{REFERENCE}{names[value]}"
    if key == "mapping" and isinstance(value, dict):
        return {tag: f"{REFERENCE}{names[each]}" for tag, each in value.items()}
    return _renamed(value, names)


def _say_times(info: inspect.Type, schema: dict[str, Any]) -> None:
    """Add ``format: date-time``, which msgspec leaves out where no zone is asked for."""
    if isinstance(info, inspect.Metadata):
        _say_times(info.type, schema)
    elif isinstance(info, inspect.DateTimeType):
        schema["format"] = "date-time"
    elif isinstance(info, inspect.UnionType):
        for each, option in zip(info.types, schema.get("anyOf", ()), strict=False):
            _say_times(each, option)
    elif isinstance(info, inspect.CollectionType):
        _say_times(info.item_type, schema.get("items", {}))
    elif isinstance(info, inspect.StructType) and "properties" in schema:
        for field in info.fields:
            _say_times(field.type, schema["properties"][field.encode_name])


def is_file(result: Any) -> bool:
    """Tell whether an endpoint answers with a file instead of JSON."""
    return isinstance(result, type) and issubclass(result, Download)
