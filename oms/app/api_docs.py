"""The page at `/docs`: the OpenAPI document for people. No script, nothing from other hosts: it works offline."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222 }}
h2 {{ border-top: 1px solid #ccc; padding-top: 1rem; margin-top: 2rem; font-size: 1.1rem }}
code {{ font: 0.95em ui-monospace, monospace }} table {{ border-collapse: collapse; margin: .5rem 0 }}
th, td {{ text-align: left; vertical-align: top; padding: .15rem .9rem .15rem 0 }} th {{ font-weight: 600 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #181818; color: #ddd }} }}
</style><h1>{title} {version}</h1><p>{description}</p>
<p>For programs: <a href="openapi.json">openapi.json</a>.</p>{body}</html>"""


def docs_page(document: dict[str, Any]) -> str:
    """Lay out an OpenAPI document."""
    info = document["info"]
    return PAGE.format(
        title=escape(info["title"]),
        version=escape(info["version"]),
        description=_paragraph(info.get("description", "")),
        body="".join([*_operations(document), *_schemas(document)]),
    )


def _paragraph(text: str) -> str:
    """Escape a text, show what stands in backticks as code, and break it at an empty line."""
    parts = escape(text).replace("\n\n", "<br>").split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))


def _operations(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}</h2>"
            yield f"<p>{_paragraph(operation.get('description', ''))}</p>"
            yield _table("Parameter", map(_parameter, operation.get("parameters", [])))
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"<p>Body: {_type(content['schema'])}</p>"
            yield _table("Answer", map(_answer, operation["responses"].items()))


def _parameter(parameter: dict[str, Any]) -> tuple[str, str, str]:
    schema = parameter.get("schema", {})
    told = parameter.get("description") or schema.get("description", "")
    return parameter["name"], f"{_type(schema)}, in {parameter['in']}", _paragraph(told)


def _answer(item: tuple[str, dict[str, Any]]) -> tuple[str, str, str]:
    status, response = item
    schemas = [content.get("schema", {}) for content in response.get("content", {}).values()]
    return status, ", ".join(filter(None, map(_type, schemas))), _paragraph(response["description"])


def _schemas(document: dict[str, Any]) -> Iterator[str]:
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        yield f'<h2 id="{escape(name)}"><code>{escape(name)}</code></h2>'
        yield f"<p>{_paragraph(schema.get('description', ''))}</p>"
        required = set(schema.get("required", ()))
        rows = (
            _property(field, told, field in required) for field, told in schema.get("properties", {}).items()
        )
        yield _table("Field", rows)


def _property(name: str, schema: dict[str, Any], required: bool) -> tuple[str, str, str]:  # noqa: FBT001
    default = f", default {schema['default']}" if schema.get("default") is not None else ""
    optional = "" if required else f"optional{default}; "
    examples = f" Example: `{schema['examples'][0]}`." if schema.get("examples") else ""
    return name, f"{optional}{_type(schema)}", _paragraph(schema.get("description", "") + examples)


def _table(title: str, rows: Any) -> str:  # noqa: ANN401 - rows of three cells, the last two in HTML
    cells = "".join(f"<tr><td><code>{escape(a)}</code></td><td>{b}</td><td>{c}</td></tr>" for a, b, c in rows)
    return f"<table><tr><th>{title}</th><th></th><th></th></tr>{cells}</table>" if cells else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f'<a href="#{name}"><code>{name}</code></a>'
    if "anyOf" in schema:
        return " or ".join(map(_type, schema["anyOf"]))
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "enum" in schema:
        return " or ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return escape(str(schema.get("type", "")))
