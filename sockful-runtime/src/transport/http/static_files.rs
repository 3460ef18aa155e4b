//! The files that are compiled into the server: the client and the explorer.

/// The HTML page of the explorer.
pub(super) const PAGE: File = File::of(
    "text/html; charset=utf-8",
    include_str!("explorer/page.html"),
);

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A file and its content type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) content_type: &'static str,
    pub(super) text: &'static str,
}

impl File {
    const fn of(content_type: &'static str, text: &'static str) -> Self {
        Self { content_type, text }
    }

    const fn script(text: &'static str) -> Self {
        Self::of(JAVASCRIPT, text)
    }
}

/// The client file at `path`. It is served without authentication.
pub(super) fn client(path: &str) -> Option<File> {
    match path {
        "/sockful/client.js" => Some(File::script(include_str!("client.js"))),
        "/sockful/client.d.ts" => Some(File::of(
            "text/plain; charset=utf-8",
            include_str!("client.d.ts"),
        )),
        _ => None,
    }
}

/// The explorer file at `path`.
///
/// The page requests its first files as a `query` on its own address. That resolves wherever the
/// server is mounted, with or without a trailing slash.
pub(super) fn explorer(path: &str, query: Option<&str>) -> Option<File> {
    match (path, query) {
        ("/", query) => Some(query.and_then(named).unwrap_or(PAGE)),
        (path, _) => named(path.strip_prefix("/sockful/explorer/")?),
    }
}

fn named(name: &str) -> Option<File> {
    let text = match name {
        "page.css" => {
            return Some(File::of(
                "text/css; charset=utf-8",
                include_str!("explorer/page.css"),
            ));
        }
        "icon.svg" => return Some(File::of("image/svg+xml", include_str!("explorer/icon.svg"))),
        "action.js" => include_str!("explorer/action.js"),
        "connection.js" => include_str!("explorer/connection.js"),
        "dom.js" => include_str!("explorer/dom.js"),
        "field.js" => include_str!("explorer/field.js"),
        "filter.js" => include_str!("explorer/filter.js"),
        "form.js" => include_str!("explorer/form.js"),
        "grid.js" => include_str!("explorer/grid.js"),
        "log.js" => include_str!("explorer/log.js"),
        "login.js" => include_str!("explorer/login.js"),
        "main.js" => include_str!("explorer/main.js"),
        "overview.js" => include_str!("explorer/overview.js"),
        "record.js" => include_str!("explorer/record.js"),
        "resource.js" => include_str!("explorer/resource.js"),
        "schema.js" => include_str!("explorer/schema.js"),
        "snippets.js" => include_str!("explorer/snippets.js"),
        "source.js" => include_str!("explorer/source.js"),
        "start.js" => include_str!("explorer/start.js"),
        "table.js" => include_str!("explorer/table.js"),
        "theme.js" => include_str!("explorer/theme.js"),
        "wire.js" => include_str!("explorer/wire.js"),
        "words.js" => include_str!("explorer/words.js"),
        _ => return None,
    };
    Some(File::script(text))
}
