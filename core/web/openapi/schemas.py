"""The schemas of the types on the wire, under names that read well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import inspect
from msgspec._json_schema import _SchemaGenerator

from core.web.bounds import parts
from core.web.openapi.names import component_names
from core.web.response import Download

REFERENCE = "#/components/schemas/"


def versioned(kind: Any) -> bool:
    """Tell whether answers of this type carry a version, and so an ETag."""
    return "version" in getattr(kind, "__struct_fields__", ())


class Schemas:
    """The schema of each of ``kinds``, and the components that those refer to."""

    def __init__(self, kinds: Iterable[Any]) -> None:
        kinds = list(kinds)
        classes = dict(_classes(kinds))
        names = dict(zip(classes, component_names(list(classes)), strict=True))
        # schema_components() has names of its own, and fails where two of them are the same.
        made = _SchemaGenerator(names, None, f"{REFERENCE}{{name}}").to_schema
        found = map(made, inspect.multi_type_info(kinds))
        self._kinds = list(zip(kinds, found, strict=True))
        self.components: dict[str, Any] = {}
        for kind, info in classes.items():
            schema = made(info, False)
            _say_times(info, schema)
            self.components[names[kind]] = schema | {"title": names[kind]}

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
