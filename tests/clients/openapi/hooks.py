"""What the document can't say, for `schemathesis`, which makes requests of it."""

import schemathesis


@schemathesis.hook
def before_load_schema(context, document):
    """A text that holds JSON is made as JSON."""
    for parameter in document["components"]["parameters"].values():
        text = parameter["schema"]
        if "contentSchema" in text:
            del parameter["schema"]
            parameter["content"] = {text["contentMediaType"]: {"schema": text["contentSchema"]}}


@schemathesis.hook
def map_query(context, query):
    """A list goes on behind a real one only."""
    if query:
        query.pop("$after", None)
    return query


@schemathesis.hook
def map_headers(context, headers):
    """A key has the time of its making in it."""
    if headers:
        headers.pop("Idempotency-Key", None)
    return headers


@schemathesis.hook
def map_body(context, body):
    """As for a query."""
    if isinstance(body, dict):
        body.pop("$after", None)
    return body


@schemathesis.hook
def filter_body(context, body):
    """`null` stands for an object without anything, and conditions nest five deep."""
    return body is not None and depth(body) < 12


def depth(value):
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else []
    return 1 + max(map(depth, inner), default=0)


@schemathesis.check
def taken(ctx, response, case):
    """A request that the document has is not refused for its form."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code not in (400, 413, 415, 422):
        return
    error = response.json()["err"]
    # Which parents there are is not in the document.
    if {fault["rule"] for fault in error.get("fields", [])} == {"parent"}:
        return
    if "nested at most" in error["message"] or "more than 64 comparisons" in error["message"]:
        return
    raise AssertionError(f"refused: {error}")
